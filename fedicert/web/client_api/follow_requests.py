"""Who waits to follow: for the owner's word, or for a slot (law 3). The owner picks; the cap stands."""

from fedicert.operations import follows
from fedicert.store.unit import Tx
from fedicert.store.views import people
from fedicert.web.client_api.account_lists import people_answer
from fedicert.web.client_api.relationships import acted
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v1/follow_requests", scope="read:follows", hop=True)
async def waiting(call: Call) -> Answer:
    """Who waits, in the order in which they would be admitted."""
    return people_answer(call, await call.read(people.line, call.page(40, 80)))


@endpoint("POST", "/api/v1/follow_requests/{id}/authorize", scope="write:follows", hop=True)
async def authorize(call: Call) -> Answer:
    """Let somebody in. Where the audience is full that is refused with a sentence, and nothing changes."""

    async def act(tx: Tx, account: int, follower: int) -> None:
        await follows.authorize(tx, call.deps.urls, account, follower)

    return await acted(call, act)


@endpoint("POST", "/api/v1/follow_requests/{id}/reject", scope="write:follows", hop=True)
async def reject(call: Call) -> Answer:
    """Send somebody away."""

    async def act(tx: Tx, account: int, follower: int) -> None:
        await follows.reject(tx, call.deps.urls, account, follower)

    return await acted(call, act)
