"""What a changed limit would do to an account, from its counts as they are now (law 9). Pure arithmetic.

Nothing here looks ahead: it says who is touched by a change that is made now.
"""

from collections.abc import Iterable

import msgspec

from fedicert.model.standing import Counts, Limits
from fedicert.reach.admission import has_room_for_others, holds_newcomers
from fedicert.reach.settling import is_over

LARGEST = 10


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account on a tier that is changed. `waiting_followed`: of the held, those whom the owner follows.

    `moves`: it would stand on another tier. `following`: people followed or asked; `strangers`: used within 30 days.
    """

    name: str
    counts: Counts
    before: Limits
    after: Limits
    locked: bool = False
    waiting_followed: int = 0
    moves: bool = False
    following: int = 0
    strangers: int = 0


class Largest(msgspec.Struct, frozen=True):
    """One of those with most beyond the new limit: followers, people followed, or strangers."""

    name: str
    count: int
    cap: int
    beyond: int


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a change does, were it made now.

    `touched`: accounts whose limits change. `over`: those whose count would be above their cap, `newly_over` those of
    them that aren't now. `beyond`: followers above these caps: so many at least are paused once throttle begins (whole
    servers are kept or not). `filled`: accounts that have room for newcomers now and would have none; `waiting`: people
    in their lines and in those of the ones over. `held`: of the line, those who could be let in now and no longer could.
    `let_in`: of the line, those who could be let in then and can't now. `moves`: accounts that would stand elsewhere.
    `over_following`, `over_strangers`: accounts that follow, or addressed as strangers within 30 days, more people than
    they could then, and not more than they may now. Of each kind the largest are named.
    """

    touched: int = 0
    over: int = 0
    newly_over: int = 0
    beyond: int = 0
    filled: int = 0
    waiting: int = 0
    held: int = 0
    let_in: int = 0
    moves: int = 0
    over_following: int = 0
    over_strangers: int = 0
    largest: tuple[Largest, ...] = ()
    largest_following: tuple[Largest, ...] = ()
    largest_strangers: tuple[Largest, ...] = ()


NAMES = ("largest", "largest_following", "largest_strangers")
"""The fields of an effect that name accounts; the others are numbers."""


def admissible(counts: Counts, limits: Limits, waiting_followed: int) -> int:
    """How many of an account's line have a slot by these limits, a domain's day aside."""
    if limits.cap is None:
        return counts.held
    room = max(0, limits.cap - counts.count)
    followed = min(waiting_followed, room)
    for_others = min(room - followed, max(0, limits.cap - limits.kept_slots - counts.others))
    return followed + min(counts.held - waiting_followed, for_others)


def effect(accounts: Iterable[Account]) -> Effect:
    """What a change does to all of them together."""
    total = dict.fromkeys(
        ("touched", "over", "newly_over", "beyond", "filled", "waiting", "held", "let_in", "moves"), 0
    )
    largest: list[Largest] = []
    following: list[Largest] = []
    strangers: list[Largest] = []
    for one in accounts:
        total["touched"] += 1
        total["moves"] += one.moves
        over, was_over = is_over(one.counts, one.after), is_over(one.counts, one.before)
        had_room = has_room_for_others(one.counts, one.before)
        filled = not over and had_room and holds_newcomers(one.counts, one.after)
        total["filled"] += filled
        if over and one.after.cap is not None:
            beyond = one.counts.count - one.after.cap
            total["over"] += 1
            total["newly_over"] += not was_over
            total["beyond"] += beyond
            largest.append(Largest(one.name, one.counts.count, one.after.cap, beyond))
        if over or filled:
            total["waiting"] += one.counts.held
        if not one.locked:
            now, then = (admissible(one.counts, limits, one.waiting_followed) for limits in (one.before, one.after))
            total["let_in"] += max(0, then - now)
            total["held"] += max(0, now - then)
        following += _beyond(one.name, one.following, one.before.following, one.after.following)
        strangers += _beyond(one.name, one.strangers, one.before.strangers, one.after.strangers)
    return Effect(
        **total,
        over_following=len(following),
        over_strangers=len(strangers),
        largest=_named(largest),
        largest_following=_named(following),
        largest_strangers=_named(strangers),
    )


def _beyond(name: str, used: int, before: int | None, after: int | None) -> list[Largest]:
    """Who used more of a limit than is allowed then, and not more than is allowed now."""
    if after is None or used <= after or (before is not None and used > before):
        return []
    return [Largest(name, used, after, used - after)]


def _named(found: list[Largest]) -> tuple[Largest, ...]:
    return tuple(sorted(found, key=lambda one: (-one.beyond, one.name))[:LARGEST])
