"""What other servers are shown of the people here. Only what anybody may see, unless a function's name says otherwise.

A follower who is held, requested or trimmed is in none of these answers (law 1): not in a page, not in a count.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from fedicert.base.clock import DAY
from fedicert.model.accounts import LIMITS, AccountRow
from fedicert.model.standing import Boosts
from fedicert.model.statuses import PINNED, StatusRow
from fedicert.reach.turnover import WINDOW
from fedicert.store import newcomers
from fedicert.store.sees import in_kept_set
from fedicert.store.shapes import ACCOUNT_COLUMNS, ACCOUNT_JOINS, STATUS_COLUMNS, account_row, status_row
from fedicert.store.unit import Reader, Row, one_statement

Presence = Literal["here", "gone", "nobody"]

MONTH = 30 * DAY
HALF_YEAR = 180 * DAY
MAX_PINNED = 20


class Key(msgspec.Struct, frozen=True):
    """The public half of a key of ours: `alg` as in `proofs`, `kid` the id others know it by."""

    kid: str
    alg: str
    public: str


class LocalActor(msgspec.Struct, frozen=True, kw_only=True):
    """An actor of this server. `followers` counts admitted and paused; `approves`: newcomers wait, for whatever reason."""

    account: AccountRow
    tier: str
    keys: tuple[Key, ...]
    also_known_as: tuple[str, ...]
    approves: bool
    hidden: bool
    followers: int
    following: int
    suspended: bool


class LocalPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post or boost of somebody here. `boosted`: the address of what is boosted, '' for a post.

    `boosts`: who may boost and quote it, by the tier that the author stands on now. `signed`: JSON of the document that its
    author signed for such a tier, where it carries a permit.
    """

    row: StatusRow
    username: str
    in_reply_to: str
    conversation: str
    boosted: str
    boosted_author: str
    boosts: Boosts
    answers_by: str = ""
    signed: str = ""
    read_at: int = 0


class Blocked(msgspec.Struct, frozen=True):
    """`whole`: nothing is taken from there and nothing new said to it. `media`: no pictures are fetched from there."""

    whole: frozenset[str]
    media: frozenset[str]


