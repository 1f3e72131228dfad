"""From a tier to the limits of one account (docs/law.md). Pure."""

from collections.abc import Sequence

from fedicert.model.standing import Boosts, Limits, Standing, TierVisibility, Waived, WhenFull

PERMILLE = 1000


def cap_of(tier_cap: int | None, share: int | None) -> int | None:
    """The follower cap that binds: the lower of the tier's and the account's share of it; None is no limit."""
    if tier_cap is None:
        return share
    return tier_cap if share is None else min(tier_cap, share)


def rule_share(share: int | None, rule_share: int | None, cap: int | None, rule_cap: int | None) -> int | None:
    """The account's share of the rule's cap, while a window lowers that cap; None where the rule has none.

    `share`: of the cap that holds; `rule_share`: what it was when the window began. Where the owner divided anew since,
    the new division is scaled up again.
    """
    if share is None or cap is None or cap == rule_cap:
        return share
    if rule_cap is None:
        return None
    if rule_share is not None and (cap == 0 or share == window_share(rule_share, cap, rule_cap)):
        return rule_share
    return share if cap == 0 else share * rule_cap // cap


def by_rule(parts: Sequence[tuple[int, int | None]], cap: int, rule_cap: int) -> list[int]:
    """`rule_share` of all accounts of one login on a tier, each given as its share and what that was by the rule: never
    more together than the rule's cap. What a window took is given back first; who was given another share since has of
    the rest as much as of the others' shares."""
    found = [rule_share(share, before, cap, rule_cap) or 0 for share, before in parts]
    if sum(found) <= rule_cap:
        return found
    taken = [b is not None and (cap == 0 or share == window_share(b, cap, rule_cap)) for share, b in parts]
    rest = rule_cap - sum(value for value, was in zip(found, taken, strict=True) if was)
    anew = sum(share for (share, _), was in zip(parts, taken, strict=True) if not was)
    return [value if was else rest * share // anew for value, was, (share, _) in zip(found, taken, parts, strict=True)]


def window_share(rule_share: int, cap: int, rule_cap: int | None) -> int:
    """The account's share while a window lowers its tier's cap: the same part of the lower cap, rounded down."""
    return min(rule_share, cap) if not rule_cap else rule_share * cap // rule_cap


def kept_slots(cap: int | None, permille: int) -> int:
    """Slots kept for people the owner follows: floor(share × cap); binds only where there is a cap (docs/law.md)."""
    return 0 if cap is None else cap * permille // PERMILLE


def limits_of(
    *,
    tier: str,
    tier_cap: int | None,
    share: int | None,
    kept_permille: int,
    strangers_per_domain_day: int,
    when_full: WhenFull,
    visibility: TierVisibility,
    boosts: Boosts,
    following: int | None = None,
    strangers: int | None = None,
    answers_per_day: int | None = None,
    waived: Waived | None = None,
    permit_line: bool = False,
    members_timeline: bool = True,
    restored: bool = False,
) -> Limits:
    """The limits of one account on a tier: the one place where they are put together, with what a waiver raises.

    `waived`: a waiver in force at this moment, None without.
    """
    cap = cap_of(tier_cap, share)
    if waived is not None:
        cap = _raised(cap, waived.followers)
        following = _raised(following, waived.following)
        strangers = _raised(strangers, waived.strangers)
        answers_per_day = _raised(answers_per_day, waived.answers)
    return Limits(
        tier=tier,
        cap=cap,
        kept_slots=kept_slots(cap, kept_permille),
        strangers_per_domain_day=0 if cap is None else strangers_per_domain_day,
        when_full=when_full,
        visibility=visibility,
        boosts=boosts,
        following=following,
        strangers=strangers,
        answers_per_day=answers_per_day,
        permit_line=permit_line,
        members_timeline=members_timeline,
        restored=restored,
        waived=waived is not None,
    )


def in_force(waived: Waived, now: int) -> Waived | None:
    """The waiver as far as its end hasn't come, whether or not the job that ends it was there already."""
    return waived if now < waived.until else None


def raised_by(waived: Waived | None, cap: int | None) -> int | None:
    """A follower cap, with what a waiver in force raises it to."""
    return cap if waived is None else _raised(cap, waived.followers)


def _raised(limit: int | None, to: int | None) -> int | None:
    """A waiver only raises."""
    return limit if limit is None or to is None else max(limit, to)


def standing_of(limits: Limits) -> Standing:
    """What of the limits is kept with a post."""
    return Standing(tier=limits.tier, cap=limits.cap, visibility=limits.visibility, boosts=limits.boosts)
