"""The words in which a changed rule is told to everybody, in English and German, and a forecast to those who decide, in
English. Plain text. Pure."""

import datetime
from collections.abc import Mapping, Sequence

from fedicert.text.counted import counted

LANGUAGES = ("en", "de")
"""In which an announcement of a rule is there."""

_KEYS = {
    "followers": {"en": "followers", "de": "Follower"},
    "following": {"en": "people followed", "de": "Leute, denen man folgt"},
    "strangers": {"en": "strangers addressed in 30 days", "de": "Fremde, angesprochen in 30 Tagen"},
    "answers_per_day": {
        "en": "answers outside the audience a day",
        "de": "Antworten außerhalb des Publikums am Tag",
    },
    "visibility": {"en": "public posts", "de": "öffentliche Beiträge"},
    "boosts": {"en": "boosts and quotes by", "de": "Teilen und Zitieren durch"},
    "kept_for_followed": {
        "en": "share of slots kept for people one follows",
        "de": "Anteil der Plätze für Leute, denen man folgt",
    },
    "strangers_per_domain_day": {
        "en": "new followers from one domain a day",
        "de": "neue Follower von einer Domain am Tag",
    },
    "when_full": {"en": "when full", "de": "wenn voll"},
    "permit_line": {
        "en": "a visible line under posts with a permit",
        "de": "eine sichtbare Zeile unter Beiträgen unter Lizenz",
    },
    "members_timeline": {
        "en": "unlisted posts in members' local timeline",
        "de": "nicht gelistete Beiträge in der lokalen Zeitleiste der Mitglieder",
    },
    "enter": {"en": "how one gets there", "de": "wie man dorthin kommt"},
    "name": {"en": "name", "de": "Name"},
    "place": {"en": "place", "de": "Platz"},
}

_SAID = {
    "from_to": {"en": "{called}: from {before} to {after}", "de": "{called}: von {before} auf {after}"},
    "set": {"en": "The rule of the tier {tier} has changed.", "de": "Die Regel der Stufe {tier} hat sich geändert."},
    "add": {"en": "There is a new tier: {tier}.", "de": "Es gibt eine neue Stufe: {tier}."},
    "remove": {
        "en": "The tier {tier} is gone. Nobody stood on it.",
        "de": "Die Stufe {tier} gibt es nicht mehr. Niemand stand auf ihr.",
    },
    "rename": {
        "en": "The tier {tier} is called {name} now. Nobody stood on it.",
        "de": "Die Stufe {tier} heißt jetzt {name}. Niemand stand auf ihr.",
    },
    "move": {
        "en": "The tier {tier} has another place on the ladder.",
        "de": "Die Stufe {tier} steht an einem anderen Platz der Leiter.",
    },
    "why": {"en": "Why: {why}", "de": "Warum: {why}"},
    "holds": {
        "en": "It holds since {at} (version {version} of the ladder).",
        "de": "Es gilt seit {at} (Fassung {version} der Leiter).",
    },
    "in_stages": {
        "en": "Nobody loses a follower by it at once: an audience that is larger than allowed settles in stages.",
        "de": "Niemand verliert dadurch auf einmal Follower: ein zu großes Publikum wird in Stufen kleiner.",
    },
    "lowered": {
        "en": "From {starts} to {ends} the tier {tier} is lowered.",
        "de": "Von {starts} bis {ends} ist die Stufe {tier} gesenkt.",
    },
    "for_a_time": {
        "en": (
            "Nobody loses a follower by it: where an audience is larger than that, the others wait and get no copies"
            " while it lasts. Afterwards everything is as before."
        ),
        "de": (
            "Niemand verliert dadurch Follower: wo ein Publikum größer ist, warten die anderen und bekommen so lange"
            " keine Kopien. Danach ist alles wie vorher."
        ),
    },
    "cancelled": {
        "en": "The tier {tier} isn't lowered from {starts} to {ends}: that is cancelled.",
        "de": "Die Stufe {tier} wird von {starts} bis {ends} nicht gesenkt: das ist abgesagt.",
    },
    "copies_again": {
        "en": "Whoever waited because of it gets copies again.",
        "de": "Wer deshalb wartete, bekommt wieder Kopien.",
    },
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


def changes(before: Mapping[str, str], after: Mapping[str, str], language: str = "en") -> list[str]:
    """What changed: a line per key."""
    keys = [key for key in _KEYS if key in before or key in after]
    return [_line(_KEYS[key][language], before.get(key), after.get(key), language) for key in keys]


def _line(called: str, before: str | None, after: str | None, language: str) -> str:
    if before is None:
        return f"{called}: {after}"
    if after is None:
        return f"{called}: {before}"
    return _say("from_to", language, called=called, before=before, after=after)


def _say(kind: str, language: str, **values: object) -> str:
    return _SAID[kind][language].format_map(values)


Texts = dict[str, str]
"""Language → the same in it."""


def rule_changed(
    act: str, tier: str, before: Mapping[str, str], after: Mapping[str, str], why: str, at: int, version: int
) -> Texts:
    """The announcement of a changed rule: what, from and to, why, since when, and which version of the ladder it made."""

    def said(language: str) -> str:
        head = _say(act, language, tier=tier, name=after.get("name", ""))
        lines = [] if act in ("remove", "rename") else changes(before, after, language)
        ends = [_say("why", language, why=why), _say("holds", language, at=moment(at), version=version)]
        if act == "set":
            ends.append(_say("in_stages", language))
        return "\n\n".join([head, *(["\n".join(lines)] if lines else []), *ends])

    return {language: said(language) for language in LANGUAGES}


def window_announced(
    tier: str, before: Mapping[str, str], after: Mapping[str, str], starts_at: int, ends_at: int, why: str
) -> Texts:
    """The announcement of a window, 14 days or more ahead of it."""

    def said(language: str) -> str:
        return "\n\n".join(
            [
                _say("lowered", language, starts=moment(starts_at), ends=moment(ends_at), tier=tier),
                "\n".join(changes(before, after, language)),
                _say("why", language, why=why),
                _say("for_a_time", language),
            ]
        )

    return {language: said(language) for language in LANGUAGES}


def window_cancelled(tier: str, starts_at: int, ends_at: int, why: str) -> Texts:
    """The announcement that a window isn't, or no longer."""

    def said(language: str) -> str:
        return "\n\n".join(
            [
                _say("cancelled", language, tier=tier, starts=moment(starts_at), ends=moment(ends_at)),
                _say("why", language, why=why),
                _say("copies_again", language),
            ]
        )

    return {language: said(language) for language in LANGUAGES}


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
