"""How far a tier lets a post be seen (law 5). Pure.

A rung says how its public posts federate. A post never becomes more visible than its author asked for.
"""

from typing import Literal

from fedicert.model.standing import Boosts, TierVisibility

Visibility = Literal["public", "unlisted", "private", "direct"]

_WIDEST: dict[TierVisibility, Visibility] = {"listed": "public", "unlisted": "unlisted", "followers": "private"}
_ORDER: tuple[Visibility, ...] = ("public", "unlisted", "private", "direct")


def widest(tier: TierVisibility) -> Visibility:
    """The most visible post of a tier; also the default given to its clients."""
    return _WIDEST[tier]


def visibility_that_holds(asked: Visibility, tier: TierVisibility) -> Visibility:
    """What a post asked for as `asked` becomes; the returned status shows it, so there is no silent difference."""
    return _ORDER[max(_ORDER.index(asked), _ORDER.index(widest(tier)))]


def default_that_holds(chosen: Visibility | None, tier: TierVisibility) -> Visibility:
    """The default visibility given to clients: what its owner chose, else the tier's, and never wider than that."""
    return widest(tier) if chosen is None else visibility_that_holds(chosen, tier)


def quoting_that_holds(chosen: str, boosts: Boosts) -> str:
    """Who may quote by default, as it is given to clients; '': its owner chose nothing."""
    return "followers" if boosts != "anyone" and chosen in ("", "public") else chosen or "public"


def enters_public_timelines(visibility: Visibility) -> bool:
    """Public, tag and trend timelines and search take public posts alone."""
    return visibility == "public"


def may_be_boosted(visibility: Visibility, *, own: bool) -> bool:
    """A boost must not widen: public and unlisted posts, and one's own for followers."""
    return visibility in ("public", "unlisted") or (own and visibility == "private")
