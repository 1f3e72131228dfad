"""What trends: people counted once a day, so many at least, nothing old."""

from fedicert.base.clock import DAY, HOUR
from fedicert.reach.trends import Tally, Use

NOW = 20_000 * DAY + 12 * HOUR


def use(author: int, tag: str, *, days: int = 0, identifier: int = 0, marks: int = 0, shows: bool = True) -> Use:
    return Use(id=identifier, author=author, at=NOW - days * DAY, tags=(tag, tag), marks=marks, shows=shows)


def test_people_count_and_not_posts() -> None:
    tally = Tally(NOW)
    tally.add([use(1, "loud") for _ in range(100)] + [use(author, "many") for author in (1, 2, 3)])
    (found,) = tally.tags()
    assert found.thing == "many" and found.history[0] == (3, 3) and found.history[1:] == ((0, 0),) * 6


def test_what_is_new_comes_before_what_always_is() -> None:
    tally = Tally(NOW)
    tally.add([use(author, "always", days=day) for author in range(9) for day in range(7)])
    tally.add([use(author, "new") for author in range(6)])
    assert [trend.thing for trend in tally.tags()] == ["new", "always"]
    late = Tally(NOW)
    late.add([use(author, "over", days=3) for author in range(9)] + [use(1, "ahead", days=-1), use(1, "ago", days=9)])
    assert late.tags() == []


def test_posts_by_what_others_think_and_by_age() -> None:
    tally = Tally(NOW)
    tally.add(
        [
            use(1, "x", identifier=1, marks=4),
            use(1, "x", identifier=2, marks=9, days=1),
            use(1, "x", identifier=3, marks=2),
            use(1, "x", identifier=4, marks=99, days=2),
            use(1, "x", identifier=5, marks=99, shows=False),
        ]
    )
    assert [trend.thing for trend in tally.posts()] == ["1", "2"]
