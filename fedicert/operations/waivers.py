"""Waivers: a limit is raised for one account, for a reason, by somebody else, for at most 30 days (docs/law.md, Cases).

What is in force stands on the row that the law reads under the account's lock, so that every check of a limit knows it.
Its end is a lowered cap: the audience settles.
"""

from collections.abc import Mapping

from fedicert.base.clock import DAY
from fedicert.base.errors import Conflict, NotFound, Unprocessable
from fedicert.model.standing import WAIVABLE
from fedicert.operations import jobs, seating, settling, staff, telling
from fedicert.operations.ledger import Aside, Party, record
from fedicert.store.tables import people, seats, waivers
from fedicert.store.tables.seats import Seat
from fedicert.store.tables.waivers import Waiver
from fedicert.store.unit import Reader, Tx

__all__ = [
    "LARGEST",
    "LONGEST_REASON",
    "MOST_DAYS",
    "RULE",
    "WAIVABLE",
    "Waiver",
    "all_of_them",
    "ask",
    "end",
    "give",
    "give_back",
    "given_alone",
    "in_force",
    "lapse",
    "of_account",
    "one",
    "put_in_force",
    "refuse",
]

RULE = "cases: waivers"
MOST_DAYS = 30
LARGEST = 1_000_000_000
LONGEST_REASON = 2_000
TOLD = 200


async def ask(tx: Tx, account: int, limits: Mapping[str, int], days: int, reason: str, by: int) -> Waiver:
    """Somebody asks for a waiver for their own account, or an owner or admin for another's.

    `limits`: followers, following, strangers, answers → what it shall be raised to. Raises Forbidden, Unprocessable,
    Conflict where one is asked for already.
    """
    asker, concerned = await staff.somebody(tx, by), await staff.somebody(tx, account)
    if not asker.same_person(concerned):
        await staff.officer(tx, by)
    seat = await _seat(tx, account)
    _check(seat, limits, days, reason)
    if any(one.state == "asked" for one in await waivers.open_of(tx, account)):
        raise Conflict("a waiver is asked for already; it is decided first")
    number = tx.new_id()
    fresh = Waiver(
        id=number,
        account=account,
        username=seat.username,
        state="asked",
        days=days,
        reason=reason.strip(),
        asked_by=by,
        asked_name=asker.username,
        asked_at=tx.now,
        decided_by=None,
        decided_name="",
        decided_at=None,
        until=None,
        alone=False,
        ended_at=None,
        ended_why="",
        **{name: limits.get(name) for name in WAIVABLE},
    )
    await waivers.insert(tx, fresh)
    told = {**_aside({**fresh.limits, "days": days}), "why": fresh.reason}
    parties = {"account": Party(seat.uri, account), "asked_by": staff.party(asker)}
    await record(tx, account, "waiver_asked", RULE, parties, told)
    return fresh


async def give(tx: Tx, number: int, by: int) -> Waiver:
    """Another admin gives it: neither whom it concerns, nor who asked. Where the server has nobody else, who gives it
    does so alone, which everybody can read. Raises NotFound, Forbidden, Conflict."""
    waiver, seat = await _asked(tx, number)
    decider, alone = await staff.judge(tx, by, (waiver.account, waiver.asked_by))
    return await put_in_force(tx, waiver, seat, staff.party(decider), by, alone=alone)


