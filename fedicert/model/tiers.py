"""The rungs of the ladder: what a tier is, which words and numbers it may have, and when a ladder holds together.

The admin's words (`config.toml`, `fedicert tier set`) are read here, so that the file and the command accept the same
things. Nothing here knows where a ladder is kept, and no code ever compares a tier's name with a fixed one.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import msgspec

from fedicert.model.standing import Boosts, TierVisibility, WhenFull

Enter = Literal["signup", "examination", "licence", "registration"]

ENTER: tuple[Enter, ...] = ("signup", "examination", "licence", "registration")
VISIBILITY: tuple[TierVisibility, ...] = ("listed", "unlisted", "followers")
BOOSTS: tuple[Boosts, ...] = ("audience", "anyone")
WHEN_FULL: tuple[WhenFull, ...] = ("hold", "reject")

FLAGS = ("permit_line", "members_timeline")
"""What is true or false of a tier."""

LIMITS = ("followers", "following", "strangers", "answers_per_day")
"""The caps, which never fall as one climbs; None is 'none'."""

KEYS = (
    "name",
    "enter",
    *LIMITS,
    "visibility",
    "boosts",
    "kept_for_followed",
    "strangers_per_domain_day",
    "when_full",
    "permit_line",
    "members_timeline",
)
"""The words of an entry, in the order in which they are shown."""

NOT_OFFERED: tuple[Enter, ...] = ("examination", "registration")
"""Ways in that a ladder may name and this version doesn't have. Said wherever somebody is shown the way up."""

LARGEST = 1_000_000_000
_NAME = re.compile(r"[a-z0-9_-]{1,40}")


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """A rung. Limits count people (`strangers` in 30 days, `answers_per_day` in a UTC day); None: no limit.

    `enter`: what is demanded of whoever stands here, all of it.
    `kept_permille`: how many thousandths of the slots are kept for people whom the owner follows.
    `strangers_per_domain_day`: 0 is no limit. `permit_line`: a short visible line stands under posts that carry a permit.
    `members_timeline`: what the tier keeps unlisted still stands in the local timeline of signed-in members.
    `id` and `version` are the store's and 0 in a configuration.
    """

    name: str
    enter: tuple[Enter, ...]
    followers: int | None
    following: int | None
    strangers: int | None
    answers_per_day: int | None
    visibility: TierVisibility
    boosts: Boosts
    kept_permille: int = 200
    strangers_per_domain_day: int = 10
    when_full: WhenFull = "hold"
    permit_line: bool = False
    members_timeline: bool = True
    id: int = 0
    position: int = 0
    version: int = 0

    @property
    def kept_for_followed(self) -> float:
        """The share of the slots kept for people whom the owner follows, 0 to 1."""
        return self.kept_permille / 1000


class TierFault(ValueError):
    """What is wrong with an entry: the key, and a sentence that says why and what to write."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


DEFAULT_LADDER: tuple[Tier, ...] = (
    Tier(
        name="personal",
        enter=("signup",),
        followers=150,
        following=1_500,
        strangers=30,
        answers_per_day=60,
        visibility="unlisted",
        boosts="audience",
    ),
    Tier(
        name="trained",
        enter=("examination",),
        followers=1_500,
        following=5_000,
        strangers=150,
        answers_per_day=200,
        visibility="listed",
        boosts="anyone",
        position=1,
    ),
    Tier(
        name="professional",
        enter=("licence",),
        followers=None,
        following=None,
        strangers=1_000,
        answers_per_day=None,
        visibility="listed",
        boosts="anyone",
        permit_line=True,
        position=2,
    ),
)
"""The ladder of an instance whose admin wrote none."""


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """' Did you mean "…"?' for the nearest known word; '' where none is near."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f' Did you mean "{near[0]}"?' if near else ""


def read_tier(entry: Mapping[str, Any], position: int) -> Tier:
    """One entry, with the admin's words and values. Raises TierFault naming the key."""
    for key in entry:
        if key not in KEYS:
            raise _unknown(key)
    for key in KEYS[: KEYS.index("kept_for_followed")]:
        if key not in entry:
            raise TierFault(key, "every tier says this; it is missing here")
    return Tier(**{_field(key): read_value(key, value) for key, value in entry.items()}, position=position)


def changed(tier: Tier, changes: Mapping[str, Any]) -> Tier:
    """The tier with some keys changed, in the admin's words and values. Raises TierFault."""
    fields: dict[str, Any] = {}
    for key, value in changes.items():
        if key not in KEYS:
            raise _unknown(key)
        fields[_field(key)] = read_value(key, value)
    return msgspec.structs.replace(tier, **fields)


