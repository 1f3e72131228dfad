"""Following, and being followed: who asks for a slot, who gives one back, and what both sides' servers say of it.

Lock, count, then seat: every function here takes the lock of the followed account first and decides under it.
A follow is asked for through two doors, a person's client and another server; both end in `ask`. Slots are given in
`seating`, the line before a full audience is `line`.
"""

import msgspec

from fedicert.activitypub import build
from fedicert.base.errors import Forbidden, NotFound, Unprocessable
from fedicert.model.standing import MULTIPLIERS, Newcomer, Placement
from fedicert.model.urls import Urls
from fedicert.operations import addressing, dispatch, jobs, limits_told, line, notices, seating, settling, turnover
from fedicert.operations.writing import MOVED, open_seat
from fedicert.reach import admission
from fedicert.reach.strangers import Refusal, too_many_followed
from fedicert.reach.turnover import sentence
from fedicert.store.tables import blocks, follows, mutes, people, seats
from fedicert.store.tables.follows import Follow
from fedicert.store.tables.people import Person
from fedicert.store.tables.seats import Seat
from fedicert.store.unit import Tx
from fedicert.text.counted import counted

MOST_FORMER = 5
"""More former accounts than this aren't looked at in one unit of work."""
NOBODY_FOLLOWS_LIMITS = (
    "The limits account can't be followed: it says nothing to everybody, and what it has to say to you comes by itself."
)


class Options(msgspec.Struct, frozen=True):
    """What a follower wants of a follow; None leaves what is there."""

    reblogs: bool | None = None
    notify: bool | None = None
    languages: tuple[str, ...] | None = None


async def follow(tx: Tx, urls: Urls, follower: int, target: int, options: Options | None = None) -> Refusal | None:
    """Somebody here follows somebody: the client's door. A repeated follow only changes its options.

    Beyond what the follower's tier allows nothing is done, and why is returned.
    """
    options = options or Options()
    if follower == target:
        raise Unprocessable("You can't follow yourself")
    await seats.hold(tx, follower, target)
    person, other = await seating.pair(tx, follower, target)
    if other.closed or other.uri == urls.instance_actor:
        raise NotFound
    if other.limits:
        raise Forbidden(NOBODY_FOLLOWS_LIMITS)
    met = await follows.encounter(tx, follower, target)
    if met.followed_blocks or met.follower_blocks:
        raise Forbidden("You can't follow this person: one of you blocks the other")
    row = met.row
    if row is not None and row.state != "trimmed":
        languages = None if options.languages is None else msgspec.json.encode(options.languages).decode()
        await follows.set_options(tx, row.id, options.reblogs, options.notify, languages)
        return None
    seat = await seating.seat_of(tx, follower)
    if seat.moved:
        raise Forbidden(MOVED)
    refusal = too_many_followed(seat.limits, await follows.count_followed(tx, follower))
    if refusal is not None:
        await addressing.refuse(tx, seat, refusal)
    elif not other.local:
        refusal = await addressing.too_often(tx, seat, "Follow")
    if refusal is not None:
        return refusal
    uri = urls.activity(tx.new_id())
    if other.local:
        if await ask(tx, urls, person, other, uri, options) == "refused":
            return None
    else:
        await _ask_elsewhere(tx, person, other, uri, options)
    await seating.owner_follows(tx, urls, follower, target, follows_now=True)
    return None


async def receive_follow(tx: Tx, urls: Urls, follower: int, followed: int, uri: str) -> str:
    """A remote actor follows somebody here. Returns the state that holds now, or `refused`.

    A repeated Follow by someone admitted or paused takes no slot and is accepted again; the latest id is kept.
    """
    person, owner = await seating.pair(tx, follower, followed)
    if not owner.local or owner.limits or owner.uri == urls.instance_actor:
        raise NotFound("nobody here to follow")
    return await ask(tx, urls, person, owner, uri, Options())


