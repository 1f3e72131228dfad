"""Whom a post addresses outside the audience: strangers and answers, what they cost, and what is refused (law 2). Pure.

The caller says what is known of each person and what is used already; here it is decided, whole or not at all. An edit
is judged by those it adds. The sentences of refusals stand here too, so that every door says the same.
"""

import datetime
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from fedicert.base.clock import DAY, MINUTE, utc_day
from fedicert.model.standing import Limits
from fedicert.text.counted import counted

WINDOW = 30 * DAY
"""A row counts while it is younger than this; at exactly 30 days it doesn't any more."""

POSTS_WITHOUT_ANSWER = 2
GROUP_COSTS = 10
NAMED = 3

Kind = Literal["stranger", "answer"]
Limit = Literal["strangers", "third_post", "answers", "following", "boosts", "quotes", "rate", "code"]


_RATED = {
    "Like": "likes",
    "Announce": "boosts",
    "Create": "votes",
    "Follow": "follow requests",
    "QuoteRequest": "requests to quote",
    "Flag": "reports",
}

RATE, RATE_IN_ALL = 1_000, 3_000
"""What answers one actor, by author and UTC day: of each kind, and of all of them. Accept and Reject have no limit."""


class Addressed(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody a post addresses, and what is known of them. `handle` is how a sentence names them.

    `in_audience`: an admitted follower. `spoke`: addressed the author within 30 days. `higher_up`: wrote above in the
    thread. `quoted`: the author of what the post quotes. `thread_there`: the thread above is this `Group`'s, which somebody
    named in it, or which wrote or boosted something of it. `posts`: when posts of this login addressed them as a
    stranger within 30 days, oldest first; `counted`: one of those cost a stranger.
    """

    account: int
    handle: str
    in_audience: bool = False
    spoke: bool = False
    higher_up: bool = False
    quoted: bool = False
    group: bool = False
    thread_there: bool = False
    posts: tuple[int, ...] = ()
    counted: bool = False


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """What is used already. `strangers`: (when, cost) within 30 days, oldest first. `answers`: of this UTC day."""

    strangers: Sequence[tuple[int, int]] = ()
    answers: int = 0


class Charge(msgspec.Struct, frozen=True):
    """One dated row to be written: somebody outside the audience whom the post addresses."""

    account: int
    kind: Kind
    cost: int


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """What isn't done, and by which limit. `wants`: what it would use; `frees_at` (ms): when it would fit, None: never.

    `kind`: of what answers single actors, `Like`, `Follow` and the like; '' all of it together.
    """

    limit: Limit
    tier: str
    most: int = 0
    used: int = 0
    wants: int = 0
    frees_at: int | None = None
    people: tuple[str, ...] = ()
    kind: str = ""
    where: str = ""
    """Where something can be done about it: an address."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a post costs; with a refusal it isn't posted, and costs nothing."""

    charges: tuple[Charge, ...]
    strangers: int
    answers: int
    strangers_used: int
    answers_used: int
    refusal: Refusal | None = None


def kind_of(person: Addressed) -> Kind | None:
    """A stranger, an answer, or None: in the audience. Whom the author follows makes no difference."""
    if person.in_audience:
        return None
    return "answer" if person.quoted or person.spoke or person.higher_up else "stranger"


def judge(limits: Limits, used: Used, people: Iterable[Addressed], now: int, *, starts_thread: bool) -> Verdict:
    """What a post that addresses these people costs under these limits, or why it is refused whole.

    A stranger is counted once in 30 days, and a Group in which a post starts a thread as ten, each time. `starts_thread`:
    the post answers none.
    """
    charges: list[Charge] = []
    strangers: list[Addressed] = []
    silent: list[Addressed] = []
    for person in people:
        kind = kind_of(person)
        # An answer that brings the Group into a thread of somebody else starts one there.
        starts_there = person.group and (starts_thread or not (person.thread_there or person.higher_up))
        if starts_there and kind is not None:
            kind = "stranger"
        if kind is None:
            continue
        cost = 1 if kind == "answer" else _cost(person, starts_there)
        charges.append(Charge(person.account, kind, cost))
        if kind == "stranger" and cost:
            strangers.append(person)
        # A Group answers nobody: it passes on.
        if kind == "stranger" and not person.group and len(person.posts) >= POSTS_WITHOUT_ANSWER:
            silent.append(person)
    wanted = sum(charge.cost for charge in charges if charge.kind == "stranger")
    answers = sum(charge.cost for charge in charges if charge.kind == "answer")
    refusal = _third_post(limits, silent) or _too_many(limits, used, strangers, wanted)
    return Verdict(
        charges=tuple(charges),
        strangers=wanted,
        answers=answers,
        strangers_used=sum(cost for _, cost in used.strangers),
        answers_used=used.answers,
        refusal=refusal or _too_many_answers(limits, used, answers, now),
    )


def too_often(limits: Limits, kind: str, used: tuple[int, int], wants: int, now: int) -> Refusal | None:
    """May somebody send so many more of a kind today? `used`: today of the kind, and of all kinds."""
    of_kind, in_all = used
    most = RATE if of_kind + wants > RATE else RATE_IN_ALL
    if of_kind + wants <= RATE and in_all + wants <= RATE_IN_ALL:
        return None
    return Refusal(
        limit="rate",
        tier=limits.tier,
        most=most,
        used=of_kind if most == RATE else in_all,
        wants=wants,
        frees_at=(utc_day(now) + 1) * DAY,
        kind=kind if most == RATE else "",
    )


def too_many_followed(limits: Limits, following: int) -> Refusal | None:
    """May somebody who follows so many people, those asked included, follow one more?"""
    if limits.following is None or following < limits.following:
        return None
    return Refusal(limit="following", tier=limits.tier, most=limits.following, used=following, wants=1)


def sentence(refusal: Refusal) -> str:
    """What the person is told: which limit, how much of it is used, when it frees."""
    tier = f"Your tier ({refusal.tier})"
    if refusal.limit == "boosts":
        return (
            f"This action is not allowed: posts of {_names(refusal.people)} may be boosted by their own followers only"
        )
    if refusal.limit == "quotes":
        return f"This action is not allowed: this post of {_names(refusal.people)} may not be quoted by you"
    if refusal.limit == "rate":
        assert refusal.frees_at is not None
        return (
            f"Not sent: an account may send {refusal.most:,} {_RATED.get(refusal.kind, 'answers of all kinds')} a day to"
            f" people elsewhere; {refusal.used:,} used. It fits from {moment(refusal.frees_at)}."
        )
    if refusal.limit == "code":
        return (
            f"Not posted: version {refusal.wants} of this server's code of responsibility holds, and you haven't agreed"
            f" to it yet. Until you do, posts stay within the limits of the tier {refusal.tier}. Read it and agree here:"
            f" {refusal.where}"
        )
    if refusal.limit == "following":
        return (
            f"{tier} lets you follow {counted(refusal.most, 'account')}, and you follow or asked to follow"
            f" {refusal.used:,}. Stop following somebody first, or rise to a higher tier."
        )
    if refusal.limit == "third_post":
        assert refusal.frees_at is not None
        return (
            f"Not posted: {_names(refusal.people)} got two posts of yours within 30 days and didn't answer. A third one"
            f" is possible after an answer, or from {moment(refusal.frees_at)}."
        )
    if refusal.limit == "answers":
        allowed = f"answer {counted(refusal.most, 'person', 'people')} outside your audience a day"
        adds = counted(refusal.wants, "more answer")
    else:
        allowed = f"address {counted(refusal.most, 'stranger')} within 30 days"
        adds = f"{refusal.wants:,} more ({_names(refusal.people)})"
    frees = (
        "It addresses too many at once." if refusal.frees_at is None else f"It fits from {moment(refusal.frees_at)}."
    )
    return (
        f"Not posted: {tier[0].lower()}{tier[1:]} lets you {allowed}; {refusal.used:,} used, this needs {adds}. {frees}"
    )


def moment(at: int) -> str:
    """A moment in words, to the minute and never too early."""
    minutes = -(-at // MINUTE)
    shown = datetime.datetime.fromtimestamp(minutes * MINUTE / 1000, datetime.UTC)
    return shown.strftime("%Y-%m-%d %H:%M UTC")


def _cost(person: Addressed, starts_there: bool) -> int:
    if starts_there:
        return GROUP_COSTS
    return 0 if person.counted else 1


def _third_post(limits: Limits, silent: Sequence[Addressed]) -> Refusal | None:
    if not silent:
        return None
    return Refusal(
        limit="third_post",
        tier=limits.tier,
        most=POSTS_WITHOUT_ANSWER,
        used=max(len(person.posts) for person in silent),
        wants=1,
        frees_at=max(person.posts[-POSTS_WITHOUT_ANSWER] for person in silent) + WINDOW,
        people=tuple(person.handle for person in silent),
    )


def _too_many(limits: Limits, used: Used, strangers: Sequence[Addressed], wanted: int) -> Refusal | None:
    before = sum(cost for _, cost in used.strangers)
    if limits.strangers is None or not wanted or before + wanted <= limits.strangers:
        return None
    return Refusal(
        limit="strangers",
        tier=limits.tier,
        most=limits.strangers,
        used=before,
        wants=wanted,
        frees_at=_frees(used.strangers, before + wanted - limits.strangers) if wanted <= limits.strangers else None,
        people=tuple(person.handle for person in strangers),
    )


def _too_many_answers(limits: Limits, used: Used, answers: int, now: int) -> Refusal | None:
    most = limits.answers_per_day
    if most is None or not answers or used.answers + answers <= most:
        return None
    tomorrow = (utc_day(now) + 1) * DAY
    return Refusal(
        limit="answers",
        tier=limits.tier,
        most=most,
        used=used.answers,
        wants=answers,
        frees_at=tomorrow if answers <= most else None,
    )


def _frees(rows: Sequence[tuple[int, int]], needed: int) -> int:
    """When so much of what is used has become 30 days old."""
    for at, cost in rows:
        needed -= cost
        if needed <= 0:
            return at + WINDOW
    raise ValueError("less is used than has to free")


def _names(handles: Sequence[str]) -> str:
    shown = [f"@{handle}" for handle in handles[:NAMED]]
    more = len(handles) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")
