"""What each stage of a settling does (law 4), a page a unit of work: pause, restore, trim, say Reject.

Running any of it twice changes nothing: what is to be done is read from the rows themselves, under the account's lock.
Up to trim everything can be restored and nobody elsewhere is told.
"""

from collections.abc import Sequence

from fedicert.activitypub import build
from fedicert.base.clock import DAY
from fedicert.model.urls import Urls
from fedicert.operations import arrivals, dispatch, jobs, limits_told, notices, seating, settling
from fedicert.operations.ledger import Party, record
from fedicert.operations.settling import LAW_4, numbers
from fedicert.reach import settling as law
from fedicert.store.tables import kept, rejections, seats, settlings, windows
from fedicert.store.tables.kept import Counted
from fedicert.store.tables.seats import Seat
from fedicert.store.tables.settlings import Settling
from fedicert.store.unit import Reader, Tx

PAGE = 200
SAID_AT_ONCE = 50


async def choose(tx: Tx, account: int) -> None:
    """Choose the kept set of throttle anew: cap, pins or the audience may have changed. Nothing in other stages."""
    seat = await seats.lock(tx, account)
    if seat is None:
        return
    rule, window = await settlings.open_of(tx, account), await settlings.window_of(tx, account)
    cap = _served(seat, rule, window)
    if cap is not None and (rule is None or rule.stage != "trim"):
        await kept.choose(tx, account, (await choice(tx, account, cap, split=False)).units)


async def choice(reader: Reader, account: int, cap: int | None, *, split: bool) -> law.Kept:
    """The kept set of a cap as the rows are now. `split`: as at trim."""
    if cap is None:
        return law.Kept((), 0, ())
    return law.keep(await kept.crowd(reader, account, cap, split=split), cap)


def _served(seat: Seat, rule: Settling | None, window: Settling | None) -> int | None:
    """How many get copies while it goes on; None: all. A window's cap is the lower of the two."""
    if window is not None and window.stage == "throttle":
        return seat.limits.cap
    return seat.rule_cap if rule is not None and rule.stage == "throttle" else None


async def deferred_pins(reader: Reader, account: int, chosen: law.Kept) -> list[int]:
    """Whom the owner pinned on servers too large to keep whole; these pins take effect at trim."""
    stuck = {unit.host for unit in chosen.deferred}
    if not stuck:
        return []
    pinned = [follower for follower, _, _ in await kept.pins(reader, account)]
    return [follower for follower in pinned if await kept.host_of(reader, follower) in stuck]


async def settle(tx: Tx, urls: Urls, account: int) -> bool:
    """One unit of an account's settling; True: there is more to do now."""
    seat = await seats.lock(tx, account)
    if seat is None:
        return False
    rule, window = await settlings.open_of(tx, account), await settlings.window_of(tx, account)
    if rule is None and window is None:
        return await _afterwards(tx, seat)
    if seat.closed:
        await _stand_still(tx, seat, rule, window)
        return False
    if rule is not None and rule.stopped_at is not None:
        await settling.start_clock(tx, account)
        return True
    if rule is not None and rule.stage == "trim":
        return await _trim_page(tx, urls, seat, rule)
    if await settling.watch(tx):
        return True
    if settling.over(seat) != (rule is not None, window is not None):
        await settling.look(tx, account)
        return True
    return await _next(tx, seat, rule, window)


async def _next(tx: Tx, seat: Seat, rule: Settling | None, window: Settling | None) -> bool:
    """What the clock says now of what goes on; then whoever is to be paused or restored; then what trim left to say."""
    upcoming = []
    for going_on in (rule, window):
        if going_on is None:
            continue
        then = law.due(settling.progress_of(going_on, windowed=seat.windowed), tx.now)
        if then.next == "throttle":
            await _begin_throttle(tx, seat, going_on)
            return True
        if then.next == "trim":
            await _begin_trim(tx, seat, going_on)
            return True
        upcoming += [] if then.at is None else [then.at]
    if await _serve_page(tx, seat, everybody=_served(seat, rule, window) is None) or await _say_rejects(tx, seat):
        return True
    await _ask_again(tx, seat, upcoming)
    return False


