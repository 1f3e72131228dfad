"""A count larger than its cap (law 4): that it settles is noted under the account's lock, and told on its ledger.

Here is what begins, ends or changes a settling; what each stage does to the rows is `trimming`'s, in a job that goes on
page by page. Every change here asks for that job.
"""

import msgspec

from fedicert.base.errors import Conflict, Forbidden, Unprocessable
from fedicert.operations import jobs, limits_told
from fedicert.operations.ledger import Party, record, standing
from fedicert.reach import settling as law
from fedicert.store.tables import kept, people, rejections, seats, settings, settlings
from fedicert.store.tables.seats import Seat
from fedicert.store.tables.settlings import Settling
from fedicert.store.unit import Reader, Tx

LAW_4 = "law 4"
LAW_9_WINDOW = "law 9: a window"
CLOCK_SEEN = "clock_seen"


async def look(tx: Tx, account: int, cause: str = "") -> None:
    """Begin to settle, or end it, where that is what count and caps say now. `cause`: why the cap fell.

    A further fall doesn't begin the clock anew; a rise that covers the audience ends it and restores everybody, and
    nobody is told elsewhere. What trim has begun it finishes. A window is looked at by itself: it pauses at once, and the
    clock of a settling that goes on by the rule's own cap runs on beside it.
    """
    seat = await seats.lock(tx, account)
    if seat is None or seat.closed:
        return
    await limits_told.watch(tx, seat, seat.counts)
    await _look_at_rule(tx, seat, cause)
    await _look_at_window(tx, seat)
    if await rejections.owed(tx, account):
        await ask(tx, account)  # another cap is another bound


def over(seat: Seat) -> tuple[bool, bool]:
    """Is the count above the rule's cap, and is it above what a window leaves of that?"""
    return law.is_above(seat.counts, seat.rule_cap), seat.windowed and law.is_over(seat.counts, seat.limits)


async def _look_at_rule(tx: Tx, seat: Seat, cause: str) -> None:
    going_on = await settlings.open_of(tx, seat.account)
    if over(seat)[0]:
        if going_on is None:
            await _begin(tx, seat, cause, seat.rule_cap)
        elif going_on.stage == "grace" and law.shortened(going_on.until, cause, tx.now) < going_on.until:
            await _shorten_grace(tx, seat, going_on, cause)
        else:
            await ask(tx, seat.account)
    elif going_on is not None and going_on.stage != "trim":
        await _end(tx, seat, going_on, seat.rule_cap)


async def _look_at_window(tx: Tx, seat: Seat) -> None:
    going_on = await settlings.window_of(tx, seat.account)
    _, lowered = over(seat)
    if lowered and going_on is None:
        await _begin(tx, seat, law.WINDOW, seat.limits.cap)
    elif lowered:
        await ask(tx, seat.account)
    elif going_on is not None:
        await _end(tx, seat, going_on, seat.limits.cap)


async def _begin(tx: Tx, seat: Seat, cause: str, cap: int | None) -> None:
    await watch(tx)
    length = law.grace(cause, await settlings.last_given(tx, seat.account), tx.now)
    await settlings.begin(tx, seat.account, cause, length)
    if cause != law.WINDOW:
        told = {**numbers(seat, cap), "cause": cause, "until": tx.now + length}
        await record(tx, seat.account, "grace_begun", LAW_4, {}, told)
        if length:
            await limits_told.grace_begun(tx, by_rule(seat), cause, tx.now + length)
    await ask(tx, seat.account, tx.now + length)


async def _shorten_grace(tx: Tx, seat: Seat, going_on: Settling, cause: str) -> None:
    """A graver fall while grace goes on: it doesn't begin anew, and ends when this one's would."""
    until = law.shortened(going_on.until, cause, tx.now)
    await settlings.enter(tx, going_on.id, "grace", until)
    told = {**numbers(seat, seat.rule_cap), "cause": cause, "until": until, "was_until": going_on.until}
    await record(tx, seat.account, "grace_shortened", LAW_4, {}, told)
    if until > tx.now:
        await limits_told.grace_begun(tx, by_rule(seat), cause, until)
    await ask(tx, seat.account, until)


