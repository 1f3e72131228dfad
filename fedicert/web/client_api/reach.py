"""What one may, and what of it is used. An addition of ours; the shape stands in `mastodon/reach.py`."""

from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.reach import (
    FollowersEntity,
    HeldLicenceEntity,
    NextTierEntity,
    ReachEntity,
    SettlingEntity,
    TierEntity,
    UsedEntity,
    WaiverEntity,
    day_of,
    used,
)
from fedicert.model.tiers import Tier
from fedicert.operations import reach_report
from fedicert.operations.reach_report import Held, Report, Stage, Used
from fedicert.operations.waivers import Waiver
from fedicert.reach.visibility import default_that_holds
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/fedicert/v1/reach", scope="read:accounts", hop=True)
async def reach(call: Call) -> Answer:
    """One's own tier, audience and line, what is used of each limit and when it frees, and the way up."""
    found = await call.read(reach_report.report)
    return Answer(entity(found, f"{call.deps.urls.base}/settings/reach"))


def entity(found: Report, page: str) -> ReachEntity:
    """A report as it is given out."""
    limits, counts = found.seat.limits, found.seat.counts
    held = default_that_holds(found.seat.default_visibility, limits.visibility)  # type: ignore[arg-type]
    return ReachEntity(
        tier=TierEntity(name=limits.tier, visibility=limits.visibility, default_visibility=held, boosts=limits.boosts),
        followers=FollowersEntity(
            count=counts.count,
            audience=counts.admitted,
            paused=counts.paused,
            cap=limits.cap,
            kept=limits.kept_slots,
            free=found.free,
            free_for_others=found.free_for_others,
            held=counts.held,
            requested=counts.requested,
            line_limit=found.line_most,
            to_pick=counts.reserved,
            holds_newcomers=found.holds_newcomers,
            unconfirmed=found.unconfirmed,
        ),
        domains_today=day_of(
            limits.strangers_per_domain_day, [(one.domain, one.admitted) for one in found.domain_days]
        ),
        refills=_used(found.refills),
        following=_used(found.following),
        strangers=_used(found.strangers),
        answers=_used(found.answers),
        settling=None if found.settling is None else _stage(found.settling),
        licences=[_licence(one) for one in found.licences],
        waivers=[_waiver(one) for one in found.waivers],
        next=None if found.next is None else _tier(found.next),
        page=page,
    )


def _used(one: Used) -> UsedEntity:
    return used(one.used, one.most, one.frees_at)


def _stage(one: Stage) -> SettlingEntity:
    return SettlingEntity(
        stage=one.stage,
        cause=one.cause,
        begun_at=timestamp(one.begun_at),
        until=timestamp(one.until),
        trims_at=None if one.trims_at is None else timestamp(one.trims_at),
        waits=one.waits,
    )


def _licence(one: Held) -> HeldLicenceEntity:
    return HeldLicenceEntity(
        id=str(one.number),
        what=one.what,
        issuer=one.issuer,
        verdict=one.outcome,
        shown=one.shown,
        tier=one.tier or None,
        ends_at=None if one.ends_at is None else timestamp(one.ends_at),
    )


def _waiver(one: Waiver) -> WaiverEntity:
    return WaiverEntity(
        id=str(one.id),
        limits=one.limits,
        reason=one.reason,
        given_by=one.decided_name,
        until=timestamp(one.until or 0),
    )


def _tier(tier: Tier) -> NextTierEntity:
    return NextTierEntity(
        name=tier.name,
        enter=list(tier.enter),
        followers=tier.followers,
        following=tier.following,
        strangers=tier.strangers,
        answers_per_day=tier.answers_per_day,
        visibility=tier.visibility,
        boosts=tier.boosts,
    )
