"""Slots given and taken, and who is told what: the part of the law that following and the line share (law 1 and 3).

Every function here runs under the lock of the followed account, which `seat_of` takes. Who may have a slot is decided
in `reach.admission`; who asks is `follows`' matter, whose turn it is `line`'s.
"""

from typing import Any

from fedicert.activitypub import build
from fedicert.base.clock import DAY, HOUR, utc_day
from fedicert.base.errors import NotFound
from fedicert.model.standing import MULTIPLIERS, Newcomer
from fedicert.model.urls import Urls
from fedicert.operations import arrivals, dispatch, jobs, limits_told, notices, settling, turnover
from fedicert.operations.ledger import Party, record, record_about, standing
from fedicert.operations.limits_told import counted_in
from fedicert.reach import admission
from fedicert.reach.settling import is_over
from fedicert.store.tables import follows, listings, moves, people, seats
from fedicert.store.tables.follows import Follow
from fedicert.store.tables.people import Person
from fedicert.store.tables.seats import Seat
from fedicert.store.unit import Tx
from fedicert.text.registrable import registrable_domain

LAW_1 = "law 1"
LAW_3 = "law 3"
KEEPS_THE_SLOT = "law 3: who moves keeps the slot"
RULES = {
    "": LAW_1,
    "locked": "law 3: the owner picks",
    "full": "law 3: full",
    "line": "law 3: others wait already",
    "kept": "law 3: kept slots",
    "domain_day": "law 3: a domain's day",
    "multiplier": "law 3: relays and mirrors",
    "turnover": "law 1: turning over",
    "no_line": "cases: cap 0 has no line",
    "blocked": "law 3: blocked by the owner",
    "restored": "cases: after a restore",
    "moved": "cases: after Move out",
}


async def admit(
    tx: Tx,
    urls: Urls,
    seat: Seat,
    owner: Person,
    person: Person,
    row: Follow,
    newcomer: Newcomer,
    *,
    kind: str = "released",
    rule: str = "",
) -> None:
    """Somebody who waited gets a slot. `kind`, `rule`: what the ledger says of it."""
    seq = await seats.next_admitted_seq(tx, owner.id)
    await follows.move(tx, row.id, "admitted", seq)
    await notices.withdraw(tx, owner.id, person.id, ("follow_request",))
    await welcome(tx, urls, seat, owner, person, newcomer, row.uri, kind, rule)


async def welcome(
    tx: Tx,
    urls: Urls,
    seat: Seat,
    owner: Person,
    person: Person,
    newcomer: Newcomer,
    uri: str,
    kind: str,
    rule: str = "",
) -> None:
    """Somebody has a slot now: it counts against their domain's day and against turning over, stands on the ledger, and
    both sides hear of it."""
    await settling.admitted(tx, owner.id, person.id)
    await tell(tx, seat, kind, "", person, {"count": seat.counts.count + 1}, rule)
    await turnover.filled(tx, seat, owners_word=newcomer.owners_word)
    now = counted_in(seat.counts, admitted=1, held=-(kind != "admitted"), kept=int(newcomer.followed_by_owner))
    await limits_told.watch(tx, seat, now)
    if not newcomer.followed_by_owner and not newcomer.owners_word and newcomer.domain:
        await follows.count_domain_day(tx, owner.id, newcomer.domain, utc_day(tx.now))
    await notices.notify(tx, owner.id, "follow", person.id, None)
    if person.local:
        await dispatch.catch_up(tx, person.id, owner.id)
    else:
        await accept(tx, urls, owner, person, uri)


