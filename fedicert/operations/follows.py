"""Following, and being followed: the law's own room. A slot or the line, and who is told what (law 1 and 3).

Lock, count, then seat: every function here takes the lock of the followed account first and decides under it.
A follow is asked for through two doors, a person's client and another server; both end in `ask`.
"""

from typing import Any

import msgspec

from fedicert.activitypub import build
from fedicert.base.clock import DAY, utc_day
from fedicert.base.errors import Forbidden, NotFound, Unprocessable
from fedicert.model.standing import Newcomer, Placement
from fedicert.model.urls import Urls
from fedicert.operations import arrivals, dispatch, jobs, notices
from fedicert.operations.ledger import Party, record_about
from fedicert.reach import admission
from fedicert.store.tables import blocks, follows, mutes, people, seats
from fedicert.store.tables.follows import Follow
from fedicert.store.tables.people import Person
from fedicert.store.tables.seats import Seat
from fedicert.store.unit import Tx
from fedicert.text.registrable import registrable_domain

LAW_1 = "law 1"
LAW_3 = "law 3"
RULES = {
    "": LAW_1,
    "locked": "law 3: the owner picks",
    "full": "law 3: full",
    "kept": "law 3: kept slots",
    "domain_day": "law 3: a domain's day",
    "multiplier": "law 3: relays and mirrors",
    "no_line": "cases: cap 0 has no line",
    "blocked": "law 3: blocked by the owner",
}
HOUR = DAY // 24
PLACE_KEPT = 180 * DAY
LAPSES = 20


class Options(msgspec.Struct, frozen=True):
    """What a follower wants of a follow; None leaves what is there."""

    reblogs: bool | None = None
    notify: bool | None = None
    languages: tuple[str, ...] | None = None


async def follow(tx: Tx, urls: Urls, follower: int, target: int, options: Options | None = None) -> None:
    """Somebody here follows somebody: the client's door. A repeated follow only changes its options."""
    options = options or Options()
    if follower == target:
        raise Unprocessable("You can't follow yourself")
    await seats.hold(tx, follower, target)
    person, other = await _person(tx, follower), await _person(tx, target)
    if other.closed or other.uri == urls.instance_actor:
        raise NotFound
    if await blocks.either(tx, follower, target):
        raise Forbidden("You can't follow this person: one of you blocks the other")
    row = await follows.between(tx, follower, target)
    if row is not None and row.state != "trimmed":
        languages = None if options.languages is None else msgspec.json.encode(options.languages).decode()
        await follows.set_options(tx, row.id, options.reblogs, options.notify, languages)
        return
    uri = urls.activity(tx.new_id())
    if other.local:
        if await ask(tx, urls, person, other, uri, options) == "refused":
            return
    else:
        await _ask_elsewhere(tx, person, other, uri, options)
    await _owner_follows(tx, urls, follower, target, follows_now=True)


async def receive_follow(tx: Tx, urls: Urls, follower: int, followed: int, uri: str) -> str:
    """A remote actor follows somebody here. Returns the state that holds now, or `refused`.

    A repeated Follow by someone admitted or paused takes no slot and is accepted again; the latest id is kept.
    """
    person, owner = await _person(tx, follower), await _person(tx, followed)
    if not owner.local or owner.uri == urls.instance_actor:
        raise NotFound("nobody here to follow")
    return await ask(tx, urls, person, owner, uri, Options())


