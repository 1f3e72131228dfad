"""Is somebody licensed, as far as this server knows? For machines: one question by handle or actor id. An addition of ours.

It answers from the verdicts that are written down; nobody is asked elsewhere, so that nobody can have us ask.
"""

import msgspec

from fedicert.attestations.claims import issuer_name
from fedicert.base.errors import NotFound
from fedicert.mastodon.forms import VerifyQuery
from fedicert.mastodon.licences import LicenceEntity, licence
from fedicert.store.views import licences as views
from fedicert.store.views import people
from fedicert.web.client_api.accounts import split_handle
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an actor: who it is, and each licence that others may know of, with its verdict and checks."""

    actor: str
    acct: str
    licences: list[LicenceEntity]


@endpoint("GET", "/api/fedicert/v1/verify", who="public", scope="read:accounts", form=VerifyQuery, limit="verify")
async def verify(call: Call) -> Answer:
    """The verdicts on an actor's licences. 404 for whom this server never met: `fedicert verify` asks for anybody's."""
    target = call.form.target.strip()
    if not target:
        raise NotFound("target: name a handle (user@host) or an actor's id")
    if "://" in target:
        found = await call.read_public(people.by_address, target)
        if found is None:
            raise NotFound
        row = await call.read_public(people.one, found)
    else:
        row = await call.read_public(people.by_handle, *split_handle(call, target))
    shown = await call.read_public(views.of_account, row.id)
    urls = call.deps.urls
    known = [licence(one, row, issuer_name(one), urls) for one in shown]
    return Answer(Verification(actor=row.uri, acct=row.acct, licences=known))
