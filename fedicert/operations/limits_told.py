"""What the limits account says, and when: one function for each thing that befalls a person by their limits (law 8).

`telling` says it. That something is to be said of an audience is seen by arithmetic on the counts that whoever changes them
has in hand under the lock; the message itself is a job's.
"""

from collections.abc import Mapping, Sequence

import msgspec

from fedicert.base.clock import DAY, utc_day
from fedicert.model.standing import Counts
from fedicert.model.tiers import NOT_OFFERED, Tier
from fedicert.operations import jobs
from fedicert.operations.telling import NAMED, tell
from fedicert.reach import telling as law
from fedicert.reach.settling import is_over
from fedicert.reach.strangers import Refusal, Verdict, moment
from fedicert.store.tables import seats, tiers, told
from fedicert.store.tables.people import Person
from fedicert.store.tables.seats import Seat
from fedicert.store.unit import Reader, Tx
from fedicert.text.licences import day
from fedicert.text.told import TEXTS, Words

Values = Mapping[str, str | int]

PAGE = 100
WEEK = 7


# The audience


async def watch(tx: Tx, seat: Seat, counts: Counts) -> None:
    """The counts are so now: has their owner to hear of it? No statement unless they have."""
    level = law.level(counts, seat.limits, seat.told_reach)
    if level != seat.told_reach:
        due = tx.now + law.told_after(level)
        await jobs.enqueue(tx, "tell_reach", {"account": seat.account}, key=str(seat.account), due=due)


async def reach(tx: Tx, account: int) -> None:
    """Tell an owner how full their audience is, where they don't know yet, and remember what they know."""
    seat = await seats.lock(tx, account)
    if seat is None or seat.closed:
        return
    level = law.level(seat.counts, seat.limits, seat.told_reach)
    if level == seat.told_reach:
        return
    await seats.set_told_reach(tx, account, level)
    if level < seat.told_reach or is_over(seat.counts, seat.limits):
        return
    held = seat.counts.held
    kind = {law.NEAR: "near", law.KEPT: "kept", law.FULL: "full", law.WAITING: "full_waiting"}[level]
    values = {"count": seat.counts.count, "cap": seat.limits.cap or 0, "waiting": held, **await way_up(tx, seat)}
    names = await told.first_waiting(tx, account, NAMED) if held else []
    await tell(tx, account, kind, once=f"{kind}:{seat.limits.cap}:{utc_day(tx.now)}", values=values, names=names)


async def way_up(reader: Reader, seat: Seat) -> dict[str, str | int]:
    """The next tier and how one gets there, for a message's `{rise}`."""
    next_tier = await next_rung(reader, seat.limits.tier)
    if next_tier is None:
        return {"rise": Words("rise_none")}
    values: dict[str, str | int] = {"next": next_tier.name, "how": how(next_tier)}
    if next_tier.followers is None:
        return {**values, "rise": Words("rise_unlimited")}
    return {**values, "next_cap": next_tier.followers, "rise": Words("rise")}


async def next_rung(reader: Reader, name: str) -> Tier | None:
    """The next tier above the one of this name that one can enter here; if there is none, the next. None at the top."""
    ladder = await tiers.ladder(reader)
    here = next((at for at, tier in enumerate(ladder) if tier.name == name), len(ladder))
    above = ladder[here + 1 :]
    return next((tier for tier in above if not set(NOT_OFFERED) & set(tier.enter)), above[0] if above else None)


def how(tier: Tier) -> Words:
    """How one enters a tier, in words."""
    return Words(" and ".join(f"how_{way}" for way in tier.enter))


async def left_line(tx: Tx, person: Person, owner: Person, kind: str) -> None:
    """Somebody here who waited for a place waits no longer (`lapsed`, `gave_way`), or found no line (`none`)."""
    if person.local:
        await tell(tx, person.id, f"line_{kind}", once=f"line_{kind}:{owner.id}:{utc_day(tx.now)}", names=[owner.id])


# Settling


async def grace_begun(tx: Tx, seat: Seat, cause: str, until: int) -> None:
    """An audience is above its cap, and keeps its copies until a moment (ms). Owners and admins hear of it too."""
    values = {**_numbers(seat), "cause": cause_words(cause), "until": day(until)}
    await tell(tx, seat.account, "grace", once=f"grace:{tx.now}", values=values)
    if cause == "cap_lowered":
        return  # an admin's own act, who saw in the forecast whom it touches
    for admin in await told.staff(tx):
        if admin != seat.account:
            once = f"grace:{seat.account}:{tx.now}"
            await tell(tx, admin, "grace_staff", once=once, values=values, names=[seat.account])


async def throttled(tx: Tx, seat: Seat, cause: str, kept: int, until: int, deferred: Sequence[int]) -> None:
    """Copies go to the kept set alone. `deferred`: whose pins wait, because too many follow from their server."""
    values = {**_numbers(seat), "cause": cause_words(cause), "kept": kept, "until": day(until)}
    await tell(tx, seat.account, "throttle", once=f"throttle:{tx.now}", values=values)
    if deferred:
        await tell(tx, seat.account, "pins_too_large", once=f"pins:{tx.now}", names=deferred)