async def ask(tx: Tx, urls: Urls, person: Person, owner: Person, uri: str, options: Options) -> str:
    """The one way to a slot: lock, count, seat. `person` asks to follow `owner`, who is local.

    Everything that decides is read under the lock, blocks too.
    """
    seat = await seating.seat_of(tx, owner.id)
    if seat.closed:
        raise NotFound("nobody here to follow")
    met = await follows.encounter(tx, person.id, owner.id)
    if met.followed_blocks:
        await seating.tell(tx, seat, "refused", "blocked", person, {})
        await seating.reject(tx, urls, owner, person, uri)
        return "refused"
    if met.follower_blocks:
        # Whoever blocked and now follows has changed their mind; their Undo was lost, or comes later.
        await blocks.delete(tx, person.id, owner.id)
    if person.domain and await mutes.hides_domain(tx, owner.id, person.domain):
        await seating.tell(tx, seat, "refused", "blocked", person, {})
        await seating.reject(tx, urls, owner, person, uri)
        return "refused"
    row = met.row
    # A relay that a person becomes is held as any other: it inherits nothing where there is a cap.
    for _ in range(MOST_FORMER if seat.limits.cap is None or person.type not in MULTIPLIERS else 0):
        if met.former is None:
            break
        row = await seating.hand_over(tx, urls, seat, owner, met.former, person, row, uri)
        met, seat = await follows.encounter(tx, person.id, owner.id), await seating.seat_of(tx, owner.id)
    if row is not None and row.state in ("admitted", "paused"):
        await follows.rename(tx, row.id, uri)
        await seating.accept(tx, urls, owner, person, uri)
        return row.state
    if row is not None and row.state in ("held", "requested"):
        await follows.rename(tx, row.id, uri)
        await seating.tell(tx, seat, row.state, "again", person, {})
        return row.state
    if seat.moved:
        await seating.tell(tx, seat, "refused", "moved", person, {})
        await seating.reject(tx, urls, owner, person, uri)
        return "refused"
    newcomer = await seating.newcomer_of(tx, seat, person, owners_word=False, followed=met.followed_back)
    placement = admission.place(newcomer, seat.counts, seat.limits, locked=seat.locked)
    if placement.state == "admitted" and await line.is_anybody_before(tx, seat):
        placement = Placement("held", "line")
    waits = placement.state in ("held", "requested")
    if waits and not await line.make_room(tx, urls, seat, owner, newcomer):
        placement = Placement("refused", "full")
    if placement.state == "refused":
        await seating.tell(tx, seat, "refused", placement.reason, person, {})
        await seating.reject(tx, urls, owner, person, uri)
        await limits_told.left_line(tx, person, owner, "none")
        return "refused"
    await _seat_newcomer(tx, urls, seat, owner, person, row, placement, newcomer, uri, options)
    return placement.state


async def undo_follow(tx: Tx, urls: Urls, follower: int, followed: int) -> None:
    """Somebody stops following somebody here, or leaves the line. A freed slot goes to who is next."""
    seat = await seating.seat_of(tx, followed)
    row = await follows.between(tx, follower, followed)
    await settling.confirmed(tx, followed, follower)
    if row is None or row.state == "trimmed":
        return  # their place in the line stays: this is how their server says that it has let go of them
    await follows.delete(tx, row.id)
    await dispatch.part(tx, follower, followed)
    await dispatch.withdraw(tx, followed, follower)
    await notices.withdraw(tx, followed, follower, ("follow", "follow_request"))
    if row.state in ("admitted", "paused"):
        await seating.freed(tx, seat, row.state)


async def unfollow(tx: Tx, urls: Urls, follower: int, target: int) -> None:
    """Somebody here stops following: the client's door. Nothing to undo is no error."""
    await seats.hold(tx, follower, target)
    row = await follows.between(tx, follower, target)
    if row is None:
        return
    person, other = await seating.person_of(tx, follower), await seating.person_of(tx, target)
    if other.local:
        await undo_follow(tx, urls, follower, target)
    else:
        await follows.delete(tx, row.id)
        await dispatch.part(tx, follower, target)
        undo = build.undo(urls.activity(tx.new_id()), build.follow(row.uri, person.uri, other.uri))
        await dispatch.answer(tx, person.id, [other.id], undo, pair=seating.pair_of(person, other))
    await seating.owner_follows(tx, urls, follower, target, follows_now=False)


async def remove_follower(tx: Tx, urls: Urls, owner: int, follower: int) -> None:
    """The owner removes a follower: Reject in the form every server understands, and the slot is free.

    Where several wait it stays open for ten minutes for whom the owner picks: that is how a client swaps (law 3).
    """
    await seats.hold(tx, owner, follower)
    seat = await seating.seat_of(tx, owner)
    row = await follows.between(tx, follower, owner)
    if row is None or row.state == "trimmed":
        return
    person, host = await seating.person_of(tx, follower), await seating.person_of(tx, owner)
    if row.state in ("admitted", "paused"):
        await turnover.give_turn(tx, seat)
    await seating.end(tx, urls, seat, host, person, row, kind="removed", rule=seating.LAW_3, by_owner=True)