async def _end(tx: Tx, seat: Seat, going_on: Settling, cap: int | None) -> None:
    await settlings.end(tx, going_on.id)
    told = {**numbers(seat, cap), "stage": going_on.stage, "cause": going_on.cause}
    await record(tx, seat.account, "settling_ended", rule_of(going_on), {}, told)
    if going_on.cause == law.WINDOW:
        await limits_told.window_over(tx, seat)
    else:
        await limits_told.restored(tx, by_rule(seat))
    await ask(tx, seat.account)


async def give_grace(tx: Tx, account: int, cause: str) -> bool:
    """What began for cause has the grace after all that another cause gives, from now on: an appeal was granted.

    Whoever is paused is restored. False where it trims already, is over, or no grace is due by that cause either.
    """
    seat = await seats.lock(tx, account)
    going_on = await settlings.open_of(tx, account)
    if seat is None or going_on is None or going_on.cause != law.FOR_CAUSE or going_on.stage == "trim":
        return False
    length = law.grace(cause, await settlings.last_given(tx, account), tx.now)
    if not length:
        return False
    await settlings.begin_anew(tx, going_on.id, cause, length)
    told = {**numbers(seat, seat.rule_cap), "cause": cause, "until": tx.now + length}
    await record(tx, account, "grace_begun", LAW_4, {}, told)
    await limits_told.grace_begun(tx, by_rule(seat), cause, tx.now + length)
    await ask(tx, account)
    return True


async def ask(tx: Tx, account: int, due: int | None = None) -> None:
    """Have the account's settling looked at, now or at a moment (ms)."""
    await jobs.enqueue(tx, "settle", {"account": account}, key=str(account), due=due)


def numbers(seat: Seat, cap: int | None) -> dict[str, str | int | None]:
    """What every row of the ledger about settling says. `cap`: the one it is about, the rule's or a window's."""
    return standing(seat.limits, cap, seat.counts.count)


def by_rule(seat: Seat) -> Seat:
    """The seat as the tier's rule has it, windows aside."""
    return msgspec.structs.replace(seat, limits=msgspec.structs.replace(seat.limits, cap=seat.rule_cap))


def rule_of(going_on: Settling) -> str:
    """The clause by which it goes on."""
    return LAW_9_WINDOW if going_on.cause == law.WINDOW else LAW_4


# Confirmations


async def confirmed(tx: Tx, account: int, follower: int) -> None:
    """Their server let go of a follower, by itself or because they were trimmed. O(1), and never answered."""
    if await rejections.confirm(tx, account, follower):
        await ask(tx, account)


async def admitted(tx: Tx, account: int, follower: int) -> None:
    """Somebody was admitted: no longer one who was trimmed, and their host would get copies again."""
    await rejections.confirm(tx, account, follower)
    if await rejections.owed(tx, account):
        await ask(tx, account)


async def reached_elsewhere(tx: Tx, account: int, follower: int) -> None:
    """A follower is another account by now, or is reached at another host: the caller holds the owner's lock.

    While throttle serves whole hosts a copy for one is shown to every follower there, so whose host isn't kept is paused,
    and the kept set is chosen anew. While a trim goes on, whoever is to be told is told there. After it their host is
    looked at again.
    """
    await admitted(tx, account, follower)
    both = (await settlings.open_of(tx, account), await settlings.window_of(tx, account))
    stages = {going_on.stage for going_on in both if going_on is not None}
    if "trim" in stages:
        await rejections.add_paused(tx, account, follower)
    if "throttle" not in stages:
        return
    seat = await seats.lock(tx, account)
    row = await kept.unserved(tx, account, follower)
    if seat is not None and row is not None:
        await kept.pause(tx, [row])
        told = {**numbers(seat, seat.limits.cap), "people": 1}
        rule = LAW_9_WINDOW if seat.windowed else LAW_4
        await record(tx, account, "paused", rule, {"follower_1": Party(row.uri, row.follower)}, told)
    await ask(tx, account)