async def put_in_force(
    tx: Tx, waiver: Waiver, seat: Seat, decider: Party, by: int, *, alone: bool, until: int | None = None
) -> Waiver:
    """It holds from now on, for its days or up to `until`; who decided was judged by the caller, who holds the account's
    lock. Raises Conflict where another is in force."""
    if any(one.state == "given" for one in await waivers.open_of(tx, waiver.account)):
        raise Conflict("another waiver is in force for this account; end it first")
    until = until or tx.now + waiver.days * DAY
    await waivers.give(tx, waiver, by, until, alone=alone)
    days = -(-(until - tx.now) // DAY)
    told = {**_aside({**waiver.limits, "days": days, "until": until}), "alone": int(alone)}
    await _record(tx, seat, waiver, "waiver_given", decider, told)
    await settling.look(tx, waiver.account)
    await seating.look_at_lock(tx, waiver.account)
    await jobs.enqueue(tx, "release", {"account": waiver.account}, key=str(waiver.account))
    await jobs.enqueue(tx, "end_waiver", {"waiver": waiver.id}, due=until, key=str(waiver.id))
    limits = ", ".join(f"{name} {value:,}" for name, value in waiver.limits.items())
    values: dict[str, str | int] = {"days": days, "limits": limits}
    await telling.tell(tx, waiver.account, "waiver_given", once=f"waiver given:{waiver.id}:{until}", values=values)
    return await one(tx, waiver.id)


async def refuse(tx: Tx, number: int, by: int, why: str) -> Waiver:
    """It isn't given, with a reason. Raises as `give`, and Unprocessable."""
    waiver, seat = await _asked(tx, number)
    decider, alone = await staff.judge(tx, by, (waiver.account, waiver.asked_by))
    _check_reason(why)
    await waivers.refuse(tx, number, by, why.strip())
    parties = {"account": Party(seat.uri, seat.account), "by": staff.party(decider)}
    await record(
        tx,
        seat.account,
        "waiver_refused",
        RULE,
        parties,
        {"waiver": str(number), "alone": int(alone), "why": why.strip()},
    )
    values = {"why": _short(why)}
    await telling.tell(tx, seat.account, "waiver_refused", once=f"waiver refused:{number}", values=values)
    return await one(tx, number)


async def give_back(tx: Tx, number: int, account: int, why: str) -> Waiver:
    """Whom it concerns gives it back before its time. Raises NotFound, Conflict."""
    if (await one(tx, number)).account != account:
        raise NotFound(f"there is no waiver {number} of yours")
    return await end(tx, number, account, why)


async def end(tx: Tx, number: int, by: int, why: str) -> Waiver:
    """It ends before its time: by an owner or admin, or by whom it concerns. Raises NotFound, Forbidden, Conflict."""
    waiver = await one(tx, number)
    seat = await _seat(tx, waiver.account)
    waiver = await one(tx, number)
    ender = await staff.somebody(tx, by)
    if ender.account != waiver.account:
        await staff.officer(tx, by)
        _check_reason(why)
    if waiver.state != "given":
        raise Conflict(f"this waiver isn't in force: it is {waiver.state}")
    await _end(tx, seat, waiver, staff.party(ender), why.strip() or "given back")
    return await one(tx, number)


async def lapse(tx: Tx, number: int) -> None:
    """Its time is over; nothing where it ended before, or where its time hasn't come."""
    waiver = await waivers.by_id(tx, number)
    if waiver is None:
        return
    seat = await seats.lock(tx, waiver.account)
    waiver = await waivers.by_id(tx, number)
    if seat is None or waiver is None or waiver.state != "given":
        return
    assert waiver.until is not None
    if tx.now < waiver.until:
        await jobs.enqueue(tx, "end_waiver", {"waiver": number}, due=waiver.until, key=str(number))
        return
    await _end(tx, seat, waiver, None, "its time is over")


async def one(reader: Reader, number: int) -> Waiver:
    """One waiver. Raises NotFound."""
    found = await waivers.by_id(reader, number)
    if found is None:
        raise NotFound(f"there is no waiver {number}")
    return found


async def of_account(reader: Reader, account: int, before: int | None, count: int) -> list[Waiver]:
    """Those of somebody, newest first."""
    return await waivers.page(reader, account, before, count, alone=False)


async def in_force(reader: Reader, account: int) -> list[Waiver]:
    """Those that raise limits of somebody at this moment, whether or not the job that ends them was there already."""
    open_ones = await waivers.open_of(reader, account)
    return [one for one in open_ones if one.state == "given" and one.until is not None and one.until > reader.now]


async def all_of_them(reader: Reader, by: int, before: int | None, count: int) -> list[Waiver]:
    """All, newest first, for owners and admins. Raises Forbidden."""
    await staff.officer(reader, by)
    return await waivers.page(reader, None, before, count, alone=False)


async def given_alone(reader: Reader, before: int | None, count: int) -> list[Waiver]:
    """Those that somebody gave because the server had nobody else: for everybody to read."""
    return await waivers.page(reader, None, before, count, alone=True)


async def _end(tx: Tx, seat: Seat, waiver: Waiver, by: Party | None, why: str) -> None:
    await waivers.end(tx, waiver, why)
    told = {**_aside(waiver.limits), "lapsed": int(by is None), "alone": int(waiver.alone)}
    await _record(tx, seat, waiver, "waiver_ended", by, told, why)
    values = {"why": _short(why)}
    await telling.tell(tx, waiver.account, "waiver_ended", once=f"waiver ended:{waiver.id}:{tx.now}", values=values)
    await settling.look(tx, waiver.account, "waiver_ended")
    await seating.look_at_lock(tx, waiver.account)
    await jobs.enqueue(tx, "release", {"account": waiver.account}, key=str(waiver.account))


async def _record(
    tx: Tx, seat: Seat, waiver: Waiver, kind: str, by: Party | None, body: Mapping[str, int], why: str = ""
) -> None:
    """On the ledger of the account, and of the instance."""
    parties = {"account": Party(seat.uri, seat.account)}
    if by is not None:
        parties["by"] = by
    told = {"waiver": str(waiver.id), **body, "why": why or waiver.reason}
    await record(tx, seat.account, kind, RULE, parties, told)
    await record(tx, await people.instance(tx), kind, RULE, parties, told)


def _aside(numbers: Mapping[str, int]) -> dict[str, int]:
    """Of a waiver that is given alone everybody can read these, and who will give it isn't known when it is asked for."""
    return {name: Aside(number) for name, number in numbers.items()}


async def _seat(tx: Tx, account: int) -> Seat:
    seat = await seats.lock(tx, account)
    if seat is None or seat.closed:
        raise NotFound
    return seat


async def _asked(tx: Tx, number: int) -> tuple[Waiver, Seat]:
    waiver = await one(tx, number)
    seat = await _seat(tx, waiver.account)
    waiver = await one(tx, number)
    if waiver.state != "asked":
        raise Conflict(f"this waiver was decided already: it is {waiver.state}")
    return waiver, seat


def _check(seat: Seat, limits: Mapping[str, int], days: int, reason: str) -> None:
    _check_reason(reason)
    if not 1 <= days <= MOST_DAYS:
        raise Unprocessable(f"a waiver ends within {MOST_DAYS} days: say 1 to {MOST_DAYS}")
    unknown = sorted(set(limits) - set(WAIVABLE))
    if unknown or not limits:
        raise Unprocessable(f"say which limit: {', '.join(WAIVABLE)}")
    holds = {
        "followers": seat.limits.cap,
        "following": seat.limits.following,
        "strangers": seat.limits.strangers,
        "answers": seat.limits.answers_per_day,
    }
    for name, to in limits.items():
        now = holds[name]
        if now is None:
            raise Unprocessable(f"there is no limit on {name} to be waived")
        if not now < to <= LARGEST:
            raise Unprocessable(f"a waiver raises a limit: {name} is {now:,} now")


def _short(words: str) -> str:
    """Words of staff in a message."""
    return " ".join(words.split())[:TOLD]


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Unprocessable("say why; it stands on the ledger")
    if len(reason) > LONGEST_REASON:
        raise Unprocessable(f"a reason has at most {LONGEST_REASON:,} characters")
