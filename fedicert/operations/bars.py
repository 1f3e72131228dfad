"""Followers who keep a slot and get nothing: a blocked domain's, a suspended account's, and who passes on what they get.

Of a blocked domain, or suspended here: paused with the slot for 30 days, and restored where that is undone, then trimmed
(docs/law.md, Cases). A relay or mirror in the audience of somebody whose tier had no cap and has one now: the same. One
that becomes a relay, or is struck off an admin's list, is trimmed at once, first in the line if it follows again: it was
accepted, so only a Reject stops what its server passes on.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from fedicert.base.clock import DAY
from fedicert.model.domain_blocks import names_of
from fedicert.model.standing import MULTIPLIERS
from fedicert.operations import dispatch, jobs, notices, seating, settling
from fedicert.operations.ledger import Party, record
from fedicert.store.tables import bars, domain_blocks, follows, kept, listings, rejections, seats, settlings
from fedicert.store.tables.bars import BY_DOMAIN
from fedicert.store.tables.follows import Follow
from fedicert.store.tables.kept import Counted
from fedicert.store.tables.people import Person
from fedicert.store.tables.seats import Seat
from fedicert.store.unit import Tx

KEPT_FOR = 30 * DAY
PAGE = 100
LAPSES = 20
DOMAIN = "cases: a blocked domain"
SUSPENDED = "cases: suspended here"
RELAYS = seating.RULES["multiplier"]


# A domain is blocked, or no longer


async def ask_for_domains(tx: Tx) -> None:
    """What is blocked has changed: look at everybody from elsewhere."""
    await jobs.enqueue(tx, "review_domains", {"after": 0}, key=str(tx.now))


async def review_domains(tx: Tx, after: int) -> int | None:
    """Bring a page of remote accounts, and their follows, to what is blocked now; where to go on.

    Doing it twice changes nothing the second time.
    """
    decided = {block.domain: block.severity for block in await domain_blocks.every(tx)}
    page = await bars.page(tx, after, PAGE)
    changed: list[int] = []
    silenced: dict[bool, list[int]] = {True: [], False: []}
    for account in page:
        said = {decided.get(name) for name in names(account.uri, account.domain)}
        barred = account.barred & ~BY_DOMAIN | (BY_DOMAIN if "suspend" in said else 0)
        if barred != account.barred:
            await bars.set_barred(tx, account.id, barred)
            changed.append(account.id)
        if ("silence" in said) != account.silenced:
            silenced["silence" in said].append(account.id)
    for flag, accounts in silenced.items():
        if accounts:
            await bars.set_silenced(tx, accounts, flag)
    await review(tx, changed)
    return page[-1].id if len(page) == PAGE else None


def names(uri: str, domain: str) -> list[str]:
    """The names by which an actor may be blocked: of its handle and of its id, and those above them."""
    return [*names_of(urlsplit(uri).netloc), *names_of(domain)]


# Follows


async def review(tx: Tx, followers: Sequence[int]) -> None:
    """Pause these in every count here, or restore them, by what bars them now."""
    if not followers:
        return
    found = await bars.owners(tx, followers)
    await seats.hold(tx, *found)
    for owner in found:
        for follower in sorted(followers):
            await _review(tx, owner, follower)


async def review_owner(tx: Tx, owner: int, after: int) -> int | None:
    """Somebody's tier has a cap now, or has none any longer: look at the relays in the audience; where to go on."""
    page = await bars.multipliers(tx, owner, after, PAGE)
    for follower in page:
        await _review(tx, owner, follower)
    return page[-1] if len(page) == PAGE else None


async def ask_for_owner(tx: Tx, owner: int) -> None:
    """Have that done."""
    await jobs.enqueue(tx, "review_owner", {"account": owner}, key=str(owner))


async def passes_on(tx: Tx, follower: int) -> None:
    """An account passes on what it gets, as it didn't before, or isn't listed any longer: it is trimmed where there is
    a cap."""
    found = await bars.owners(tx, [follower])
    await seats.hold(tx, *found)
    for owner in found:
        seat, person = await seating.seat_of(tx, owner), await seating.person_of(tx, follower)
        row = await follows.between(tx, follower, owner)
        if row is None or await _what_bars(tx, seat, person) != RELAYS:
            continue
        if seat.rule_cap is None:
            await _review(tx, owner, follower)
        else:
            await _trim(tx, seat, person, row, RELAYS)


