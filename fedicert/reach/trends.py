"""What many people said publicly of late: counted from posts that are listed, and from nothing else (law 5). Pure.

A thing trends where at least so many different people used it within two days; what more people use now than in the days
before comes first. One person counts once a day, however much they post.
"""

from collections.abc import Iterable

import msgspec

from fedicert.base.clock import DAY, HOUR

DAYS = 7
FRESH_DAYS = 2
PEOPLE = 3
MOST = 40
_HALF = 12 * HOUR


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """A listed post: who said it and when (ms), its hashtags and links, and how often others marked it.

    `shows`: it may be shown itself: no answer, nothing sensitive, by somebody who wants to be found.
    """

    id: int
    author: int
    at: int
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    marks: int = 0
    shows: bool = False


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """A hashtag, link or post (its id). `history`: (uses, people) of each of the last days, the latest first."""

    thing: str
    history: tuple[tuple[int, int], ...] = ()


class Tally:
    """Counts uses, page by page, as of a moment (ms)."""

    def __init__(self, now: int) -> None:
        self._now = now
        self._tags: dict[str, list[dict[int, int]]] = {}
        self._links: dict[str, list[dict[int, int]]] = {}
        self._posts: list[tuple[float, int]] = []

    def add(self, uses: Iterable[Use]) -> None:
        """Count these posts."""
        for use in uses:
            day = (self._now // DAY) - (use.at // DAY)
            if not 0 <= day < DAYS:
                continue
            for counts, things in ((self._tags, use.tags), (self._links, use.links)):
                for thing in dict.fromkeys(things):
                    days = counts.setdefault(thing, [{} for _ in range(DAYS)])
                    days[day][use.author] = days[day].get(use.author, 0) + 1
            if use.shows and use.marks >= PEOPLE and day < FRESH_DAYS:
                self._posts.append((use.marks * 0.5 ** ((self._now - use.at) / _HALF), use.id))

    def tags(self) -> list[Trend]:
        """Hashtags, the strongest first."""
        return _ranked(self._tags)

    def links(self) -> list[Trend]:
        """Links, the strongest first."""
        return _ranked(self._links)

    def posts(self) -> list[Trend]:
        """Posts, the strongest first."""
        return [Trend(thing=str(post)) for _, post in sorted(self._posts, reverse=True)[:MOST]]


def _ranked(counts: dict[str, list[dict[int, int]]]) -> list[Trend]:
    found: list[tuple[float, str, Trend]] = []
    for thing, days in counts.items():
        fresh = len(set().union(*days[:FRESH_DAYS]))
        if fresh < PEOPLE:
            continue
        before = len(set().union(*days[FRESH_DAYS:]))
        history = tuple((sum(day.values()), len(day)) for day in days)
        found.append((-fresh * fresh / (fresh + before), thing, Trend(thing=thing, history=history)))
    return [trend for _, _, trend in sorted(found, key=lambda entry: entry[:2])[:MOST]]