async def authorize(tx: Tx, urls: Urls, owner: int, follower: int) -> None:
    """The owner lets somebody who waits in. The owner's word opens a domain's day, never the cap (law 1).

    Raises `Forbidden` for an account that moved or is closed: its line stands still (docs/law.md, Cases).
    """
    seat = await open_seat(tx, owner)
    found = await follows.between(tx, follower, owner)
    if found is not None and found.state in ("admitted", "paused"):
        return  # let in a moment ago
    row = await waiting(tx, owner, follower)
    person, host = await seating.person_of(tx, follower), await seating.person_of(tx, owner)
    newcomer = await seating.newcomer_of(tx, seat, person, owners_word=True)
    placement = admission.place(newcomer, seat.counts, seat.limits)
    if person.closed or placement.state != "admitted":
        raise Unprocessable(await why_not(tx, seat, person, placement))
    await seating.admit(tx, urls, seat, host, person, row, newcomer)
    await seating.look_at_lock(tx, owner)


async def reject(tx: Tx, urls: Urls, owner: int, follower: int) -> None:
    """The owner sends somebody who waits away."""
    await seats.hold(tx, owner, follower)
    seat = await seating.seat_of(tx, owner)
    row = await waiting(tx, owner, follower)
    person, host = await seating.person_of(tx, follower), await seating.person_of(tx, owner)
    await seating.end(tx, urls, seat, host, person, row, kind="sent_away", rule="law 3: the owner picks")


async def sever(tx: Tx, urls: Urls, one: int, other: int) -> None:
    """A block by `one` ends both follows between two accounts; the slots they held are free. The caller holds both."""
    for follower, followed in ((one, other), (other, one)):
        await dispatch.withdraw(tx, followed, follower, blocked=True)
        row = await follows.between(tx, follower, followed)
        if row is None:
            # Their posts may have come home by a hashtag all the same.
            await dispatch.part(tx, follower, followed)
            continue
        person, owner = await seating.person_of(tx, follower), await seating.person_of(tx, followed)
        if owner.local:
            seat = await seating.seat_of(tx, followed)
            rule = "law 3: a block frees the slot"
            by_owner = followed == one  # whom somebody blocks loses a follower by no act of their own
            await seating.end(tx, urls, seat, owner, person, row, kind="removed", rule=rule, by_owner=by_owner)
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
        await seating.owner_follows(tx, urls, follower, followed, follows_now=False)


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
    await dispatch.answer(tx, person.id, [other.id], document, pair=seating.pair_of(person, other))


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
        await seating.welcome(tx, urls, seat, owner, person, newcomer, uri, "admitted")
    else:
        await seating.tell(tx, seat, state, placement.reason, person, {})
        if state == "held":
            await limits_told.watch(tx, seat, limits_told.counted_in(seat.counts, held=1))
        if state == "requested":
            await notices.notify(tx, owner.id, "follow_request", person.id, None)
        elif placement.reason == "domain_day":
            await seating.release_tomorrow(tx, owner.id)
        elif placement.reason == "line":
            await jobs.enqueue(tx, "release", {"account": owner.id}, key=str(owner.id))
        elif placement.reason == "turnover":
            await turnover.release_when_due(tx, seat)
    await seating.look_at_lock(tx, owner.id)


async def waiting(tx: Tx, owner: int, follower: int) -> Follow:
    """The place of somebody who waits for a slot or for the owner's word. Raises NotFound."""
    row = await follows.between(tx, follower, owner)
    if row is None or row.state not in ("requested", "held"):
        raise NotFound
    return row


async def why_not(tx: Tx, seat: Seat, person: Person, placement: Placement) -> str:
    """Why the owner can't let somebody in now, and what helps: a sentence for the owner."""
    count, cap = seat.counts.count, seat.limits.cap
    if person.closed:
        return "This account, or its server, is suspended here. It keeps its place in your line."
    if placement.reason == "turnover":
        return sentence(await turnover.state(tx, seat.account))
    if placement.reason == "kept":
        kept = counted(seat.limits.kept_slots, "slot is", "slots are")
        return (
            f"Your audience has room only for people you follow ({count} of {cap}; {kept} kept for them). Follow this"
            " person first, or remove a follower."
        )
    if placement.reason == "restored":
        return (
            "This server was restored from a backup and isn't in step with the others yet. Nobody is let in until it is,"
            " 72 hours at most."
        )
    if placement.reason == "multiplier":
        return "This account passes posts on to people of its own. An admin has to list it before it can follow you."
    return (
        f"Your audience is full ({count} of {cap}). To swap, remove a follower and then accept this person within"
        " 10 minutes; or rise to a higher tier."
    )
