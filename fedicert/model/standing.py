"""What the law is asked about: limits of a tier, counts of an account, a newcomer at the door. No behaviour."""

from typing import Literal

import msgspec

FollowState = Literal["requested", "held", "admitted", "paused", "trimmed"]
WhenFull = Literal["hold", "reject"]
TierVisibility = Literal["listed", "unlisted", "followers"]
Boosts = Literal["audience", "anyone"]
Reason = Literal["", "locked", "full", "line", "kept", "domain_day", "multiplier", "turnover", "no_line", "restored"]

# Accounts of these types pass on what they get to people of their own: one such row is unlimited reach (law 3).
MULTIPLIERS = frozenset({"Group", "Application", "Service"})


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one account may, from its tier and its share of the cap. None: no limit.

    `cap`: followers, in people. `kept_slots`: of them, for people the owner follows.
    `strangers_per_domain_day`: admissions from one registrable domain a UTC day without the owner's word; 0: no limit.
    `following`: people followed or asked. `strangers`: addressed in 30 days. `answers_per_day`: to others outside the
    audience. `restored`: the database was restored from a backup and isn't in step with other servers yet. `waived`: a
    waiver is in force, so that a limit may be one that nobody else of the tier has.
    """

    tier: str
    cap: int | None
    kept_slots: int = 0
    strangers_per_domain_day: int = 0
    when_full: WhenFull = "hold"
    visibility: TierVisibility = "listed"
    boosts: Boosts = "anyone"
    following: int | None = None
    strangers: int | None = None
    answers_per_day: int | None = None
    permit_line: bool = False
    members_timeline: bool = True
    restored: bool = False
    waived: bool = False


WAIVABLE = ("followers", "following", "strangers", "answers")
"""Limits that a waiver can raise, by the names of its own fields."""


class Waived(msgspec.Struct, frozen=True, kw_only=True):
    """A waiver that is in force: what it raises limits of one account to, until a moment (ms). None: not this limit."""

    until: int
    followers: int | None = None
    following: int | None = None
    strangers: int | None = None
    answers: int | None = None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """The integers under the account's lock. `kept_used`: of admitted and paused, those whom the owner follows.

    `freed`: slots that their owner freed and that weren't filled again, whether or not the cap leaves them now;
    `refilled`: how often such slots were filled again in 30 days, 0 where none was freed. `reserved`: slots that wait for
    a while for whom the owner picks.
    """

    admitted: int
    paused: int = 0
    held: int = 0
    requested: int = 0
    kept_used: int = 0
    freed: int = 0
    refilled: int = 0
    reserved: int = 0

    @property
    def count(self) -> int:
        """Admitted and paused: what `totalItems` says and what the cap binds (docs/law.md, Words)."""
        return self.admitted + self.paused

    @property
    def others(self) -> int:
        """Those of the count whom the owner doesn't follow."""
        return self.count - self.kept_used


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who asks to follow. `domain_today`: already admitted today from the same registrable domain.

    `listed`: an admin has listed this account, which passes on what it gets.
    """

    followed_by_owner: bool
    type: str = "Person"
    domain: str = ""
    domain_today: int = 0
    owners_word: bool = False
    listed: bool = False


class Placement(msgspec.Struct, frozen=True):
    """Where a newcomer stands now. `reason` is a word of the law: why not admitted, '' when admitted."""

    state: Literal["admitted", "held", "requested", "refused"]
    reason: Reason = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An author's standing at the moment of a post: kept with it, so that what goes out later is judged by then.

    `kept_only`: outside the scope of the author's licence, for a part of the audience that was written down with it."""

    tier: str
    cap: int | None
    visibility: TierVisibility
    boosts: Boosts
    kept_only: bool = False