async def _stand_still(tx: Tx, seat: Seat, *both: Settling | None) -> None:
    """A suspended account's clock doesn't run; one that left has nothing to settle."""
    if seat.counts.count == 0:
        for going_on in both:
            if going_on is not None:
                await settlings.end(tx, going_on.id)
        return
    await settling.stop_clock(tx, seat.account)
    await settling.ask(tx, seat.account, tx.now + DAY)


# Throttle


async def _begin_throttle(tx: Tx, seat: Seat, going_on: Settling) -> None:
    by_window = going_on.cause == law.WINDOW
    until = (await windows.until(tx, seat.account) or tx.now) if by_window else tx.now + law.THROTTLE
    await settlings.enter(tx, going_on.id, "throttle", until)
    rule, window = await settlings.open_of(tx, seat.account), await settlings.window_of(tx, seat.account)
    chosen = await choice(tx, seat.account, _served(seat, rule, window), split=False)
    await kept.choose(tx, seat.account, chosen.units)
    cap = seat.limits.cap if by_window else seat.rule_cap
    told = {**numbers(seat, cap), "cause": going_on.cause, "kept": chosen.size, "until": until}
    told["pins_too_large"] = len(chosen.deferred)
    await record(tx, seat.account, "throttle_begun", settling.rule_of(going_on), {}, told)
    stuck = await deferred_pins(tx, seat.account, chosen)
    if by_window:
        await limits_told.window_begun(tx, seat, chosen.size, until, stuck)
    else:
        await limits_told.throttled(tx, settling.by_rule(seat), going_on.cause, chosen.size, until, stuck)


async def _serve_page(tx: Tx, seat: Seat, *, everybody: bool = False) -> bool:
    """Bring a page of rows to what was chosen; False where all are. `everybody`: nobody is to be paused.

    Whoever is too many is paused first: so nobody is looked for among those already paused until that is over, and at no
    moment do more than the cap get copies.
    """
    rows = [] if everybody else await kept.beyond(tx, seat.account, PAGE)
    if rows:
        await _pause(tx, seat, rows)
        return True
    rows = await kept.waiting(tx, seat.account, PAGE, kept_only=not everybody)
    if rows:
        await _restore(tx, seat, rows)
    return bool(rows)


async def _pause(tx: Tx, seat: Seat, rows: Sequence[Counted]) -> None:
    await kept.pause(tx, rows)
    told = {**numbers(seat, seat.limits.cap), "people": len(rows)}
    rule = settling.LAW_9_WINDOW if seat.windowed else LAW_4
    await record(tx, seat.account, "paused", rule, _parties(rows), told)


async def _restore(tx: Tx, seat: Seat, rows: Sequence[Counted]) -> None:
    """They get what is said from now on; people here find the latest in their homes."""
    await kept.restore(tx, rows, await seats.next_admitted_seq(tx, seat.account))
    told = {**numbers(seat, seat.limits.cap), "people": len(rows)}
    await record(tx, seat.account, "restored", LAW_4, _parties(rows), told)
    for row in rows:
        if not row.host:
            await dispatch.catch_up(tx, row.follower, seat.account)


# Trim


async def _begin_trim(tx: Tx, seat: Seat, going_on: Settling) -> None:
    """Commit the kept set, in this one unit: who is kept is admitted, everybody else is paused and will be told.

    From here on hosts with people to be told get copies only within the bound.
    """
    chosen = await choice(tx, seat.account, seat.rule_cap, split=True)
    await kept.choose(tx, seat.account, chosen.units)
    while await _serve_page(tx, seat):
        pass
    await settlings.enter(tx, going_on.id, "trim", tx.now)
    await rejections.write(tx, seat.account)
    await _cut_off(tx, seat)
    told = {**numbers(seat, seat.rule_cap), "cause": going_on.cause, "kept": chosen.size}
    told |= {"trimmed": seat.counts.count - chosen.size, "pins_too_large": len(chosen.deferred)}
    await record(tx, seat.account, "trim_begun", LAW_4, {}, told)
    await limits_told.trimmed(tx, seat, chosen.size)