def read_value(key: str, value: object) -> Any:
    """One value as the struct holds it, from TOML or JSON, or from the text of a command. Raises TierFault."""
    if key == "name":
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            raise TierFault(key, "a tier's name has 1 to 40 of a-z, 0-9, _ and -")
        return value
    if key == "enter":
        return _read_enter(value)
    if key in LIMITS:
        return None if value == "none" else _read_count(key, value, ' or "none"')
    if key == "strangers_per_domain_day":
        return _read_count(key, value, " (0 is no limit)")
    if key == "kept_for_followed":
        return _read_share(key, value)
    if key in FLAGS:
        return _read_flag(key, value)
    return _choice(key, value, {"visibility": VISIBILITY, "boosts": BOOSTS, "when_full": WHEN_FULL}[key])


def shown_value(tier: Tier, key: str) -> str:
    """A value as a command takes it and a table shows it."""
    value = getattr(tier, key)
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def shown(tier: Tier) -> dict[str, str]:
    """The whole entry as it is shown: key → value."""
    return {key: shown_value(tier, key) for key in KEYS}


def check_ladder(tiers: Sequence[Tier]) -> None:
    """Does the ladder hold together? Raises TierFault, its key `tier` or `tier.NAME.KEY`."""
    if not tiers:
        raise TierFault("tier", "a ladder has at least one tier")
    names: set[str] = set()
    for tier in tiers:
        if tier.name in names:
            raise TierFault(f"tier.{tier.name}.name", "two tiers have this name; each needs its own")
        names.add(tier.name)
    _check_ways_in(tiers)
    for lower, higher in pairwise(tiers):
        for key in LIMITS:
            below, above = getattr(lower, key), getattr(higher, key)
            if above is not None and (below is None or above < below):
                raise TierFault(
                    f"tier.{higher.name}.{key}",
                    f"{above} is less than what {lower.name} below it has "
                    f"({shown_value(lower, key)}); limits never fall as one climbs",
                )


def _check_ways_in(tiers: Sequence[Tier]) -> None:
    """Each word of `enter` is demanded: people start by signing up, and nobody climbs by it."""
    lowest = tiers[0]
    if lowest.enter != ("signup",):
        said = "has to list" if "signup" not in lowest.enter else "can demand nothing besides"
        raise TierFault(f"tier.{lowest.name}.enter", f'the lowest tier is where people start: it {said} "signup"')
    for tier in tiers[1:]:
        if "signup" in tier.enter and len(tier.enter) > 1:
            others = ", ".join(word for word in tier.enter if word != "signup")
            raise TierFault(
                f"tier.{tier.name}.enter",
                'every word there is demanded, and whoever stands on the ladder has signed up: leave "signup" out and '
                f"write what this tier demands ({others}). There is no either-or: that takes a tier for each way",
            )


def _read_flag(key: str, value: object) -> bool:
    found = {"true": True, "false": False}.get(value) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise TierFault(key, "this is true or false")
    return found


def _unknown(key: str) -> TierFault:
    near = did_you_mean(key, KEYS)
    known = f"; there are {', '.join(KEYS)}"
    return TierFault(key, f"there is no such key in a tier{'.' + near if near else known}")


def _field(key: str) -> str:
    return "kept_permille" if key == "kept_for_followed" else key


def _read_count(key: str, value: object, other: str) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise TierFault(key, f"{value!r} isn't a whole number from 0 to {LARGEST}{other}")
    return value


def _read_share(key: str, value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"[01](\.[0-9]{1,6})?", value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise TierFault(key, f"{value!r} isn't a share from 0 to 1, such as 0.2 for a fifth")
    return round(value * 1000)


def _read_enter(value: object) -> tuple[Enter, ...]:
    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not words:
        raise TierFault("enter", f"{value!r} isn't a list of {', '.join(ENTER)}")
    read: list[Enter] = []
    for word in words:
        known = _choice("enter", word, ENTER)
        if known in read:
            raise TierFault("enter", f'"{known}" stands there twice')
        read.append(known)
    return tuple(read)


def _choice(key: str, value: object, known: Sequence[Any]) -> Any:
    if value in known:
        return value
    near = did_you_mean(value, known) if isinstance(value, str) else ""
    raise TierFault(key, f"{value!r} isn't one of {', '.join(known)}.{near}")
