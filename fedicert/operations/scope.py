"""Under which limits a post goes: its author's, or outside the scope of the author's licence the lowest rung's (law 6).

Then it is for the set that throttle would keep, were the lowest rung's cap the author's: chosen once, when the post is
accepted, and written down beside it.
"""

import msgspec

from fedicert.model.permits import Scope
from fedicert.model.standing import Limits, Standing
from fedicert.model.tiers import Tier
from fedicert.operations.tiers import lowest_tier
from fedicert.reach import settling as law
from fedicert.reach.limits import limits_of, standing_of
from fedicert.reach.scope import limits_outside
from fedicert.store.tables import kept, scopes, seats
from fedicert.store.tables.seats import Seat
from fedicert.store.tables.statuses import Post
from fedicert.store.unit import Reader, Tx

Units = frozenset[tuple[str, int]]


class Bounds(msgspec.Struct, frozen=True):
    """What holds for one post. `units`: for whom of the audience it is, (host, 0) or ('', follower); None: all of it."""

    scope: Scope
    limits: Limits
    units: Units | None = None

    @property
    def standing(self) -> Standing:
        """What of it is kept with what is sent."""
        return msgspec.structs.replace(standing_of(self.limits), kept_only=self.units is not None)


async def bounds(reader: Reader, seat: Seat, *, off_duty: bool) -> Bounds:
    """Of a new post by whoever sits there; the caller holds the lock, or only looks."""
    if not off_duty:
        return Bounds("", seat.limits)
    limits = limits_outside(seat.limits, await lowest(reader))
    return Bounds("off_duty", limits, await _kept(reader, seat, limits.cap))


async def bounds_of(reader: Reader, seat: Seat, post: Post) -> Bounds:
    """Of a post that is there: its scope never widens, and whom it is for was decided when it was accepted."""
    if not post.row.scope:
        return Bounds("", seat.limits)
    limits = limits_outside(seat.limits, await lowest(reader))
    return Bounds(post.row.scope, limits, await scopes.units(reader, post.id) if post.kept_only else None)  # type: ignore[arg-type]


async def limits_on(reader: Reader, post: Post) -> Limits | None:
    """The limits that hold for somebody's post now, for what others do with it; None for who is gone."""
    seat = await seats.read(reader, post.author)
    if seat is None or not post.row.scope:
        return None if seat is None else seat.limits
    return limits_outside(seat.limits, await lowest(reader))


async def lowest(reader: Reader) -> Limits:
    """The limits of the lowest rung."""
    return whole_tier(await lowest_tier(reader))


async def write_down(tx: Tx, status: int, found: Bounds) -> None:
    """For whom it is."""
    if found.units is not None:
        await scopes.keep_for(tx, status, sorted(found.units))


def whole_tier(tier: Tier) -> Limits:
    """The limits of a tier whose cap isn't divided."""
    return limits_of(
        tier=tier.name,
        tier_cap=tier.followers,
        share=None,
        kept_permille=tier.kept_permille,
        strangers_per_domain_day=tier.strangers_per_domain_day,
        when_full=tier.when_full,
        visibility=tier.visibility,
        boosts=tier.boosts,
        following=tier.following,
        strangers=tier.strangers,
        answers_per_day=tier.answers_per_day,
        permit_line=tier.permit_line,
        members_timeline=tier.members_timeline,
    )


async def _kept(reader: Reader, seat: Seat, cap: int | None) -> Units | None:
    if cap is None or seat.counts.count <= cap:
        return None
    chosen = law.keep(await kept.crowd(reader, seat.account, cap, split=False), cap)
    return frozenset((unit.host, unit.follower) for unit in chosen.units)
