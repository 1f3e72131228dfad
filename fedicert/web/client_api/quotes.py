"""Quotes of a post: looked at, taken back, and who may make them."""

from fedicert.mastodon.forms import QuotePolicyForm
from fedicert.operations import quotes
from fedicert.store.shelf import Shelf
from fedicert.store.unit import Tx
from fedicert.store.views import quotes as views
from fedicert.store.views import statuses
from fedicert.web.client_api.filtering import post_answer, posts_answer
from fedicert.web.plumbing.call import read_id
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v1/statuses/{id}/quotes", scope="read:statuses", hop=True)
async def several(call: Call) -> Answer:
    """Who quotes a post, as far as that may be seen."""
    return await posts_answer(call, await call.read(views.of_status, call.deps.shelf, call.page(20, 40), call.id()))


@endpoint("POST", "/api/v1/statuses/{id}/quotes/{quoting}/revoke", scope="write:statuses", hop=True)
async def revoke(call: Call) -> Answer:
    """The author of the quoted post takes it out of the quote; answers with the post that quoted."""
    status, quoting, urls = call.id(), read_id(call.params["quoting"]), call.deps.urls

    async def act(tx: Tx, account: int, shelf: Shelf) -> bytes:
        return await statuses.one(tx, account, shelf, await quotes.revoke(tx, urls, account, status, quoting))

    return await post_answer(call, await call.write(act, call.deps.shelf))


@endpoint("PUT", "/api/v1/statuses/{id}/interaction_policy", scope="write:statuses", form=QuotePolicyForm, hop=True)
async def set_policy(call: Call) -> Answer:
    """Say who may quote one of one's own posts from now on."""
    form: QuotePolicyForm = call.form
    status, urls = call.id(), call.deps.urls

    async def act(tx: Tx, account: int, shelf: Shelf) -> bytes:
        policy = form.quote_approval_policy or "public"
        return await statuses.one(tx, account, shelf, await quotes.set_policy(tx, urls, account, status, policy))

    return await post_answer(call, await call.write(act, call.deps.shelf))
