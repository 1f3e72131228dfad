"""What people see of a settling before and while it goes on, and whom they pin: the kept set is theirs to steer (law 4)."""

import msgspec

from fedicert.base.errors import NotFound, Unprocessable
from fedicert.operations import people as directory
from fedicert.operations import settling, trimming
from fedicert.reach import settling as law
from fedicert.store.tables import follows, kept, people, rejections, seats, settlings
from fedicert.store.tables.people import Person
from fedicert.store.unit import Reader, Tx

SHOWN = 100
MOST_PINS = 1_000


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A settling that goes on. Times in ms; `waits`: `appeal`, `clock`, `suspended`, `window` or ''.

    `unconfirmed`: trimmed rows at servers that still get copies, which aren't confirmed gone.
    """

    account: str
    stage: str
    cause: str
    begun_at: int
    until: int
    cap: int | None
    count: int
    paused: int
    unconfirmed: int
    waits: str


class KeptHost(msgspec.Struct, frozen=True):
    """A server that is kept whole, and how many followers that is."""

    host: str
    people: int


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """The kept set as it would be at throttle or at trim, were it now.

    `people`: those kept one by one, and `hosts`: whole servers, both in the order of keeping, the first hundred of each.
    `too_large`: pinned people on servers too large to keep whole; their pins take effect at trim.
    """

    account: str
    stage: str
    cap: int | None
    count: int
    kept: int
    people: list[str]
    hosts: list[KeptHost]
    pins: list[str]
    too_large: list[str]


class Overview(msgspec.Struct, frozen=True):
    """What settles here. `reach_bound`: over all accounts, those that trim left behind included."""

    settlings: list[Standing]
    reach_bound: int


async def status(reader: Reader, name: str) -> Overview:
    """Every settling here, or the one of a person of this server. Raises NotFound."""
    if name:
        person = await directory.find(reader, name)
        both = (await settlings.open_of(reader, person.id), await settlings.window_of(reader, person.id))
        going_on = [found for found in both if found is not None]
        bound = await settling.reach_bound(reader, person.id)
    else:
        going_on = await settlings.all_open(reader, SHOWN)
        bound = await settling.reach_bound(reader)
    standings = []
    for one in going_on:
        seat = await seats.read(reader, one.account)
        assert seat is not None
        waits = "suspended" if one.stopped_at is not None else "clock" if one.clock_held else ""
        waits = waits or ("window" if seat.windowed and one.cause != law.WINDOW else "")
        if one.appeal_since is not None and reader.now < one.appeal_since + law.APPEAL_AT_MOST:
            waits = waits or "appeal"
        standings.append(
            Standing(
                account=seat.username,
                stage=one.stage,
                cause=one.cause,
                begun_at=one.begun_at,
                until=one.until,
                cap=seat.limits.cap if one.cause == law.WINDOW else seat.rule_cap,
                count=seat.counts.count,
                paused=seat.counts.paused,
                unconfirmed=await rejections.bound(reader, one.account),
                waits=waits,
            )
        )
    return Overview(standings, bound)


async def preview(reader: Reader, account: int, stage: str) -> Preview:
    """Who would be kept at `throttle`, by the cap that holds now, or at `trim`, by the rule's: a window trims nobody.

    Raises NotFound, Unprocessable.
    """
    if stage not in ("throttle", "trim"):
        raise Unprocessable("a preview is of throttle or of trim")
    seat = await seats.read(reader, account)
    if seat is None:
        raise NotFound
    cap = seat.rule_cap if stage == "trim" else seat.limits.cap
    chosen = await trimming.choice(reader, account, cap, split=stage == "trim")
    single = [unit.follower for unit in chosen.units if unit.follower]
    whole = [KeptHost(unit.host, unit.size) for unit in chosen.units if not unit.follower]
    pins = await kept.pins(reader, account)
    stuck = {unit.host for unit in chosen.deferred}
    named = await kept.names(reader, single[:SHOWN])
    return Preview(
        account=seat.username,
        stage=stage,
        cap=cap,
        count=seat.counts.count,
        kept=seat.counts.count if cap is None else chosen.size,
        people=[named[follower] for follower in single[:SHOWN]],
        hosts=whole[:SHOWN],
        pins=[_called(name, domain) for _, name, domain in pins],
        too_large=[
            _called(name, domain)
            for follower, name, domain in pins
            if stuck and await kept.host_of(reader, follower) in stuck
        ],
    )


async def pinned(reader: Reader, account: int) -> list[str]:
    """Whom an account pinned, in order; without looking at its audience."""
    return [_called(name, domain) for _, name, domain in await kept.pins(reader, account)]


async def pin(tx: Tx, account: int, follower: int, place: int | None = None) -> list[str]:
    """Keep a follower before others; at a place (from 1) among the pins, the last if none is said. All pins, in order.

    Raises Unprocessable where it isn't a follower.
    """
    await seats.lock(tx, account)
    row = await follows.between(tx, follower, account)
    if row is None or row.state not in ("admitted", "paused"):
        raise Unprocessable("only somebody who follows, and counts, can be pinned")
    order = [one for one, _, _ in await kept.pins(tx, account) if one != follower]
    if len(order) >= MOST_PINS:
        raise Unprocessable(f"there are {MOST_PINS} pins already; take one away first")
    order.insert(len(order) if place is None else max(0, place - 1), follower)
    return await _put(tx, account, order)


async def unpin(tx: Tx, account: int, follower: int) -> list[str]:
    """No longer keep somebody before others; the pins that are left, in order. Raises NotFound."""
    await seats.lock(tx, account)
    order = [one for one, _, _ in await kept.pins(tx, account)]
    if follower not in order:
        raise NotFound("this person isn't pinned")
    order.remove(follower)
    return await _put(tx, account, order)


async def _put(tx: Tx, account: int, order: list[int]) -> list[str]:
    await kept.set_pins(tx, account, order)
    if await settlings.open_of(tx, account) is not None or await settlings.window_of(tx, account) is not None:
        await settling.ask(tx, account)
    return await pinned(tx, account)


async def somebody(reader: Reader, acct: str) -> Person:
    """A person here (`name`) or elsewhere (`name@domain`), as clients write it. Raises NotFound."""
    name, _, domain = acct.removeprefix("@").partition("@")
    found = await people.by_handle(reader, name, domain)
    if found is None:
        raise NotFound(f"nobody called {acct} is known here")
    return found


def _called(name: str, domain: str) -> str:
    return f"{name}@{domain}" if domain else name
