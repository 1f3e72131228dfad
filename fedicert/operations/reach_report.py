"""What somebody here may and what of it is used, all at once, as their client and their page show it (law 8).

Reads, and decides nothing: every number comes from where the law reads it, by the same functions.
"""

import msgspec

from fedicert.attestations.claims import issuer_name
from fedicert.base.clock import DAY, utc_day
from fedicert.base.errors import NotFound
from fedicert.model.licences import LicenceRow
from fedicert.model.tiers import Tier
from fedicert.operations import limits_told, settling, turnover, waivers
from fedicert.operations.waivers import Waiver
from fedicert.reach import admission
from fedicert.reach import settling as law
from fedicert.reach.strangers import WINDOW
from fedicert.store.tables import addressed, follows, licences, seats, settlings, told
from fedicert.store.tables.addressed import holder_of
from fedicert.store.tables.seats import Seat
from fedicert.store.unit import Reader

DOMAINS = 50


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """A limit: how much of it is used, the most (None: none), and when some of it frees next (ms; None: never)."""

    used: int
    most: int | None
    frees_at: int | None = None


class DomainDay(msgspec.Struct, frozen=True):
    """A registrable domain, and how many of it were admitted today without the owner's word."""

    domain: str
    admitted: int


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A settling that goes on. `until`: the end of its stage; `trims_at`: when a trim would begin, were nothing to change.

    `waits`: `suspended`, `clock`, `appeal` or ''.
    """

    stage: str
    cause: str
    begun_at: int
    until: int
    trims_at: int | None
    waits: str


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A licence of the person, brought in and not ended."""

    number: int
    what: str
    issuer: str
    outcome: str
    shown: bool
    tier: str
    ends_at: int | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `free`: slots; `free_for_others`: of them, those not kept for people the owner follows; None: no cap.

    `unconfirmed`: trimmed followers who aren't confirmed gone at servers that get copies. `waivers`: in force; what they
    raise is in the other numbers already.
    """

    seat: Seat
    free: int | None
    free_for_others: int | None
    holds_newcomers: bool
    line_most: int | None
    domain_days: list[DomainDay]
    refills: Used
    following: Used
    strangers: Used
    answers: Used
    settling: Stage | None
    unconfirmed: int
    licences: list[Held]
    waivers: list[Waiver]
    next: Tier | None


async def report(reader: Reader, account: int) -> Report:
    """Everything for one person here. Raises NotFound."""
    seat = await seats.read(reader, account)
    if seat is None:
        raise NotFound
    limits, counts = seat.limits, seat.counts
    free = None if limits.cap is None else max(limits.cap - counts.count, 0)
    others = None if limits.cap is None else max(limits.cap - limits.kept_slots - counts.others, 0)
    return Report(
        seat=seat,
        free=free,
        free_for_others=None if free is None or others is None else min(free, others),
        holds_newcomers=seat.locked or admission.holds_newcomers(counts, limits),
        line_most=None if limits.cap is None else admission.LINE_PER_CAP * limits.cap,
        domain_days=[
            DomainDay(domain, admitted)
            for domain, admitted in await follows.domains_today(reader, account, utc_day(reader.now), DOMAINS)
        ],
        refills=await _refills(reader, account),
        following=Used(used=await follows.count_followed(reader, account), most=limits.following),
        **await _addressing(reader, seat),
        settling=await _stage(reader, account),
        unconfirmed=await settling.reach_bound(reader, account),
        licences=[_held(row) for row in await licences.of_account(reader, account)],
        waivers=await waivers.in_force(reader, account),
        next=await limits_told.next_rung(reader, limits.tier),
    )


async def _refills(reader: Reader, account: int) -> Used:
    """Slots that the owner freed and that were filled again within 30 days (law 1)."""
    found = await turnover.state(reader, account)
    return Used(used=found.used, most=found.limit or None, frees_at=found.frees_at)


async def _addressing(reader: Reader, seat: Seat) -> dict[str, Used]:
    used = await addressed.used(reader, seat.account, holder_of(seat.login, seat.account))
    oldest = min((at for at, _ in used.strangers), default=None)
    tomorrow = (utc_day(reader.now) + 1) * DAY
    return {
        "strangers": Used(
            used=sum(cost for _, cost in used.strangers),
            most=seat.limits.strangers,
            frees_at=None if oldest is None else oldest + WINDOW,
        ),
        "answers": Used(
            used=used.answers, most=seat.limits.answers_per_day, frees_at=tomorrow if used.answers else None
        ),
    }


async def _stage(reader: Reader, account: int) -> Stage | None:
    found = await settlings.open_of(reader, account)
    if found is None:
        return None
    waits = "suspended" if found.stopped_at is not None else "clock" if found.clock_held else ""
    if found.appeal_since is not None and reader.now < found.appeal_since + law.APPEAL_AT_MOST:
        waits = waits or "appeal"
    trims_at = {"grace": found.until + law.THROTTLE, "throttle": found.until}.get(found.stage)
    return Stage(
        stage=found.stage,
        cause=found.cause,
        begun_at=found.begun_at,
        until=found.until,
        trims_at=None if found.cause == law.WINDOW else trims_at,
        waits=waits,
    )


def _held(row: LicenceRow) -> Held:
    return Held(
        number=row.number,
        what=told.what_of(row),
        issuer=issuer_name(row),
        outcome=row.outcome,
        shown=row.shown,
        tier=row.entry.tier if row.entry is not None and row.outcome == "trusted" else "",
        ends_at=None if row.said is None else row.said.valid_until,
    )