async def ask(tx: Tx, urls: Urls, person: Person, owner: Person, uri: str, options: Options) -> str:
    """The one way to a slot: lock, count, seat. `person` asks to follow `owner`, who is local.

    Everything that decides is read under the lock, blocks too.
    """
    seat = await _seat(tx, owner.id)
    if seat.closed:
        raise NotFound("nobody here to follow")
    if await blocks.either(tx, owner.id, person.id):
        if await blocks.exists(tx, owner.id, person.id):
            await _tell(tx, seat, "refused", "blocked", person, {})
            await _reject(tx, urls, owner, person, uri)
            return "refused"
        # Whoever blocked and now follows has changed their mind; their Undo was lost, or comes later.
        await blocks.delete(tx, person.id, owner.id)
    if person.domain and await mutes.hides_domain(tx, owner.id, person.domain):
        await _tell(tx, seat, "refused", "blocked", person, {})
        await _reject(tx, urls, owner, person, uri)
        return "refused"
    row = await follows.between(tx, person.id, owner.id)
    if row is not None and row.state in ("admitted", "paused"):
        await follows.rename(tx, row.id, uri)
        await _accept(tx, urls, owner, person, uri)
        return row.state
    if row is not None and row.state in ("held", "requested"):
        await follows.rename(tx, row.id, uri)
        await _tell(tx, seat, row.state, "again", person, {})
        return row.state
    newcomer = await _newcomer(tx, seat, person, owners_word=False)
    placement = admission.place(newcomer, seat.counts, seat.limits, locked=seat.locked)
    waits = placement.state in ("held", "requested")
    if waits and not await _make_room_in_line(tx, urls, seat, owner, newcomer):
        placement = Placement("refused", "full")
    if placement.state == "refused":
        await _tell(tx, seat, "refused", placement.reason, person, {})
        await _reject(tx, urls, owner, person, uri)
        return "refused"
    await _seat_newcomer(tx, urls, seat, owner, person, row, placement, newcomer, uri, options)
    return placement.state


async def undo_follow(tx: Tx, urls: Urls, follower: int, followed: int) -> None:
    """Somebody stops following somebody here, or leaves the line. A freed slot goes to who is next."""
    seat = await _seat(tx, followed)
    row = await follows.between(tx, follower, followed)
    if row is None:
        return
    await follows.delete(tx, row.id)
    await dispatch.part(tx, follower, followed)
    await notices.withdraw(tx, followed, follower, ("follow", "follow_request"))
    if row.state in ("admitted", "paused"):
        await _freed(tx, seat)


async def unfollow(tx: Tx, urls: Urls, follower: int, target: int) -> None:
    """Somebody here stops following: the client's door. Nothing to undo is no error."""
    await seats.hold(tx, follower, target)
    row = await follows.between(tx, follower, target)
    if row is None:
        return
    person, other = await _person(tx, follower), await _person(tx, target)
    if other.local:
        await undo_follow(tx, urls, follower, target)
    else:
        await follows.delete(tx, row.id)
        await dispatch.part(tx, follower, target)
        undo = build.undo(urls.activity(tx.new_id()), build.follow(row.uri, person.uri, other.uri))
        await dispatch.answer(tx, person.id, [other.id], undo, pair=_pair(person, other))
    await _owner_follows(tx, urls, follower, target, follows_now=False)


async def remove_follower(tx: Tx, urls: Urls, owner: int, follower: int) -> None:
    """The owner removes a follower: Reject in the form every server understands, and the slot is free."""
    await seats.hold(tx, owner, follower)
    seat = await _seat(tx, owner)
    row = await follows.between(tx, follower, owner)
    if row is None or row.state == "trimmed":
        return
    person, host = await _person(tx, follower), await _person(tx, owner)
    await _end(tx, urls, seat, host, person, row, kind="removed", rule=LAW_3)


async def authorize(tx: Tx, urls: Urls, owner: int, follower: int) -> None:
    """The owner lets somebody who waits in. The owner's word opens a domain's day, never the cap (law 1)."""
    seat = await _seat(tx, owner)
    row = await _waiting(tx, owner, follower)
    person, host = await _person(tx, follower), await _person(tx, owner)
    newcomer = await _newcomer(tx, seat, person, owners_word=True)
    placement = admission.place(newcomer, seat.counts, seat.limits)
    if placement.state != "admitted":
        raise Unprocessable(_why_full(seat, placement))
    await _admit(tx, urls, seat, host, person, row, newcomer)
    await _look_at_lock(tx, owner)


async def reject(tx: Tx, urls: Urls, owner: int, follower: int) -> None:
    """The owner sends somebody who waits away."""
    await seats.hold(tx, owner, follower)
    seat = await _seat(tx, owner)
    row = await _waiting(tx, owner, follower)
    person, host = await _person(tx, follower), await _person(tx, owner)
    await _end(tx, urls, seat, host, person, row, kind="sent_away", rule="law 3: the owner picks")


