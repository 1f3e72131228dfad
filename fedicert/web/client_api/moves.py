"""Moving, for programs: one's other names, where one moved to, and moving. An addition of ours."""

import msgspec

from fedicert.base.errors import Unprocessable
from fedicert.discovery import moves as discovery
from fedicert.mastodon.dates import timestamp
from fedicert.operations import moves
from fedicert.operations.moves import State
from fedicert.store.unit import Reader, Tx
from fedicert.store.views import moves as views
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint
from fedicert.web.plumbing.passwords import check_own_password


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """How one stands to moving. `aliases`: actor ids; `moved_to`: one, or null; `may_move_at`: null for now."""

    aliases: list[str]
    moved_to: str | None
    may_move_at: str | None


@endpoint("GET", "/api/fedicert/v1/aliases", scope="read:accounts", hop=True)
async def aliases(call: Call) -> Answer:
    """The other accounts that one says are one's own, by actor id."""
    return Answer((await call.read(_state)).aliases)


@endpoint("POST", "/api/fedicert/v1/aliases", scope="write:accounts", limit="verify")
async def add_alias(call: Call) -> Answer:
    """Say of another account that it is one's own, so that it can move here. `acct`: name@its.server."""
    await call.identify()
    other = await discovery.find(call.deps.peers, await _field(call, "acct"))

    async def act(tx: Tx, account: int) -> list[str]:
        return await moves.alias(tx, call.deps.urls, account, other)

    return Answer(await call.write(act))


@endpoint("DELETE", "/api/fedicert/v1/aliases", scope="write:accounts")
async def remove_alias(call: Call) -> Answer:
    """Say it no longer. `uri`: the actor id."""
    await call.identify()
    uri = await _field(call, "uri")

    async def act(tx: Tx, account: int) -> list[str]:
        return await moves.unalias(tx, call.deps.urls, account, uri)

    return Answer(await call.write(act))


@endpoint("GET", "/api/fedicert/v1/move", scope="read:accounts", hop=True)
async def show(call: Call) -> Answer:
    """Whether one has moved, and may."""
    return _shown(await call.read(_state))


@endpoint("POST", "/api/fedicert/v1/move", scope="write:accounts", limit="verify")
async def move(call: Call) -> Answer:
    """Move to `acct`, which must name this account as its own. `current_password`: one's password here."""
    await call.identify()
    who = await _field(call, "acct")
    uri, username = await call.deps.db.read(views.uri_of, call.actor)
    await check_own_password(call, username, (await call.fields()).text("current_password"))
    target = await discovery.find_target(call.deps.peers, uri, f"@{username}@{call.deps.urls.domain}", who)

    async def act(tx: Tx, account: int) -> State:
        await moves.move_out(tx, call.deps.urls, account, target)
        return await moves.state(tx, account)

    return _shown(await call.write(act))


@endpoint("DELETE", "/api/fedicert/v1/move", scope="write:accounts", hop=True)
async def undo(call: Call) -> Answer:
    """Take the move back; who left by it stays away."""

    async def act(tx: Tx, account: int) -> State:
        await moves.undo_move(tx, call.deps.urls, account)
        return await moves.state(tx, account)

    return _shown(await call.write(act))


async def _state(reader: Reader, account: int) -> State:
    return await moves.state(reader, account)


async def _field(call: Call, name: str) -> str:
    found = (await call.fields()).text(name)
    if found is None:
        raise Unprocessable(f"Validation failed: {name} can't be blank", {name: [("ERR_BLANK", "can't be blank")]})
    return found


def _shown(state: State) -> Answer:
    at = state.may_move_at
    moving = Moving(aliases=state.aliases, moved_to=state.moved_to or None, may_move_at=timestamp(at) if at else None)
    return Answer(moving)