async def _trim_page(tx: Tx, urls: Urls, seat: Seat, going_on: Settling) -> bool:
    """A page of those who aren't kept is out. Once all are, the first of each host is told, later the rest."""
    rows = await kept.unkept(tx, seat.account, PAGE)
    if rows:
        await kept.trim(tx, seat.account, rows)
        await dispatch.withdraw_all(tx, seat.account, [row.follower for row in rows if row.host])
        told = {**numbers(seat, seat.rule_cap), "people": len(rows)}
        await record(tx, seat.account, "trimmed", LAW_4, _parties(rows), told)
        for row in rows:
            await notices.withdraw(tx, seat.account, row.follower, ("follow", "follow_request"))
            if not row.host:
                await dispatch.part(tx, row.follower, seat.account)
                await seating.owner_follows(tx, urls, row.follower, seat.account, follows_now=False)
        return True
    await settlings.end(tx, going_on.id)
    await kept.forget_choice(tx, seat.account)
    await rejections.schedule(tx, seat.account, tx.now, tx.now + law.THE_REST_AFTER)
    told = {**numbers(seat, seat.rule_cap), "stage": "trim", "cause": going_on.cause}
    await record(tx, seat.account, "settling_ended", LAW_4, {}, told)
    await settling.look(tx, seat.account, going_on.cause)  # the cap may have fallen further meanwhile
    await seating.look_at_lock(tx, seat.account)
    await jobs.enqueue(tx, "release", {"account": seat.account}, key=str(seat.account))
    return True


# Afterwards: restored by a rise, or trimmed


async def _afterwards(tx: Tx, seat: Seat) -> bool:
    if await _serve_page(tx, seat, everybody=True) or await _say_rejects(tx, seat):
        return True
    await _ask_again(tx, seat, [])
    return False


async def _ask_again(tx: Tx, seat: Seat, upcoming: list[int]) -> None:
    """Nothing is due now: say which hosts get no copies, and look again when something falls due."""
    await _cut_off(tx, seat)
    rejects = await rejections.next_due(tx, seat.account)
    moments = upcoming if rejects is None else [*upcoming, rejects]
    if moments:
        await settling.ask(tx, seat.account, min(moments))


async def _say_rejects(tx: Tx, seat: Seat) -> bool:
    """Tell a page of those whose moment has come, each at their own inbox (federation.md §5.2)."""
    rows = await rejections.to_say(tx, seat.account, SAID_AT_ONCE)
    for one in rows:
        await arrivals.rejected(tx, one.follow, one.actor)
        name = f"{seat.uri}#rejects/follows/{tx.new_id()}"
        document = build.reject_follow(name, seat.uri, one.follow, one.actor)
        pair = f"{one.follower}>{seat.account}"
        activity = await dispatch.answer(tx, seat.account, [one.follower], document, pair=pair)
        if activity is None:
            await rejections.confirm(tx, seat.account, one.follower)  # they are gone, and so is their row there
        else:
            await rejections.said(tx, seat.account, one.follower, activity)
    return bool(rows)


async def _cut_off(tx: Tx, seat: Seat) -> None:
    """Say which hosts get no copies, by how many of their people aren't confirmed gone."""
    hosts = await rejections.per_host(tx, seat.account)
    if not hosts:
        return
    cut = law.cut_off({host: rows for host, (rows, _, served) in hosts.items() if served}, seat.limits.cap)
    wanted = {host: host in cut or not served for host, (_, _, served) in hosts.items()}
    await rejections.set_cut_off(tx, seat.account, {host: cut for host, cut in wanted.items() if cut != hosts[host][1]})


def _parties(rows: Sequence[Counted]) -> dict[str, Party]:
    return {f"follower_{number}": Party(row.uri, row.follower) for number, row in enumerate(rows, 1)}


async def software_found(tx: Tx, host: str, software: str, known: bool) -> None:
    """What a host says it runs. `known`: it said something; asked again after a month, else after a day."""
    honours = law.honours_reject(software)
    await kept.put_software(tx, host, software, honours, tx.now if known else tx.now - 29 * DAY)
    if honours:
        for account in await rejections.honoured(tx, host):
            await settling.ask(tx, account)


async def hosts_to_ask(reader: Reader, account: int, count: int) -> list[str]:
    """Hosts whose software is to be looked at before an account's followers there are split."""
    going_on = await settlings.open_of(reader, account)
    if going_on is None or going_on.stage == "trim":
        return []
    return await kept.hosts_to_ask(reader, account, reader.now - 30 * DAY, count)


async def forget_software(tx: Tx, most: int) -> int:
    """Forget what hosts said long ago; how many."""
    return await kept.forget_software(tx, tx.now - 90 * DAY, most)
