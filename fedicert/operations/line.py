"""The line before a full audience: who is next, who joins it, who gives way, whose place lapses (law 3).

As everywhere in following: lock, count, then seat.
"""

from fedicert.base.clock import DAY, utc_day
from fedicert.model.standing import Newcomer
from fedicert.model.urls import Urls
from fedicert.operations import limits_told, notices, seating, turnover
from fedicert.reach import admission
from fedicert.store.tables import follows
from fedicert.store.tables.follows import Waiting
from fedicert.store.tables.people import Person
from fedicert.store.tables.seats import Seat
from fedicert.store.unit import Tx

PLACE_KEPT = 180 * DAY
LAPSES = 20


async def release(tx: Tx, urls: Urls, owner: int, most: int) -> bool:
    """Admit from the line while there is room (law 3); at most so many in this unit. True: there may be more.

    A locked account's owner picks, so nobody is released there. Who was asked for before it was unlocked joins the line.
    """
    for _ in range(most):
        seat = await seating.seat_of(tx, owner)
        if await _shorten(tx, urls, seat, most):
            return True
        if seat.locked or seat.closed or seat.moved:
            break
        if seat.counts.requested:
            await _join_line(tx, urls, seat)
            continue
        if not seat.counts.held:
            break
        if not admission.may_release(seat.counts, seat.limits):
            await turnover.release_when_due(tx, seat)
            break
        waiting = await _next(tx, seat)
        if waiting is None:
            if seat.limits.strangers_per_domain_day:
                await seating.release_tomorrow(tx, owner)
            break
        person, host = await seating.person_of(tx, waiting.follow.follower), await seating.person_of(tx, owner)
        newcomer = Newcomer(
            followed_by_owner=waiting.follow.kept,
            type=waiting.type,
            domain=waiting.follow.domain,
            domain_today=waiting.domain_today,
            listed=True,
        )
        await seating.admit(tx, urls, seat, host, person, waiting.follow, newcomer)
    else:
        return True
    await seating.look_at_lock(tx, owner)
    return False


async def _shorten(tx: Tx, urls: Urls, seat: Seat, most: int) -> bool:
    """The cap fell and the line is longer than ten times what it is now: the newest of the domains with most waiters give
    way, never people the owner follows, but where a cap of 0 has no line. A window shortens nothing. True: some did."""
    many = 0 if seat.closed or seat.moved else admission.beyond_the_line(seat.counts, seat.rule_cap)
    if not many:
        return False
    rule = "law 3: the line is bounded" if seat.rule_cap else seating.RULES["no_line"]
    rows = await follows.last_in_line(tx, seat.account, min(many, most), followed_too=not seat.rule_cap)
    owner = await seating.person_of(tx, seat.account)
    for row in rows:
        person = await seating.person_of(tx, row.follower)
        await seating.end(tx, urls, seat, owner, person, row, kind="gave_way", rule=rule)
    return bool(rows)


async def _next(tx: Tx, seat: Seat) -> Waiting | None:
    return await follows.next_in_line(
        tx,
        seat.account,
        utc_day(tx.now),
        seat.limits.strangers_per_domain_day,
        others=admission.has_room_for_others(seat.counts, seat.limits),
        multipliers=seat.limits.cap is None,
    )


async def is_anybody_before(tx: Tx, seat: Seat) -> bool:
    """Does somebody wait who would be let in now? Then a newcomer stands behind them, whoever's job comes first."""
    return seat.counts.held > 0 and await _next(tx, seat) is not None


async def lapse(tx: Tx, urls: Urls) -> int:
    """Whoever waited 180 days is sent away (law 3), a few in a unit; how many."""
    found = await follows.lapsed(tx, tx.now - PLACE_KEPT, LAPSES)
    for follower, followed in found:
        seat = await seating.seat_of(tx, followed)
        row = await follows.between(tx, follower, followed)
        if row is not None and row.state in ("requested", "held"):
            person, owner = await seating.person_of(tx, follower), await seating.person_of(tx, followed)
            rule = "law 3: a place lapses after 180 days"
            await seating.end(tx, urls, seat, owner, person, row, kind="lapsed", rule=rule)
    return len(found)


async def _join_line(tx: Tx, urls: Urls, seat: Seat) -> None:
    """The account is locked no longer: who waited for its owner's word waits for a slot, in the order of the line."""
    row = await follows.first_requested(tx, seat.account)
    assert row is not None
    person, host = await seating.person_of(tx, row.follower), await seating.person_of(tx, seat.account)
    newcomer = await seating.newcomer_of(tx, seat, person, owners_word=False)
    placement = admission.place(newcomer, seat.counts, seat.limits)
    if placement.state == "refused":
        await seating.end(tx, urls, seat, host, person, row, kind="refused", rule=seating.RULES[placement.reason])
        return
    await follows.move(tx, row.id, "held", None)
    await notices.withdraw(tx, host.id, person.id, ("follow_request",))
    await seating.tell(tx, seat, "held", placement.reason, person, {})
    await limits_told.watch(tx, seat, limits_told.counted_in(seat.counts, held=1))


async def make_room(tx: Tx, urls: Urls, seat: Seat, owner: Person, newcomer: Newcomer) -> bool:
    """The line is bounded; when it is full the newest of the domain with most waiters gives way (law 3)."""
    if not admission.line_is_full(seat.counts, seat.limits):
        return True
    longest = await follows.longest_domain(tx, owner.id)
    if longest is None:
        return False
    domain, waiting, newest = longest
    of_its_domain = await follows.waiting_of(tx, owner.id, newcomer.domain)
    if admission.newcomer_gives_way(newcomer, of_its_domain, domain, waiting):
        return False
    row = await follows.by_id(tx, newest)
    assert row is not None
    person = await seating.person_of(tx, row.follower)
    await seating.end(tx, urls, seat, owner, person, row, kind="gave_way", rule="law 3: the line is bounded")
    return True
