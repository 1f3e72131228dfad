"""Moving: other names of an account, out of here, and what follows when somebody elsewhere moved.

A move counts only where both accounts say it, the old one by where it moved to, the new one by its other names; that was
looked up before anything here is called. It counts once in a while; chains and circles of moves count for nothing. A
follow is never made by a move alone: the new account asks, and has the slot that the old one had (`seating.hand_over`).
"""

from collections.abc import Sequence

import msgspec

from fedicert.activitypub import build
from fedicert.base.clock import DAY
from fedicert.base.errors import Conflict, Forbidden, NotFound, Unprocessable
from fedicert.model.urls import Urls
from fedicert.operations import addressing, blocks, dispatch, follows, jobs, mutes, profiles, seating
from fedicert.operations.follows import Options
from fedicert.operations.ledger import Party, record
from fedicert.reach.limits import standing_of
from fedicert.reach.strangers import too_many_followed
from fedicert.store.tables import follows as rows
from fedicert.store.tables import lists, moves, people, seats
from fedicert.store.tables.moves import Companion
from fedicert.store.tables.seats import Seat
from fedicert.store.unit import Reader, Tx

COOLDOWN = 30 * DAY
"""Between two moves of somebody here."""
COOLDOWN_ELSEWHERE = 7 * DAY
"""Between two moves of somebody elsewhere that count here."""
MOST_ALIASES = 10
PAGE = 20
CASE = "cases: after Move out"


class Along(msgspec.Struct, frozen=True):
    """Where taking people along goes on: what is done next, behind which account."""

    account: int
    target: int
    part: str = "follow"
    after: int = 0


PARTS = ("follow", "seats", "blocks", "mutes")


# Other names


async def alias(tx: Tx, urls: Urls, account: int, other: int) -> list[str]:
    """Somebody here says that another account is theirs too, so that it can move here; all of them by actor id."""
    seat = await _own(tx, account)
    person = await seating.person_of(tx, other)
    if other == account:
        raise Unprocessable("That is this very account")
    known = await moves.aliases(tx, account)
    if person.uri in known:
        return known
    if len(known) >= MOST_ALIASES:
        raise Unprocessable(f"An account has at most {MOST_ALIASES} other names; take one off first")
    return await _alias(tx, urls, seat, [*known, person.uri])


async def unalias(tx: Tx, urls: Urls, account: int, uri: str) -> list[str]:
    """They say it no longer. Nothing to undo is no error."""
    seat = await _own(tx, account)
    known = await moves.aliases(tx, account)
    return known if uri not in known else await _alias(tx, urls, seat, [one for one in known if one != uri])


async def _alias(tx: Tx, urls: Urls, seat: Seat, uris: Sequence[str]) -> list[str]:
    await moves.set_aliases(tx, seat.account, uris)
    await profiles.tell_profile(tx, urls, seat.account)
    return list(uris)


# Out of here


async def may_move_at(reader: Reader, account: int) -> int:
    """When somebody here may move again (ms); 0 for now."""
    last = await moves.last(reader, account)
    return 0 if last is None or last.moved_at + COOLDOWN <= reader.now else last.moved_at + COOLDOWN


async def move_out(tx: Tx, urls: Urls, account: int, target: int) -> None:
    """Somebody here moves to an account that names this one as its own: the followers hear it, and the account is for
    reading alone (docs/law.md, Cases). Raises `Unprocessable`, `Conflict`.

    The door has looked the target up just now.
    """
    seat = await _own(tx, account)
    other = await seating.person_of(tx, target)
    if seat.moved:
        raise Conflict("This account has moved already; take that back first")
    if await may_move_at(tx, account):
        raise Conflict("An account moves at most once in 30 days")
    if target == account or other.closed:
        raise Unprocessable("There is no such account to move to")
    if seat.uri not in await moves.aliases(tx, target):
        raise Unprocessable(not_named(other.acct, f"@{seat.username}@{urls.domain}"))
    if await moves.moved_to(tx, target) is not None:
        raise Unprocessable(f"@{other.acct} has moved elsewhere itself")
    await moves.note(tx, account, target)
    party = {"account": Party(seat.uri, account), "target": Party(other.uri, other.id)}
    await record(tx, account, "moved", CASE, party, {"count": seat.counts.count})
    await profiles.tell_profile(tx, urls, account)
    goes_to = build.Addressees((urls.followers(seat.username),), ())
    await dispatch.spread(
        tx,
        account,
        build.move(urls.activity(tx.new_id()), seat.uri, other.uri, goes_to),
        act="tell",
        thing=account,
        visibility="public",
        standing=standing_of(seat.limits),
        through=seat.admitted_seq,
        admitted=seat.counts.admitted,
    )
    await _ask(tx, Along(account, target))


async def undo_move(tx: Tx, urls: Urls, account: int) -> None:
    """They take it back: the account is theirs to use again. Who left by the move is gone, and so is its turn."""
    seat = await _own(tx, account)
    if not seat.moved:
        return
    await moves.take_back(tx, account)
    await record(tx, account, "move_undone", CASE, {"account": Party(seat.uri, account)}, {})
    # Whatever went to whom: everybody who was told that it moved hears that it didn't.
    await profiles.tell_profile(tx, urls, account, ends=True)
    await jobs.enqueue(tx, "release", {"account": account}, key=str(account))


def not_named(acct: str, ours: str) -> str:
    """What to do where the other account doesn't point back."""
    return (
        f"@{acct} doesn't name this account as its own. Log in there, add {ours} among its other accounts (aliases),"
        " and come back"
    )


