"""An account's licences with the verdict and every check, for apps that show more than a badge. An addition of ours."""

from fedicert.attestations.claims import issuer_name
from fedicert.mastodon.licences import licence
from fedicert.store.views import licences as views
from fedicert.store.views import people
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/fedicert/v1/accounts/{id}/licences", who="public", scope="read:accounts", hop=True)
async def of_account(call: Call) -> Answer:
    """What others may know; to its own account also what it hasn't consented to yet, and why something isn't good."""
    row = await call.read_public(people.one, call.id())
    found = await call.read_public(views.of_account, row.id)
    return Answer([licence(one, row, issuer_name(one), call.deps.urls) for one in found])