async def end(
    tx: Tx,
    urls: Urls,
    seat: Seat,
    owner: Person,
    person: Person,
    row: Follow,
    *,
    kind: str,
    rule: str,
    by_owner: bool = False,
) -> None:
    """A follow or a place in the line ends by our side: the row goes, the ledger says why, Reject is sent.

    `by_owner`: a slot that frees is one that the owner freed (law 1).
    """
    await follows.delete(tx, row.id)
    await dispatch.part(tx, person.id, owner.id)
    await dispatch.withdraw(tx, owner.id, person.id)
    await notices.withdraw(tx, owner.id, person.id, ("follow", "follow_request"))
    await record_about(tx, owner.id, kind, rule, "follower", Party(person.uri, person.id), {})
    await reject(tx, urls, owner, person, row.uri)
    if person.local:
        await owner_follows(tx, urls, person.id, owner.id, follows_now=False)
        if kind in ("lapsed", "gave_way"):
            await limits_told.left_line(tx, person, owner, kind)
    if row.state in ("admitted", "paused"):
        if by_owner:
            await turnover.freed(tx, seat)
        await freed(tx, seat, row.state)


async def hand_over(
    tx: Tx, urls: Urls, seat: Seat, owner: Person, former: int, person: Person, row: Follow | None, uri: str
) -> Follow | None:
    """Somebody moved, proven both ways: their slot, or their place in the line, is the new account's (law 3).

    One person has one slot: where the new account has one of its own, the former's is free. Nobody is admitted by it.
    `row`: of the new account. Returns the row that the new account has now. The former account's server is told.
    """
    old = await follows.between(tx, former, owner.id)
    before = await person_of(tx, former)
    assert old is not None
    if row is not None and row.state in ("admitted", "paused"):
        await end(tx, urls, seat, owner, before, old, kind="seat_moved", rule=KEEPS_THE_SLOT)
        return row
    if row is not None:
        await follows.delete(tx, row.id)
    await follows.hand_over(tx, old, person.id, uri, registrable_domain(person.authority))
    await follows.set_kept(tx, person.id, owner.id, await follows.exists(tx, owner.id, person.id))
    if seat.counts.held:
        # The owner may follow the one and not the other, or one of them passes on what it gets: somebody may have room now.
        await jobs.enqueue(tx, "release", {"account": owner.id}, key=str(owner.id))
    await moves.pass_pin(tx, owner.id, former, person.id)
    await settling.confirmed(tx, owner.id, former)  # whom a trim was to tell is told now, and no row is left of them
    await settling.reached_elsewhere(tx, owner.id, person.id)
    parties = {"follower": Party(person.uri, person.id), "former": Party(before.uri, before.id)}
    told = {**standing(seat.limits, seat.limits.cap, seat.counts.count), "state": old.state}
    await record(tx, owner.id, "seat_moved", KEEPS_THE_SLOT, parties, told)
    await dispatch.part(tx, former, owner.id)
    await dispatch.withdraw(tx, owner.id, former)
    await notices.withdraw(tx, owner.id, former, ("follow_request",))
    await reject(tx, urls, owner, before, old.uri)
    if before.local:
        await owner_follows(tx, urls, former, owner.id, follows_now=False)
    if person.local and old.state == "admitted":
        await dispatch.catch_up(tx, person.id, owner.id)
    return await follows.between(tx, person.id, owner.id)


async def newcomer_of(
    tx: Tx, seat: Seat, person: Person, *, owners_word: bool, followed: bool | None = None
) -> Newcomer:
    """What decides where this person is placed, read under the lock. `followed`: by the owner, where that was read."""
    if followed is None:
        followed = await follows.exists(tx, seat.account, person.id)
    domain = registrable_domain(person.authority)
    return Newcomer(
        followed_by_owner=followed,
        type=person.type,
        domain=domain,
        domain_today=await follows.domain_today(tx, seat.account, domain, utc_day(tx.now))
        if seat.limits.strangers_per_domain_day
        else 0,
        owners_word=owners_word,
        listed=person.type in MULTIPLIERS and await listings.has(tx, person.id),
    )


async def owner_follows(tx: Tx, urls: Urls, owner: int, other: int, *, follows_now: bool) -> None:
    """Slots are kept for people the owner follows: whom they follow (or no longer) may change who has room."""
    if await follows.set_kept(tx, other, owner, follows_now):
        await jobs.enqueue(tx, "release", {"account": owner}, key=str(owner))