async def sever(tx: Tx, urls: Urls, one: int, other: int) -> None:
    """A block ends both follows between two accounts; the slots they held are free. The caller holds both."""
    for follower, followed in ((one, other), (other, one)):
        row = await follows.between(tx, follower, followed)
        if row is None:
            # Their posts may have come home by a hashtag all the same.
            await dispatch.part(tx, follower, followed)
            continue
        person, owner = await _person(tx, follower), await _person(tx, followed)
        if owner.local:
            seat = await _seat(tx, followed)
            await _end(tx, urls, seat, owner, person, row, kind="removed", rule="law 3: a block frees the slot")
        else:
            await unfollow(tx, urls, follower, followed)


async def receive_accept(tx: Tx, urls: Urls, by: int, uri: str, follower: str) -> bool:
    """A remote actor accepted a follow of ours; False where none is waiting (#39: only our own pending request)."""
    row = await _ours(tx, by, uri, follower)
    if row is None or row.state != "requested":
        return False
    await follows.move(tx, row.id, "admitted", None)
    await dispatch.catch_up(tx, row.follower, by)
    return True


async def receive_reject(tx: Tx, urls: Urls, by: int, uri: str, follower: str) -> bool:
    """A remote actor refused or ended a follow of ours. One that matches nothing is dropped, never answered."""
    row = await _ours(tx, by, uri, follower)
    if row is None:
        return False
    await lose(tx, urls, row.follower, by)
    return True


async def lose(tx: Tx, urls: Urls, follower: int, followed: int) -> None:
    """Somebody here follows an actor no longer, by that actor's act."""
    await seats.hold(tx, follower)
    row = await follows.between(tx, follower, followed)
    if row is not None:
        await follows.delete(tx, row.id)
        await dispatch.part(tx, follower, followed)
        await _owner_follows(tx, urls, follower, followed, follows_now=False)


async def release(tx: Tx, urls: Urls, owner: int, most: int) -> bool:
    """Admit from the line while there is room (law 3); at most so many in this unit. True: there may be more.

    A locked account's owner picks, so nobody is released there. Who was asked for before it was unlocked joins the line.
    """
    for _ in range(most):
        seat = await _seat(tx, owner)
        if seat.locked or seat.closed:
            break
        if seat.counts.requested:
            await _join_line(tx, urls, seat)
            continue
        if not admission.has_room(seat.counts, seat.limits) or not seat.counts.held:
            break
        limits = seat.limits
        waiting = await follows.next_in_line(
            tx,
            owner,
            utc_day(tx.now),
            limits.strangers_per_domain_day,
            others=admission.has_room_for_others(seat.counts, limits),
            multipliers=limits.cap is None,
        )
        if waiting is None:
            if limits.strangers_per_domain_day:
                await _release_tomorrow(tx, owner)
            break
        person, host = await _person(tx, waiting.follow.follower), await _person(tx, owner)
        newcomer = Newcomer(
            followed_by_owner=waiting.follow.kept,
            type=waiting.type,
            domain=waiting.follow.domain,
            domain_today=waiting.domain_today,
        )
        await _admit(tx, urls, seat, host, person, waiting.follow, newcomer)
    else:
        return True
    await _look_at_lock(tx, owner)
    return False


async def lapse(tx: Tx, urls: Urls) -> int:
    """Whoever waited 180 days is sent away (law 3), a few in a unit; how many."""
    found = await follows.lapsed(tx, tx.now - PLACE_KEPT, LAPSES)
    for follower, followed in found:
        seat = await _seat(tx, followed)
        row = await follows.between(tx, follower, followed)
        if row is not None and row.state in ("requested", "held"):
            person, owner = await _person(tx, follower), await _person(tx, followed)
            await _end(tx, urls, seat, owner, person, row, kind="lapsed", rule="law 3: a place lapses after 180 days")
    return len(found)


async def _join_line(tx: Tx, urls: Urls, seat: Seat) -> None:
    """The account is locked no longer: who waited for its owner's word waits for a slot, in the order of the line."""
    row = await follows.first_requested(tx, seat.account)
    assert row is not None
    person, host = await _person(tx, row.follower), await _person(tx, seat.account)
    newcomer = await _newcomer(tx, seat, person, owners_word=False)
    placement = admission.place(newcomer, seat.counts, seat.limits)
    if placement.state == "refused":
        await _end(tx, urls, seat, host, person, row, kind="refused", rule=RULES[placement.reason])
        return
    await follows.move(tx, row.id, "held", None)
    await notices.withdraw(tx, host.id, person.id, ("follow_request",))
    await _tell(tx, seat, "held", placement.reason, person, {})


