"""The words in which a changed rule is told to everybody, and a forecast to those who decide. Plain text. Pure."""

import datetime
from collections.abc import Mapping, Sequence

from fedicert.text.counted import counted

_KEYS = {
    "followers": "followers",
    "following": "people followed",
    "strangers": "strangers addressed in 30 days",
    "answers_per_day": "answers outside the audience a day",
    "visibility": "public posts",
    "boosts": "boosts and quotes by",
    "kept_for_followed": "share of slots kept for people one follows",
    "strangers_per_domain_day": "new followers from one domain a day",
    "when_full": "when full",
    "permit_line": "a visible line under posts with a permit",
    "members_timeline": "unlisted posts in members' local timeline",
    "enter": "how one gets there",
    "name": "name",
    "place": "place",
}


def read_moment(text: str) -> int:
    """A moment (ms) as people write it: `2026-12-01`, `2026-12-01 08:00`; in UTC without an offset. Raises ValueError."""
    try:
        read = datetime.datetime.fromisoformat(text.strip().removesuffix("UTC").strip())
    except ValueError:
        raise ValueError(f"{text!r} isn't a moment; write it as in 2026-12-01 or 2026-12-01T08:00 (UTC)") from None
    return int((read if read.tzinfo else read.replace(tzinfo=datetime.UTC)).timestamp() * 1000)


def moment(at: int) -> str:
    """A moment (ms) for people: `2026-11-22 08:00 UTC`."""
    return datetime.datetime.fromtimestamp(at / 1000, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """What changed: a line per key."""
    keys = [key for key in _KEYS if key in before or key in after]
    return [_line(key, before.get(key), after.get(key)) for key in keys]


def _line(key: str, before: str | None, after: str | None) -> str:
    called = _KEYS[key]
    if before is None:
        return f"{called}: {after}"
    return f"{called}: {before}" if after is None else f"{called}: from {before} to {after}"


def rule_changed(
    act: str, tier: str, before: Mapping[str, str], after: Mapping[str, str], why: str, at: int, version: int
) -> str:
    """The announcement of a changed rule: what, from and to, why, since when, and which version of the ladder it made."""
    heads = {
        "set": f"The rule of the tier {tier} has changed.",
        "add": f"There is a new tier: {tier}.",
        "remove": f"The tier {tier} is gone. Nobody stood on it.",
        "rename": f"The tier {tier} is called {after.get('name', '')} now. Nobody stood on it.",
        "move": f"The tier {tier} has another place on the ladder.",
    }
    lines = [] if act in ("remove", "rename") else changes(before, after)
    ends = [f"Why: {why}", f"It holds since {moment(at)} (version {version} of the ladder)."]
    if act == "set":
        ends.append("Nobody loses a follower by it at once: an audience that is larger than allowed settles in stages.")
    return "\n\n".join([heads[act], *(["\n".join(lines)] if lines else []), *ends])


def window_announced(
    tier: str, before: Mapping[str, str], after: Mapping[str, str], starts_at: int, ends_at: int, why: str
) -> str:
    """The announcement of a window, 14 days or more ahead of it."""
    return "\n\n".join(
        [
            f"From {moment(starts_at)} to {moment(ends_at)} the tier {tier} is lowered.",
            "\n".join(changes(before, after)),
            f"Why: {why}",
            "Nobody loses a follower by it: where an audience is larger than that, the others wait and get no copies "
            "while it lasts. Afterwards everything is as before.",
        ]
    )


def window_cancelled(tier: str, starts_at: int, ends_at: int, why: str) -> str:
    """The announcement that a window isn't, or no longer."""
    return "\n\n".join(
        [
            f"The tier {tier} isn't lowered from {moment(starts_at)} to {moment(ends_at)}: that is cancelled.",
            f"Why: {why}",
            "Whoever waited because of it gets copies again.",
        ]
    )


def forecast(
    numbers: Mapping[str, int], named: Mapping[str, Sequence[tuple[str, int, int]]], *, window: bool
) -> list[str]:
    """What a change would do, a sentence each. `numbers`: as in `reach.forecast.Effect`; `named`: its lists of the largest,
    each a name, a count, and how much that is beyond the limit."""
    told = [f"It touches {counted(numbers['touched'], 'account', 'accounts')}."]
    if numbers["moves"]:
        told.append(f"{counted(numbers['moves'], 'account', 'accounts')} would stand on another rung.")
    if numbers["over"]:
        when = "at its start, and get copies again at its end" if window else "once throttle begins, 14 days from now"
        told.append(
            f"{counted(numbers['over'], 'account', 'accounts')} would be above the cap "
            f"({numbers['newly_over']:,} of them newly), by {counted(numbers['beyond'], 'follower', 'followers')}: "
            f"so many at least would be paused {when}."
        )
        told += [f"@{name} has {count:,}, {beyond:,} more than allowed." for name, count, beyond in named["largest"]]
    else:
        told.append("Nobody's audience would be above its cap.")
    if numbers["filled"]:
        told.append(f"{counted(numbers['filled'], 'account', 'accounts')} would be full for newcomers.")
    if numbers["waiting"]:
        told.append(f"In their lines {counted(numbers['waiting'], 'person waits', 'people wait')}.")
    if numbers["held"]:
        told.append(
            f"{counted(numbers['held'], 'person', 'people')} of the line who could be let in would go on waiting."
        )
    if numbers["let_in"]:
        told.append(f"{counted(numbers['let_in'], 'person', 'people')} of the line would be let in.")
    if numbers["over_following"]:
        told.append(
            f"{counted(numbers['over_following'], 'account follows', 'accounts follow')} more people than that: they keep"
            " whom they follow, and follow nobody new while it is so."
        )
        told += [f"@{name} follows {count:,}, {beyond:,} more." for name, count, beyond in named["largest_following"]]
    if numbers["over_strangers"]:
        told.append(
            f"{counted(numbers['over_strangers'], 'account has', 'accounts have')} addressed more strangers within 30 days"
            " than that: the next one has to wait until enough of these are 30 days past."
        )
        told += [f"@{name} addressed {count:,}, {beyond:,} more." for name, count, beyond in named["largest_strangers"]]
    return told