async def reach_bound(reader: Reader, account: int | None = None) -> int:
    """How many trimmed followers, of an account or of all here, aren't confirmed gone at servers that get copies.

    So many more than the admitted may still be shown what is said; it is published.
    """
    return await rejections.bound(reader, account)


# The clock


async def watch(tx: Tx) -> bool:
    """Look at the clock, at least every minute. Went it forward over an hour since, no trim begins without an admin's
    word (docs/law.md, Cases); True where that holds something up that goes on."""
    found = await settings.get(tx, CLOCK_SEEN)
    seen = None if found is None else int(found)
    stopped = law.jumped(seen, tx.now) and await settlings.hold_trims(tx) > 0
    await settings.put(tx, CLOCK_SEEN, str(tx.now))
    if stopped:
        body = {"hours": (tx.now - (seen or 0)) // law.CLOCK_JUMP}
        await record(tx, await people.instance(tx), "clock_jumped", "cases: a clock jump", {}, body)
    return stopped


async def confirm_clock(tx: Tx, by: int, reason: str) -> int:
    """An admin says that the clock is right, and trims may begin; how many waited. Raises Unprocessable, Forbidden,
    Conflict."""
    if not reason.strip():
        raise Unprocessable("say how you know that the clock is right; it stands on the ledger")
    admin, seat = await people.by_id(tx, by), await seats.read(tx, by)
    if admin is None or seat is None or seat.role not in ("owner", "admin"):
        raise Forbidden("only an owner or admin can say that the clock is right")
    waiting = await settlings.held(tx)
    if not waiting:
        raise Conflict("no trim waits for an admin's word about the clock")
    await settlings.let_trim(tx)
    body = {"why": reason.strip(), "settlings": len(waiting)}
    party = {"by": Party(admin.uri, admin.id)}
    await record(tx, await people.instance(tx), "clock_confirmed", "cases: a clock jump", party, body)
    for account in waiting:
        await ask(tx, account)
    return len(waiting)


async def stop_clock(tx: Tx, account: int) -> None:
    """The account is suspended: no clock runs (docs/law.md, Cases)."""
    going_on = await settlings.open_of(tx, account)
    if going_on is not None:
        await settlings.stop_clock(tx, going_on.id)


async def start_clock(tx: Tx, account: int) -> None:
    """The account is suspended no longer: its stage ends so much later."""
    going_on = await settlings.open_of(tx, account)
    if going_on is not None and going_on.stopped_at is not None:
        await settlings.start_clock(tx, going_on.id)
        await ask(tx, account)


# Appeals


async def appeal_opened(tx: Tx, account: int) -> bool:
    """A trim waits for an open appeal, at most 30 days; False where nothing settles that could wait."""
    await seats.lock(tx, account)
    going_on = await settlings.open_of(tx, account)
    if going_on is None or going_on.stage == "trim" or going_on.appeal_since is not None:
        return False
    await settlings.set_appeal(tx, going_on.id, tx.now)
    await record(tx, account, "trim_waits", "law 4: an open appeal", {}, {"stage": going_on.stage})
    return True


async def appeal_closed(tx: Tx, account: int) -> None:
    """The appeal was answered."""
    await seats.lock(tx, account)
    going_on = await settlings.open_of(tx, account)
    if going_on is not None and going_on.appeal_since is not None:
        await settlings.set_appeal(tx, going_on.id, None)
        await ask(tx, account)


def progress_of(going_on: Settling, *, windowed: bool) -> law.Progress:
    """What the law reads of a settling. `windowed`: a window lowers the account's cap now."""
    return law.Progress(
        stage=going_on.stage,
        cause=going_on.cause,
        until=going_on.until,
        appeal_since=going_on.appeal_since,
        clock_held=going_on.clock_held,
        window=windowed,
    )
