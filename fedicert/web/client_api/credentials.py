"""The account of whoever asks: shown with its sources, changed, and its defaults as preferences."""

import msgspec

from fedicert.base.errors import FedicertError
from fedicert.mastodon.forms import CredentialsForm
from fedicert.mastodon.render import credential_account, preferences
from fedicert.model.accounts import OwnAccountRow
from fedicert.model.pictures import Purpose
from fedicert.model.statuses import MediaRow
from fedicert.model.urls import Urls
from fedicert.operations import pictures
from fedicert.operations.profile_changes import ProfileChange, update_profile
from fedicert.store.unit import Tx
from fedicert.store.views import own
from fedicert.web.client_api.mentions import resolve_mentions
from fedicert.web.client_api.pictures import MOST_TWO, is_file, take_in
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v1/accounts/verify_credentials", scope=("profile", "read:accounts"), hop=True)
async def verify_credentials(call: Call) -> Answer:
    """Who one is."""
    return Answer(credential_account(await call.read(own.credentials), call.deps.urls))


@endpoint("PATCH", "/api/v1/accounts/update_credentials", scope="write:accounts", form=CredentialsForm, most=MOST_TWO)
async def update_credentials(call: Call) -> Answer:
    """Change one's profile and defaults; what isn't sent stays. Other servers are told what they can see of it."""
    form: CredentialsForm = call.form
    change = await _change(call, form)
    brought: dict[Purpose, MediaRow | None] = {}
    try:
        if is_file(form.avatar):
            brought["avatar"] = await take_in(call, form.avatar, "avatar")
        if is_file(form.header):
            brought["header"] = await take_in(call, form.header, "header")
        return await _updated(call, msgspec.structs.replace(change, pictures=brought))
    except FedicertError:
        for row in brought.values():
            if row is not None:
                await call.write(pictures.give_up, row.id)
        raise


@endpoint("DELETE", "/api/v1/profile/avatar", scope="write:accounts", hop=True)
async def delete_avatar(call: Call) -> Answer:
    """Show no avatar any more."""
    return await _updated(call, ProfileChange(pictures={"avatar": None}))


@endpoint("DELETE", "/api/v1/profile/header", scope="write:accounts", hop=True)
async def delete_header(call: Call) -> Answer:
    """Show no header any more."""
    return await _updated(call, ProfileChange(pictures={"header": None}))


@endpoint("GET", "/api/v1/preferences", scope="read:accounts", hop=True)
async def show_preferences(call: Call) -> Answer:
    """The defaults for new posts; what clients ask for reading is theirs to keep."""
    found = await call.read(own.defaults)
    return Answer(preferences(found.visibility, found.sensitive, found.language))


async def _change(call: Call, form: CredentialsForm) -> ProfileChange:
    source = form.source
    fields = None
    if form.fields_attributes is not None:
        fields = [(field.name, field.value) for field in form.fields_attributes]
    texts = [form.note or "", *(value for _, value in fields or ())]
    return ProfileChange(
        display_name=form.display_name,
        note=form.note,
        fields=fields,
        bot=form.bot,
        locked=form.locked,
        shown_back=True,
        discoverable=form.discoverable,
        indexable=form.indexable,
        hide_collections=form.hide_collections,
        privacy=source.privacy if source else None,
        sensitive=source.sensitive if source else None,
        language=source.language if source else None,
        mentions=await resolve_mentions(call, "\n".join(texts)),
    )


async def _updated(call: Call, change: ProfileChange) -> Answer:
    shown = await call.write(_update, call.deps.urls, change)
    return Answer(credential_account(shown, call.deps.urls))


async def _update(tx: Tx, account: int, urls: Urls, change: ProfileChange) -> OwnAccountRow:
    await update_profile(tx, urls, account, change)
    return await own.credentials(tx, account)