class OurActivity(msgspec.Struct, frozen=True, kw_only=True):
    """An activity of ours as it went out. `concerned`: the ids of the actors that it names as its addressees."""

    body: str
    type: str
    visibility: str
    concerned: tuple[str, ...]


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of NodeInfo. Active: posted or boosted within the time."""

    users: int
    active_month: int
    active_half_year: int
    posts: int
    staff: tuple[str, ...]
    signups: str


# People who wait for their address or for approval aren't there yet.
_READY = "(g.id IS NULL OR (g.confirmed_at IS NOT NULL AND g.approved_at IS NOT NULL))"
# The limits account is this server's alone: to others there is nobody of its name (law 8).
_NOT_LIMITS = f"a.username_key <> '{LIMITS}'"

_ACTOR = (
    f"SELECT {ACCOUNT_COLUMNS}, a.also_known_as, {newcomers.COLUMNS}, CASE WHEN {_READY} THEN 1 ELSE 0 END AS ready"
    f" FROM accounts a {ACCOUNT_JOINS} LEFT JOIN logins g ON g.id = l.login WHERE a.uri = $1 AND a.domain = ''"
    f" AND {_NOT_LIMITS}"
)

_BOOSTS = (
    "CASE WHEN s.scope <> '' AND (pt.boosts = 'audience' OR (SELECT lt.boosts FROM tiers lt ORDER BY lt.position"
    " LIMIT 1) = 'audience') THEN 'audience' ELSE pt.boosts END"
)
_POST = (
    f"SELECT {STATUS_COLUMNS}, s.conversation, s.in_reply_to_uri, a.username, b.uri AS boosted_uri, ba.uri AS boosted_by,"
    f" p.uri AS parent_uri, s.answers_by, {_BOOSTS} AS boosts, CASE WHEN {_BOOSTS} = 'audience' AND pd.narrow <> '' THEN"
    " pd.narrow ELSE pd.document END AS signed FROM statuses s JOIN accounts a ON a.id = s.author"
    " JOIN local_accounts pl ON pl.id = a.id JOIN tiers pt ON pt.id = pl.tier"
    " LEFT JOIN statuses b ON b.id = s.reblog_of LEFT JOIN accounts ba ON ba.id = b.author"
    " LEFT JOIN statuses p ON p.id = s.in_reply_to_id LEFT JOIN permits pd ON pd.status = s.id"
    " WHERE s.state = 'published' AND a.domain = '' AND a.deleted_at IS NULL AND a.suspended_at IS NULL"
)
_SHOWN = " AND s.visibility IN ('public', 'unlisted') AND (b.id IS NULL OR b.visibility IN ('public', 'unlisted'))"


@one_statement
async def presence(reader: Reader, uri: str) -> Presence:
    """Is this one of our actors, was it, or was it never?"""
    row = await reader.one(
        f"SELECT a.deleted_at, CASE WHEN {_READY} THEN 1 ELSE 0 END AS ready FROM accounts a"
        " JOIN local_accounts l ON l.id = a.id LEFT JOIN logins g ON g.id = l.login WHERE a.uri = $1 AND a.domain = ''"
        f" AND {_NOT_LIMITS}",
        uri,
    )
    if row is None:
        return "nobody"
    if row["deleted_at"] is not None:
        return "gone"
    return "here" if row["ready"] else "nobody"


@one_statement
async def blocked_domains(reader: Reader) -> Blocked:
    """The domains, with those below them, that this server wants nothing of, or no pictures."""
    rows = await reader.all("SELECT domain, severity, reject_media FROM domain_blocks")
    return Blocked(
        frozenset(row[0] for row in rows if row[1] == "suspend"), frozenset(row[0] for row in rows if row[2])
    )


@one_statement
async def sealed_key(reader: Reader, kid: str) -> tuple[int, bytes] | None:
    """The row id and the sealed private half of one of our keys."""
    row = await reader.one("SELECT id, sealed FROM keys WHERE kid = $1 AND retired_at IS NULL", kid)
    return None if row is None else (row["id"], bytes(row["sealed"]))


async def actor(reader: Reader, uri: str) -> LocalActor | Presence:
    """An actor of ours by its id, as it stands at this moment; 'gone' or 'nobody' where there is none to show."""
    row = await reader.one(_ACTOR, uri, reader.now - WINDOW)
    if row is None:
        return "nobody"
    if row["deleted_at"] is not None:
        return "gone"
    if not row["ready"]:
        return "nobody"
    keys = await reader.all(
        "SELECT kid, alg, public FROM keys WHERE owner = $1 AND retired_at IS NULL ORDER BY id DESC", row["id"]
    )
    return LocalActor(
        account=account_row(row, await _moved_to(reader, row)),
        tier=row["tier_name"],
        keys=tuple(Key(key["kid"], key["alg"], key["public"]) for key in keys),
        also_known_as=tuple(msgspec.json.decode(row["also_known_as"], type=list[str])),
        approves=bool(row["locked"]) or newcomers.holds(row, reader.now),
        hidden=bool(row["hide_collections"]),
        followers=row["admitted"] + row["paused"],
        following=row["following_count"],
        suspended=row["suspended_at"] is not None,
    )


async def post(reader: Reader, uri: str) -> LocalPost | None:
    """A public or unlisted post or boost of somebody here, by its own address."""
    row = await reader.one(_POST + _SHOWN + " AND s.uri = $1", uri)
    return None if row is None else _post(row, reader.now)


async def private_post(reader: Reader, uri: str, owner: str, origin: str, domain: str) -> LocalPost | None:
    """A post for few, shown to a server that has one of them: an admitted follower, or somebody the post names.

    `owner`: who signed; `origin`: scheme and authority of its id; `domain`: its registrable domain, as follows have it.
    """
    row = await reader.one(_POST + " AND s.uri = $1 AND s.visibility IN ('private', 'direct')", uri)
    if row is None:
        return None
    start = origin + "/"
    named = await reader.value(
        "SELECT 1 FROM status_mentions m JOIN accounts a ON a.id = m.account WHERE m.status = $1"
        " AND a.domain <> '' AND a.deleted_at IS NULL AND substr(a.uri, 1, $2) = $3"
        " AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account = $4 AND b.target = m.account) LIMIT 1",
        row["id"],
        len(start),
        start,
        row["author"],
    )
    if named is None and row["visibility"] == "private":
        named = await reader.value(
            "SELECT 1 FROM follows f JOIN accounts a ON a.id = f.follower JOIN statuses s ON s.id = $6"
            " WHERE f.followed = $1"
            f" AND f.state = 'admitted' AND a.deleted_at IS NULL AND {in_kept_set('f.follower')}"
            " AND (a.uri = $2 OR (f.domain = $3 AND substr(a.uri, 1, $4) = $5)) LIMIT 1",
            row["author"],
            owner,
            domain,
            len(start),
            start,
            row["id"],
        )
    return None if named is None else _post(row, reader.now)


@one_statement
async def buried(reader: Reader, uri: str) -> int | None:
    """When a post at this address was deleted."""
    found = await reader.value("SELECT deleted_at FROM tombstones WHERE uri = $1", uri)
    return None if found is None else int(found)


async def outbox(reader: Reader, account: int, before: int | None, count: int) -> Sequence[LocalPost]:
    """Public and unlisted posts and boosts of an account, newest first, older than `before`."""
    rows = await reader.all(
        _POST + _SHOWN + " AND s.author = $1 AND s.id < $2 ORDER BY s.id DESC LIMIT $3",
        account,
        2**63 - 1 if before is None else before,
        count,
    )
    return [_post(row, reader.now) for row in rows]


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """A quote elsewhere that was allowed."""

    quote: str
    quoted: str
    author: str


async def quote(reader: Reader, username: str, identifier: int) -> Quote | None:
    """An allowed quote of a post that anybody may see; None where there is none, or its post went."""
    row = await reader.one(
        "SELECT q.quote_uri, s.uri, a.uri AS author FROM quotes q JOIN statuses s ON s.id = q.status"
        " JOIN accounts a ON a.id = s.author WHERE q.id = $1 AND q.revoked_at IS NULL AND a.username_key = $2"
        " AND a.domain = ''"
        " AND s.visibility IN ('public', 'unlisted') AND a.deleted_at IS NULL AND a.suspended_at IS NULL",
        identifier,
        username,
    )
    return None if row is None else Quote(quote=row["quote_uri"], quoted=row["uri"], author=row["author"])


@one_statement
async def outbox_size(reader: Reader, account: int) -> int:
    """How many posts and boosts the outbox has."""
    return int(
        await reader.value(
            "SELECT COUNT(*) FROM statuses s LEFT JOIN statuses b ON b.id = s.reblog_of WHERE s.author = $1"
            " AND s.state = 'published'" + _SHOWN,
            account,
        )
    )


async def pinned(reader: Reader, account: int) -> Sequence[LocalPost]:
    """The pinned posts that anybody may see, latest first."""
    rows = await reader.all(
        _POST + _SHOWN + " AND s.author = $1 AND EXISTS (SELECT 1 FROM marks m WHERE m.account = s.author"
        " AND m.status = s.id AND m.bits & $2 <> 0) ORDER BY s.id DESC LIMIT $3",
        account,
        PINNED,
        MAX_PINNED,
    )
    return [_post(row, reader.now) for row in rows]


@one_statement
async def followers(reader: Reader, account: int, before: int | None, count: int) -> list[tuple[int, str]]:
    """Who is in the count, newest first: (follow row, actor id)."""
    rows = await reader.all(
        "SELECT f.id, a.uri FROM follows f JOIN accounts a ON a.id = f.follower WHERE f.followed = $1"
        " AND f.state IN ('admitted', 'paused') AND f.id < $2 ORDER BY f.id DESC LIMIT $3",
        account,
        2**63 - 1 if before is None else before,
        count,
    )
    return [(row[0], row[1]) for row in rows]


async def followers_at(reader: Reader, account: int, origin: str) -> tuple[list[str], str]:
    """The ids of those in the count that lie at this origin, and the digest kept of them ('' where none is kept)."""
    rows = await reader.all(
        "SELECT a.uri FROM follows f JOIN accounts a ON a.id = f.follower WHERE f.followed = $1 AND a.domain <> ''"
        " AND f.state IN ('admitted', 'paused') AND substr(a.uri, 1, length(CAST($2 AS TEXT))) = $2 ORDER BY f.id",
        account,
        f"{origin}/",
    )
    kept = await reader.value("SELECT digest FROM follower_digests WHERE account = $1 AND origin = $2", account, origin)
    return [row[0] for row in rows], kept or ""


@one_statement
async def following(reader: Reader, account: int, before: int | None, count: int) -> list[tuple[int, str]]:
    """Whom an account follows, newest first: (follow row, actor id)."""
    rows = await reader.all(
        "SELECT f.id, a.uri FROM follows f JOIN accounts a ON a.id = f.followed WHERE f.follower = $1"
        " AND f.state IN ('admitted', 'paused') AND f.id < $2 ORDER BY f.id DESC LIMIT $3",
        account,
        2**63 - 1 if before is None else before,
        count,
    )
    return [(row[0], row[1]) for row in rows]


async def activity(reader: Reader, uri: str) -> OurActivity | None:
    """An activity of ours by its id, whoever may see it, with the actors it was for."""
    row = await reader.one(
        "SELECT v.body, v.type, v.visibility, v.addressees FROM activities v JOIN accounts a ON a.id = v.actor"
        " WHERE v.uri = $1 AND a.deleted_at IS NULL AND a.suspended_at IS NULL",
        uri,
    )
    if row is None:
        return None
    named = msgspec.json.decode(row["addressees"], type=list[int])
    people = await reader.all("SELECT uri FROM accounts WHERE id {any_id:$1} AND domain <> ''", named) if named else []
    return OurActivity(
        body=row["body"], type=row["type"], visibility=row["visibility"], concerned=tuple(one[0] for one in people)
    )


async def usage(reader: Reader) -> Usage:
    """What NodeInfo tells of the people here and how they join."""
    row = await reader.one(
        "SELECT COUNT(*) AS users, COALESCE(SUM(CASE WHEN a.last_status_at >= $1 THEN 1 ELSE 0 END), 0) AS month,"
        " COALESCE(SUM(CASE WHEN a.last_status_at >= $2 THEN 1 ELSE 0 END), 0) AS half_year,"
        " COALESCE(SUM(a.statuses_count), 0) AS posts"
        " FROM accounts a JOIN local_accounts l ON l.id = a.id LEFT JOIN logins g ON g.id = l.login"
        f" WHERE a.type = 'Person' AND a.deleted_at IS NULL AND a.suspended_at IS NULL AND {_READY}",
        reader.now - MONTH,
        reader.now - HALF_YEAR,
    )
    assert row is not None
    staff = await reader.all(
        "SELECT a.uri FROM accounts a JOIN local_accounts l ON l.id = a.id WHERE l.role IN ('owner', 'admin')"
        " AND a.deleted_at IS NULL ORDER BY a.id LIMIT 20"
    )
    return Usage(
        users=int(row["users"]),
        active_month=int(row["month"]),
        active_half_year=int(row["half_year"]),
        posts=int(row["posts"]),
        staff=tuple(one[0] for one in staff),
        signups=str(await reader.value("SELECT value FROM settings WHERE key = 'signups'") or "closed"),
    )


async def _moved_to(reader: Reader, row: Row) -> AccountRow | None:
    if row["moved_to"] is None:
        return None
    found = await reader.one(
        f"SELECT {ACCOUNT_COLUMNS} FROM accounts a {ACCOUNT_JOINS} WHERE a.id = $1", row["moved_to"]
    )
    return None if found is None else account_row(found)


def _post(row: Row, now: int) -> LocalPost:
    return LocalPost(
        row=status_row(row),
        username=row["username"],
        in_reply_to=row["parent_uri"] or row["in_reply_to_uri"] or "",
        conversation=row["conversation"],
        boosted=row["boosted_uri"] or "",
        boosted_author=row["boosted_by"] or "",
        boosts=row["boosts"],
        read_at=now,
        answers_by=row["answers_by"],
        signed=row["signed"] or "",
    )