async def reached_elsewhere(tx: Tx, follower: int) -> None:
    """A follower is reached at another host from now on: what a settling keeps of it, or cut off, is another matter."""
    found = await bars.owners(tx, [follower])
    await seats.hold(tx, *found)
    for owner in found:
        await settling.reached_elsewhere(tx, owner, follower)


async def lapse(tx: Tx) -> int:
    """Whoever has been barred for 30 days is trimmed, a few in a unit; how many."""
    found = await bars.since(tx, tx.now - KEPT_FOR, LAPSES)
    for one in found:
        seat, person = await seating.seat_of(tx, one.followed), await seating.person_of(tx, one.follower)
        row = await follows.by_id(tx, one.follow)
        if row is not None and row.barred_at is not None:
            rule = await _what_bars(tx, seat, person)
            if rule == RELAYS and seat.rule_cap is None:
                await bars.bar_longer(tx, row.id)  # the cap is a window's, which trims nobody: looked at again later
            elif rule:
                await _trim(tx, seat, person, row, rule)
            else:
                await _restore(tx, seat, person, row)
    return len(found)


async def _review(tx: Tx, owner: int, follower: int) -> None:
    seat, person = await seating.seat_of(tx, owner), await seating.person_of(tx, follower)
    row = await follows.between(tx, follower, owner)
    if row is None or row.state not in ("admitted", "paused"):
        return
    rule = await _what_bars(tx, seat, person)
    if rule and row.barred_at is None:
        await bars.bar(tx, row.id)
        await _tell(tx, seat, "paused", rule, person, {"until": tx.now + KEPT_FOR})
    elif not rule and row.barred_at is not None:
        await _restore(tx, seat, person, row)


async def _what_bars(tx: Tx, seat: Seat, person: Person) -> str:
    """By which sentence this follower gets nothing, '' by none."""
    barred = await bars.of(tx, person.id)
    if barred:
        return DOMAIN if barred & BY_DOMAIN else SUSPENDED
    if seat.limits.cap is None or person.type not in MULTIPLIERS or await listings.has(tx, person.id):
        return ""
    return RELAYS


async def _restore(tx: Tx, seat: Seat, person: Person, row: Follow) -> None:
    """The slot was theirs all the time; while a settling throttles, it says who is restored."""
    await bars.unbar(tx, row.id)
    both = (await settlings.open_of(tx, seat.account), await settlings.window_of(tx, seat.account))
    if any(going_on is not None and going_on.stage != "grace" for going_on in both):
        await settling.ask(tx, seat.account)
        return
    counted = Counted(row.id, person.id, person.uri, "")
    await kept.restore(tx, [counted], await seats.next_admitted_seq(tx, seat.account))
    await _tell(tx, seat, "restored", seating.LAW_3, person, {})
    if person.local:
        await dispatch.catch_up(tx, person.id, seat.account)


async def _trim(tx: Tx, seat: Seat, person: Person, row: Follow, rule: str) -> None:
    """They are out: Reject is said, and the slot is free. Following again, they come first in the line."""
    host = "" if person.local else await bars.host_of(tx, person.id)
    counted = Counted(row.id, person.id, person.uri, host)
    await kept.pause(tx, [counted])
    await kept.trim(tx, seat.account, [counted])
    await _tell(tx, seat, "trimmed", rule, person, {})
    await notices.withdraw(tx, seat.account, person.id, ("follow", "follow_request"))
    await dispatch.part(tx, person.id, seat.account)
    await dispatch.withdraw(tx, seat.account, person.id)
    if host:
        await rejections.add(tx, seat.account, person.id, host)
        await settling.ask(tx, seat.account)
    elif await follows.set_kept(tx, seat.account, person.id, False):
        await jobs.enqueue(tx, "release", {"account": person.id}, key=str(person.id))
    await seating.freed(tx, seat, "paused")


async def _tell(tx: Tx, seat: Seat, kind: str, rule: str, person: Person, body: dict[str, int]) -> None:
    told = {**settling.numbers(seat, seat.limits.cap), **body}
    await record(tx, seat.account, kind, rule, {"follower": Party(person.uri, person.id)}, told)
