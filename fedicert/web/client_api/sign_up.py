"""Signing up by an app. The form is checked, then keys and hash are made, then account and token in one unit."""

from fedicert.base.errors import Unprocessable
from fedicert.keys.account_keys import COUNT, account_keys
from fedicert.keys.passwords import check_rules
from fedicert.keys.tokens import new_token, token_hash
from fedicert.mastodon.forms import SignUpForm
from fedicert.mastodon.render import token as render_token
from fedicert.mastodon.scopes import write as write_scopes
from fedicert.operations import instance
from fedicert.operations.sign_up import SignUp, check_form, check_open, count_try, sign_up_for_app
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint
from fedicert.web.plumbing.limits import address_block


@endpoint("POST", "/api/v1/accounts", who="app", scope="write:accounts", form=SignUpForm)
async def sign_up(call: Call) -> Answer:
    """Make an account; answers with a token, which acts once the account is let in."""
    given: SignUpForm = call.form
    form = SignUp(
        username=given.username,
        email=given.email,
        password=given.password,
        agreement=given.agreement,
        locale=given.locale,
        reason=given.reason,
    )
    deps = call.deps
    assert call.token is not None
    check_form(form, deps.urls, _password_faults(call, form))
    if deps.limits.enabled:
        await deps.db.write(count_try, address_block(call.address))
    await deps.db.read(check_open, form)
    ids = await deps.db.write(instance.new_ids, COUNT)
    keys = await account_keys(deps.keys, deps.vault, deps.urls, deps.urls.actor(form.username), ids)
    hashed = await deps.keys.hash_password(form.password)
    secret = new_token(deps.entropy)
    language = deps.config.languages[0] if deps.config.languages else ""
    issued = await deps.db.write(
        sign_up_for_app, deps.urls, form, hashed, keys, language, call.token.app, call.token.scopes, token_hash(secret)
    )
    scopes = tuple(write_scopes(issued.scopes).split())
    return Answer(render_token(secret, scopes, issued.created_at), headers={"cache-control": "no-store"})


def _password_faults(call: Call, form: SignUp) -> list[tuple[str, str]]:
    if not form.password:
        return []
    about = (form.username, form.email, form.email.partition("@")[0], call.deps.urls.domain)
    try:
        check_rules(form.password, about=about, off=not call.deps.config.password_rules)
    except Unprocessable as error:
        return error.details["password"]
    return []
