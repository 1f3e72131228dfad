"""What one may and has used, as our own part of the client API gives it. Pure. Limits that aren't there are null.

{"tier": {"name": "personal", "visibility": "unlisted", "default_visibility": "unlisted", "boosts": "audience"},
 "followers": {"count": 131, "audience": 131, "paused": 0, "cap": 150, "kept": 30, "free": 19,
               "free_for_others": 0, "held": 4, "requested": 0, "line_limit": 1500,
               "to_pick": 0, "holds_newcomers": true, "unconfirmed": 0},
 "domains_today": {"limit": 10, "domains": [{"domain": "big.example", "admitted": 10, "left": 0}]},
 "refills": {"used": 0, "limit": 150, "left": 150, "frees_at": null},
 "following": {"used": 97, "limit": 1500, "left": 1403, "frees_at": null},
 "strangers": {"used": 30, "limit": 30, "left": 0, "frees_at": "2026-12-01T09:00:00.000Z"},
 "answers": {"used": 2, "limit": 60, "left": 58, "frees_at": "2026-11-23T00:00:00.000Z"},
 "settling": null,
 "licences": [{"id": "1", "what": "…", "issuer": "…", "verdict": "trusted", "shown": true, "tier": "professional",
               "ends_at": null}],
 "waivers": [{"id": "7", "limits": {"followers": 200}, "reason": "A festival", "given_by": "kay",
              "until": "2026-12-20T09:00:00.000Z"}],
 "next": {"name": "trained", "enter": ["examination"], "followers": 1500, "following": 5000, "strangers": 150,
          "answers_per_day": 200, "visibility": "listed", "boosts": "anyone"},
 "page": "https://…/settings/reach"}
"""

import msgspec

from fedicert.mastodon.dates import timestamp


class TierEntity(msgspec.Struct, frozen=True, kw_only=True):
    """Where one stands. `visibility`: how its public posts go out; `boosts`: who may boost and quote them."""

    name: str
    visibility: str
    default_visibility: str
    boosts: str


class FollowersEntity(msgspec.Struct, frozen=True, kw_only=True):
    """The audience. `count`: admitted and paused; `free`: slots; `kept`: slots kept for people one follows.

    `free_for_others`: slots that anybody may take; `held`: who waits for one; `line_limit`: how many may wait; `to_pick`:
    slots that stay open for whom the owner picks; `holds_newcomers`: somebody new would wait; `unconfirmed`: trimmed, and
    not confirmed gone at servers that get copies.
    """

    count: int
    audience: int
    paused: int
    cap: int | None
    kept: int
    free: int | None
    free_for_others: int | None
    held: int
    requested: int
    line_limit: int | None
    to_pick: int
    holds_newcomers: bool
    unconfirmed: int


class DomainEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A registrable domain whose people were admitted today without the owner's word."""

    domain: str
    admitted: int
    left: int


class DomainsEntity(msgspec.Struct, frozen=True, kw_only=True):
    """How many of one domain are admitted a UTC day without the owner's word; null: no limit."""

    limit: int | None
    domains: list[DomainEntity]


class UsedEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A limit and what is used of it. `frees_at`: when some of it frees next."""

    used: int
    limit: int | None
    left: int | None
    frees_at: str | None


class SettlingEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A count above its cap, on its way back. `until`: the end of the stage; `trims_at`: when followers are removed for
    good, unless something changes; `waits`: what holds that up (`appeal`, `clock`, `suspended`), ''."""

    stage: str
    cause: str
    begun_at: str
    until: str
    trims_at: str | None
    waits: str


class HeldLicenceEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A licence one brought in. `tier`: where it lifts to, null where it doesn't."""

    id: str
    what: str
    issuer: str
    verdict: str
    shown: bool
    tier: str | None
    ends_at: str | None


class WaiverEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A waiver in force. `limits`: what it raises (followers, following, strangers, answers), and to what."""

    id: str
    limits: dict[str, int]
    reason: str
    given_by: str
    until: str


class NextTierEntity(msgspec.Struct, frozen=True, kw_only=True):
    """The next rung, and all that it demands (`enter`)."""

    name: str
    enter: list[str]
    followers: int | None
    following: int | None
    strangers: int | None
    answers_per_day: int | None
    visibility: str
    boosts: str


class ReachEntity(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `refills`: slots one freed oneself that were filled again within 30 days; `page`: where people see it."""

    tier: TierEntity
    followers: FollowersEntity
    domains_today: DomainsEntity
    refills: UsedEntity
    following: UsedEntity
    strangers: UsedEntity
    answers: UsedEntity
    settling: SettlingEntity | None
    licences: list[HeldLicenceEntity]
    waivers: list[WaiverEntity]
    next: NextTierEntity | None
    page: str


def used(amount: int, most: int | None, frees_at: int | None) -> UsedEntity:
    """A limit and what is used of it; the moment in ms."""
    return UsedEntity(
        used=amount,
        limit=most,
        left=None if most is None else max(most - amount, 0),
        frees_at=None if frees_at is None or most is None else timestamp(frees_at),
    )


def day_of(limit: int, admitted: list[tuple[str, int]]) -> DomainsEntity:
    """What today's admissions of each domain leave. `limit` 0: none."""
    return DomainsEntity(
        limit=limit or None,
        domains=[DomainEntity(domain=domain, admitted=many, left=max(limit - many, 0)) for domain, many in admitted]
        if limit
        else [],
    )