async def freed(tx: Tx, seat: Seat, state: str) -> None:
    """A slot is free: whoever waits is let in by a job. `seat`: as it was before; `state`: in which its follower was."""
    after = counted_in(seat.counts, admitted=-(state == "admitted"), paused=-(state == "paused"))
    if is_over(seat.counts, seat.limits):
        await settling.look(tx, seat.account)
    else:
        await limits_told.watch(tx, seat, after)
    # A cap that fell below the audience shortens the line as soon as that fits, a locked account's as well.
    if seat.counts.held or admission.beyond_the_line(after, seat.rule_cap):
        await jobs.enqueue(tx, "release", {"account": seat.account}, key=str(seat.account))
    await look_at_lock(tx, seat.account)


async def release_tomorrow(tx: Tx, owner: int) -> None:
    """Whoever waits for a domain's day to open is let in when it does."""
    tomorrow = (utc_day(tx.now) + 1) * DAY
    await jobs.enqueue(tx, "release", {"account": owner}, due=tomorrow, key=f"{owner}:{tomorrow}")


async def look_at_lock(tx: Tx, owner: int) -> None:
    """The actor document tells whether a newcomer would be held; an Update says so, at most hourly (law 3)."""
    seat = await seats.read(tx, owner)
    if seat is None or seat.closed:
        return
    holds = seat.locked or admission.holds_newcomers(seat.counts, seat.limits)
    if holds == seat.told_locked:
        return
    due = max(tx.now, seat.told_locked_at + HOUR)
    await jobs.enqueue(tx, "tell_locked", {"account": owner}, due=due, key=str(owner))


async def accept(tx: Tx, urls: Urls, owner: Person, person: Person, uri: str) -> None:
    """Say Accept, at the follower's own inbox; somebody here is told nothing over the wire."""
    if not person.local:
        document = build.accept_follow(urls.activity(tx.new_id()), owner.uri, uri, person.uri)
        await dispatch.answer(tx, owner.id, [person.id], document, pair=pair_of(person, owner))


async def reject(tx: Tx, urls: Urls, owner: Person, person: Person, uri: str) -> None:
    """Say Reject in the same way. The same Follow, sent again, then counts as a new one."""
    if not person.local:
        await arrivals.rejected(tx, uri, person.uri)
        document = build.reject_follow(f"{owner.uri}#rejects/follows/{tx.new_id()}", owner.uri, uri, person.uri)
        await dispatch.answer(tx, owner.id, [person.id], document, pair=pair_of(person, owner))


async def tell(
    tx: Tx, seat: Seat, kind: str, reason: str, person: Person, body: dict[str, Any], rule: str = ""
) -> None:
    """Write down on the ledger what was decided about somebody, with the tier, the cap and the count of the moment
    (`count` in the body, where it isn't the seat's)."""
    rule = rule or RULES.get(reason, LAW_3)
    count = body.get("count", seat.counts.count)
    told = {**body, **standing(seat.limits, seat.limits.cap, count)}
    await record_about(tx, seat.account, kind, rule, "follower", Party(person.uri, person.id), told)


async def seat_of(tx: Tx, account: int) -> Seat:
    """Lock an account of ours; what it counts and may. Raises NotFound."""
    seat = await seats.lock(tx, account)
    if seat is None:
        raise NotFound
    return seat


async def person_of(tx: Tx, account: int) -> Person:
    """Somebody, here or elsewhere. Raises NotFound."""
    found = await people.by_id(tx, account)
    if found is None:
        raise NotFound
    return found


async def pair(tx: Tx, one: int, other: int) -> tuple[Person, Person]:
    """Two people, each here or elsewhere. Raises NotFound."""
    found = await people.by_ids(tx, one, other)
    if one not in found or other not in found:
        raise NotFound
    return found[one], found[other]


def pair_of(follower: Person, followed: Person) -> str:
    """What keeps activities about the same two people in order."""
    return f"{follower.id}>{followed.id}"