async def _own(tx: Tx, account: int) -> Seat:
    seat = await seats.lock(tx, account)
    if seat is None:
        raise NotFound
    if seat.closed:
        raise Forbidden("This account is closed")
    return seat


# From elsewhere


async def prove(tx: Tx, former: int, account: int) -> bool:
    """Both sides were asked just now and say that `former` moved to `account`. False where it counts for nothing:
    too soon after another move of either, or the end of a chain. Said again, it is the same move."""
    if await moves.moved_to(tx, former) == account:
        return True
    since = tx.now - COOLDOWN_ELSEWHERE
    last = await moves.last(tx, former)
    if last is not None and last.moved_at > since:
        return False
    if await moves.was_target_since(tx, former, since) or await moves.moved_to(tx, account) is not None:
        return False
    await moves.note(tx, former, account)
    return True


async def receive_move(tx: Tx, former: int, account: int) -> bool:
    """Somebody elsewhere moved, as both accounts say: people here go along, page by page; False where it doesn't count."""
    if former == account or not await prove(tx, former, account):
        return False
    await _ask(tx, Along(former, account))
    return True


async def _ask(tx: Tx, along: Along) -> None:
    await jobs.enqueue(tx, "move", msgspec.to_builtins(along), key=f"{along.account}>{along.target}")


async def take_along(tx: Tx, urls: Urls, along: Along) -> Along | None:
    """One page of what a move brings about here, in a unit of work; where to go on, None at the end.

    Doing a page twice changes nothing the second time.
    """
    if await moves.moved_to(tx, along.account) != along.target:
        return None  # taken back meanwhile
    found = await _PAGES[along.part](tx, urls, along)
    if found is not None:
        return msgspec.structs.replace(along, after=found)
    place = PARTS.index(along.part) + 1
    return None if place == len(PARTS) else msgspec.structs.replace(along, part=PARTS[place], after=0)


async def _followers(tx: Tx, urls: Urls, along: Along) -> int | None:
    page = await moves.companions(tx, along.account, along.after, PAGE)
    for one in page:
        await _go_along(tx, urls, one, along)
    return page[-1].follower if len(page) == PAGE else None


async def _go_along(tx: Tx, urls: Urls, one: Companion, along: Along) -> None:
    """Somebody here follows the new account instead of the old one, within what their own tier lets them."""
    await seats.hold(tx, one.follower, along.account, along.target)
    seat = await seating.seat_of(tx, one.follower)
    met = await rows.encounter(tx, one.follower, along.target)
    target = await seating.person_of(tx, along.target)
    if seat.closed or seat.moved or target.closed or met.followed_blocks or met.follower_blocks:
        return
    if one.follower != along.target and (met.row is None or met.row.state == "trimmed"):
        # One follow ends for the one that begins.
        refusal = too_many_followed(seat.limits, await rows.count_followed(tx, one.follower) - 1)
        if refusal is not None:
            await addressing.refuse(tx, seat, refusal)
            return
    listed = await lists.with_member(tx, one.follower, along.account)
    await follows.unfollow(tx, urls, one.follower, along.account)
    if one.follower == along.target:
        return
    languages = tuple(msgspec.json.decode(one.languages, type=list[str]))
    await follows.follow(tx, urls, one.follower, along.target, Options(one.reblogs, one.notify, languages))
    if await rows.exists(tx, one.follower, along.target):
        for identifier in listed:
            await lists.add(tx, identifier, along.target)


async def _seats(tx: Tx, urls: Urls, along: Along) -> int | None:
    """Where the new account waits already and the old one has a place, the place is the new account's now."""
    page = await moves.both_ask(tx, along.account, along.target, along.after, PAGE)
    person = await seating.person_of(tx, along.target)
    for owner in page:
        row = await rows.between(tx, along.target, owner)
        if row is not None:
            await follows.ask(tx, urls, person, await seating.person_of(tx, owner), row.uri, Options())
    return page[-1] if len(page) == PAGE else None


async def _blocks(tx: Tx, urls: Urls, along: Along) -> int | None:
    """Nobody escapes a block by moving."""
    page = await moves.who_block(tx, along.account, along.after, PAGE)
    for account in page:
        if account != along.target:
            await blocks.block(tx, urls, account, along.target)
    return page[-1] if len(page) == PAGE else None


async def _mutes(tx: Tx, _: Urls, along: Along) -> int | None:
    page = await moves.who_mute(tx, along.account, along.after, PAGE)
    for account, notifications in page:
        if account != along.target:
            await mutes.mute(tx, account, along.target, notifications=notifications)
    return page[-1][0] if len(page) == PAGE else None


_PAGES = {"follow": _followers, "seats": _seats, "blocks": _blocks, "mutes": _mutes}


async def forget(tx: Tx, most: int) -> int:
    """Forget moves that hold nothing up any longer; how many."""
    return await moves.forget(tx, tx.now - COOLDOWN - DAY, most)


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody here stands to moving: other names by actor id, where they moved to ('' nowhere), and from when on
    they may move (ms; 0 now)."""

    aliases: list[str]
    moved_to: str
    may_move_at: int


async def state(reader: Reader, account: int) -> State:
    """Of one account."""
    target = await moves.moved_to(reader, account)
    person = None if target is None else await people.by_id(reader, target)
    return State(
        aliases=await moves.aliases(reader, account),
        moved_to="" if person is None else person.uri,
        may_move_at=await may_move_at(reader, account),
    )