async def window_begun(tx: Tx, seat: Seat, kept: int, until: int, deferred: Sequence[int]) -> None:
    """A window lowers the cap up to a moment (ms): copies go to the kept set alone, and nobody is let go of."""
    values = {**_numbers(seat), "kept": kept, "until": day(until)}
    await tell(tx, seat.account, "window", once=f"window:{tx.now}", values=values)
    if deferred:
        await tell(tx, seat.account, "window_pins", once=f"window_pins:{tx.now}", names=deferred)


async def window_over(tx: Tx, seat: Seat) -> None:
    """The window lowers nothing any longer, or the audience fits."""
    await tell(tx, seat.account, "window_over", once=f"window_over:{tx.now}", values=_numbers(seat))


async def trimmed(tx: Tx, seat: Seat, kept: int) -> None:
    """Who isn't kept is let go of."""
    values = {**_numbers(seat), "kept": kept, "trimmed": seat.counts.count - kept}
    await tell(tx, seat.account, "trim", once=f"trim:{tx.now}", values=values)


async def restored(tx: Tx, seat: Seat) -> None:
    """The audience fits under its cap again before anybody was let go of."""
    await tell(tx, seat.account, "restored", once=f"restored:{tx.now}", values=_numbers(seat))


async def rung_changed(tx: Tx, account: int, tier: str, cause: str, *, up: bool) -> None:
    """Somebody stands on another tier."""
    kind = "rung_up" if up else "rung_down"
    values: Values = {"tier": tier, "cause": cause_words(cause)}
    await tell(tx, account, kind, once=f"rung:{tier}:{tx.now}", values=values)


def cause_words(cause: str, otherwise: str = "cause_other") -> Words:
    """Why, in words."""
    kind = f"cause_{cause}"
    return Words(kind if kind in TEXTS else otherwise)


# Limits used, and what was refused


async def refused(tx: Tx, account: int, refusal: Refusal) -> None:
    """Something wasn't done because of a limit; each kind is said once a day."""
    frees: Words = Words("frees_never" if refusal.frees_at is None else "frees_at")
    values: dict[str, str | int] = {
        "tier": refusal.tier,
        "most": refusal.most,
        "used": refusal.used,
        "wants": refusal.wants,
        "people": ", ".join(f"@{handle}" for handle in refusal.people[:NAMED]),
        "frees": frees,
        "at": "" if refusal.frees_at is None else moment(refusal.frees_at),
    }
    kind = f"refused_{refusal.limit}"
    await tell(tx, account, kind, once=f"{kind}:{utc_day(tx.now)}", values=values)


async def strangers_used(tx: Tx, seat: Seat, verdict: Verdict, frees_at: int | None) -> None:
    """Most of the strangers are used now, or all; each is said once a week."""
    crossed = law.crossed(verdict.strangers_used, verdict.strangers, seat.limits.strangers)
    if crossed == law.NOTHING:
        return
    kind = "strangers_used_up" if crossed == law.FULL else "strangers_near"
    values: Values = {
        "tier": seat.limits.tier,
        "most": seat.limits.strangers or 0,
        "used": verdict.strangers_used + verdict.strangers,
        "at": "" if frees_at is None else moment(frees_at),
    }
    await tell(tx, seat.account, kind, once=f"{kind}:{utc_day(tx.now) // WEEK}", values=values)


# Licences


async def remind(tx: Tx, after: int) -> int | None:
    """Remind a page of people of licences that end within 60, 30, 7 or 1 days; where to go on, None: that was all."""
    page, goes_on = await told.ending(tx, after, PAGE)
    for one in page:
        left = -(-(one.ends_at - tx.now) // DAY)
        mark = law.reminder(left)
        if mark is not None:
            values: Values = {"licence": one.what, "until": day(one.ends_at), "days": left}
            await tell(tx, one.account, "licence_ending", once=f"ending:{one.id}:{one.ends_at}:{mark}", values=values)
    return goes_on


async def licence_ended(tx: Tx, account: int, licence: int, what: str, cause: str) -> None:
    """A licence that was shown is over, not by its holder's own act."""
    values: Values = {"licence": what, "cause": cause_words(cause, "cause_invalid")}
    await tell(tx, account, "licence_ended", once=f"ended:{licence}", values=values)


def _numbers(seat: Seat) -> dict[str, str | int]:
    cap = seat.limits.cap
    return {"tier": seat.limits.tier, "count": seat.counts.count, "cap": "–" if cap is None else cap}


def counted_in(counts: Counts, *, admitted: int = 0, paused: int = 0, held: int = 0, kept: int = 0) -> Counts:
    """The counts after a change that their triggers make."""
    return msgspec.structs.replace(
        counts,
        admitted=max(counts.admitted + admitted, 0),
        paused=max(counts.paused + paused, 0),
        held=max(counts.held + held, 0),
        kept_used=max(counts.kept_used + kept, 0),
    )