async def _ours(tx: Tx, by: int, uri: str, follower: str) -> Follow | None:
    """Our own follow of `by`: by the id that we gave it, or by who follows, where only that is said."""
    if uri:
        return await follows.of_uri(tx, uri, by)
    person = await people.by_uri(tx, follower) if follower else None
    return await follows.between(tx, person.id, by) if person is not None and person.local else None


async def _ask_elsewhere(tx: Tx, person: Person, other: Person, uri: str, options: Options) -> None:
    await follows.insert(
        tx,
        follower=person.id,
        followed=other.id,
        state="requested",
        uri=uri,
        domain="",
        kept=False,
        admitted_seq=None,
        reblogs=options.reblogs is not False,
        notify=bool(options.notify),
        languages=msgspec.json.encode(options.languages or ()).decode(),
    )
    document = build.follow(uri, person.uri, other.uri)
    await dispatch.answer(tx, person.id, [other.id], document, pair=_pair(person, other))


async def _seat_newcomer(
    tx: Tx,
    urls: Urls,
    seat: Seat,
    owner: Person,
    person: Person,
    row: Follow | None,
    placement: Placement,
    newcomer: Newcomer,
    uri: str,
    options: Options,
) -> None:
    """Write down where a newcomer stands, and tell whom it concerns. `row`: left by an earlier follow that was trimmed."""
    state = placement.state
    assert state != "refused"
    seq = await seats.next_admitted_seq(tx, owner.id) if state == "admitted" else None
    if row is None:
        await follows.insert(
            tx,
            follower=person.id,
            followed=owner.id,
            state=state,
            uri=uri,
            domain=newcomer.domain,
            kept=newcomer.followed_by_owner,
            admitted_seq=seq,
            reblogs=options.reblogs is not False,
            notify=bool(options.notify),
            languages=msgspec.json.encode(options.languages or ()).decode(),
        )
    else:
        await follows.rename(tx, row.id, uri)
        await follows.move(tx, row.id, state, seq)
    if state == "admitted":
        await _welcome(tx, urls, seat, owner, person, newcomer, uri, "admitted")
    else:
        await _tell(tx, seat, state, placement.reason, person, {})
        if state == "requested":
            await notices.notify(tx, owner.id, "follow_request", person.id, None)
        elif placement.reason == "domain_day":
            await _release_tomorrow(tx, owner.id)
    await _look_at_lock(tx, owner.id)


async def _admit(
    tx: Tx, urls: Urls, seat: Seat, owner: Person, person: Person, row: Follow, newcomer: Newcomer
) -> None:
    """Somebody who waited gets a slot."""
    seq = await seats.next_admitted_seq(tx, owner.id)
    await follows.move(tx, row.id, "admitted", seq)
    await notices.withdraw(tx, owner.id, person.id, ("follow_request",))
    await _welcome(tx, urls, seat, owner, person, newcomer, row.uri, "released")


async def _welcome(
    tx: Tx, urls: Urls, seat: Seat, owner: Person, person: Person, newcomer: Newcomer, uri: str, kind: str
) -> None:
    if not newcomer.followed_by_owner and not newcomer.owners_word and newcomer.domain:
        await follows.count_domain_day(tx, owner.id, newcomer.domain, utc_day(tx.now))
    await _tell(tx, seat, kind, "", person, {"count": seat.counts.count + 1})
    await notices.notify(tx, owner.id, "follow", person.id, None)
    if person.local:
        await dispatch.catch_up(tx, person.id, owner.id)
    else:
        await _accept(tx, urls, owner, person, uri)


async def _end(
    tx: Tx, urls: Urls, seat: Seat, owner: Person, person: Person, row: Follow, *, kind: str, rule: str
) -> None:
    await follows.delete(tx, row.id)
    await dispatch.part(tx, person.id, owner.id)
    await notices.withdraw(tx, owner.id, person.id, ("follow", "follow_request"))
    await record_about(tx, owner.id, kind, rule, "follower", Party(person.uri, person.id), {})
    await _reject(tx, urls, owner, person, row.uri)
    if person.local:
        await _owner_follows(tx, urls, person.id, owner.id, follows_now=False)
    if row.state in ("admitted", "paused"):
        await _freed(tx, seat)


async def _make_room_in_line(tx: Tx, urls: Urls, seat: Seat, owner: Person, newcomer: Newcomer) -> bool:
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
    person = await _person(tx, row.follower)
    await _end(tx, urls, seat, owner, person, row, kind="gave_way", rule="law 3: the line is bounded")
    return True


async def _newcomer(tx: Tx, seat: Seat, person: Person, *, owners_word: bool) -> Newcomer:
    domain = registrable_domain(person.authority)
    return Newcomer(
        followed_by_owner=await follows.exists(tx, seat.account, person.id),
        type=person.type,
        domain=domain,
        domain_today=await follows.domain_today(tx, seat.account, domain, utc_day(tx.now))
        if seat.limits.strangers_per_domain_day
        else 0,
        owners_word=owners_word,
    )


async def _owner_follows(tx: Tx, urls: Urls, owner: int, other: int, *, follows_now: bool) -> None:
    """Slots are kept for people the owner follows: whom they follow (or no longer) may change who has room."""
    if await follows.set_kept(tx, other, owner, follows_now):
        await jobs.enqueue(tx, "release", {"account": owner}, key=str(owner))


async def _freed(tx: Tx, seat: Seat) -> None:
    if seat.counts.held:
        await jobs.enqueue(tx, "release", {"account": seat.account}, key=str(seat.account))
    await _look_at_lock(tx, seat.account)


async def _release_tomorrow(tx: Tx, owner: int) -> None:
    tomorrow = (utc_day(tx.now) + 1) * DAY
    await jobs.enqueue(tx, "release", {"account": owner}, due=tomorrow, key=f"{owner}:{tomorrow}")


async def _look_at_lock(tx: Tx, owner: int) -> None:
    """The actor document tells whether a newcomer would be held; an Update says so, at most hourly (law 3)."""
    seat = await seats.read(tx, owner)
    if seat is None or seat.closed:
        return
    holds = seat.locked or admission.holds_newcomers(seat.counts, seat.limits)
    if holds == seat.told_locked:
        return
    due = max(tx.now, seat.told_locked_at + HOUR)
    await jobs.enqueue(tx, "tell_locked", {"account": owner}, due=due, key=str(owner))


async def _waiting(tx: Tx, owner: int, follower: int) -> Follow:
    row = await follows.between(tx, follower, owner)
    if row is None or row.state not in ("requested", "held"):
        raise NotFound
    return row


async def _accept(tx: Tx, urls: Urls, owner: Person, person: Person, uri: str) -> None:
    if not person.local:
        document = build.accept_follow(urls.activity(tx.new_id()), owner.uri, uri, person.uri)
        await dispatch.answer(tx, owner.id, [person.id], document, pair=_pair(person, owner))


async def _reject(tx: Tx, urls: Urls, owner: Person, person: Person, uri: str) -> None:
    if not person.local:
        await arrivals.rejected(tx, uri, person.uri)
        document = build.reject_follow(f"{owner.uri}#rejects/follows/{tx.new_id()}", owner.uri, uri, person.uri)
        await dispatch.answer(tx, owner.id, [person.id], document, pair=_pair(person, owner))


async def _tell(tx: Tx, seat: Seat, kind: str, reason: str, person: Person, body: dict[str, Any]) -> None:
    rule = RULES.get(reason, LAW_3)
    told = {"tier": seat.limits.tier, "cap": seat.limits.cap, "count": seat.counts.count, **body}
    await record_about(tx, seat.account, kind, rule, "follower", Party(person.uri, person.id), told)


async def _seat(tx: Tx, account: int) -> Seat:
    seat = await seats.lock(tx, account)
    if seat is None:
        raise NotFound
    return seat


async def _person(tx: Tx, account: int) -> Person:
    found = await people.by_id(tx, account)
    if found is None:
        raise NotFound
    return found


def _pair(follower: Person, followed: Person) -> str:
    return f"{follower.id}>{followed.id}"


def _why_full(seat: Seat, placement: Placement) -> str:
    count, cap = seat.counts.count, seat.limits.cap
    if placement.reason == "kept":
        return (
            f"Your audience has room only for people you follow ({count} of {cap}; {seat.limits.kept_slots} slots are"
            " kept for them). Follow this person first, or remove a follower."
        )
    if placement.reason == "multiplier":
        return "This account passes posts on to people of its own. An admin has to list it before it can follow you."
    return f"Your audience is full ({count} of {cap}). Remove a follower to make room, or rise to a higher tier."
