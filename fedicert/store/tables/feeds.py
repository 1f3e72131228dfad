"""Home and lists: which posts a reader's home, and each of their lists, shows.

Written by the gate alone (`operations.dispatch`). A list's rows are made beside those of its owner's home, from the same
plan: a post that wouldn't come home doesn't enter a list, and a member of an exclusive list comes there alone.
"""

from collections.abc import Sequence

import msgspec

from fedicert.store.sees import in_kept_set
from fedicert.store.unit import Reader, Tx

KEPT = 800


class Place(msgspec.Struct, frozen=True):
    """A list that an author is on. `takes`: its replies policy lets this post in; `exclusive`: it stays off the home."""

    id: int
    owner: int
    exclusive: bool
    takes: bool


async def add(tx: Tx, readers: Sequence[int], post: int, shown: int) -> None:
    """Put a post into the homes of these readers; `shown` is the boosted status, or the post itself."""
    await tx.later_many(
        "INSERT INTO feed (reader, post, shown) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [(reader, post, shown) for reader in readers],
    )


async def trim(tx: Tx, readers: Sequence[int]) -> None:
    """Leave the newest 800 rows of each reader."""
    await tx.many(
        "DELETE FROM feed WHERE reader = $1 AND post <= COALESCE("
        f"(SELECT post FROM feed WHERE reader = $1 ORDER BY post DESC LIMIT 1 OFFSET {KEPT}), 0)",
        [(reader,) for reader in readers],
    )


async def add_to_lists(tx: Tx, lists: Sequence[int], post: int, shown: int) -> None:
    """Put a post into these lists."""
    await tx.many(
        "INSERT INTO list_feed (list, post, shown) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [(identifier, post, shown) for identifier in lists],
    )


async def trim_lists(tx: Tx, lists: Sequence[int]) -> None:
    """Leave the newest 800 rows of each list."""
    await tx.many(
        "DELETE FROM list_feed WHERE list = $1 AND post <= COALESCE("
        f"(SELECT post FROM list_feed WHERE list = $1 ORDER BY post DESC LIMIT 1 OFFSET {KEPT}), 0)",
        [(identifier,) for identifier in lists],
    )


async def remove(tx: Tx, post: int) -> None:
    """Take a post, and boosts of it, out of every home and list."""
    await tx.run("DELETE FROM feed WHERE post = $1", post)
    await tx.run("DELETE FROM list_feed WHERE post = $1", post)


async def leave_to_kept(tx: Tx, post: int) -> None:
    """Take a post out of every home and list whose reader isn't written down for it, its author's aside."""
    of_reader = f"SELECT s.id FROM statuses s WHERE s.id = $1 AND ({{0}} = s.author OR {in_kept_set('{0}')})"
    await tx.run(f"DELETE FROM feed WHERE post = $1 AND NOT EXISTS ({of_reader.format('feed.reader')})", post)
    owner = "(SELECT l.owner FROM lists l WHERE l.id = list_feed.list)"
    await tx.run(f"DELETE FROM list_feed WHERE post = $1 AND NOT EXISTS ({of_reader.format(owner)})", post)


async def remove_author(tx: Tx, reader: int, author: int) -> None:
    """Take everything that one author wrote or boosted out of one home and its reader's lists."""
    await tx.run(
        "DELETE FROM feed WHERE reader = $1 AND post IN (SELECT f.post FROM feed f JOIN statuses s ON s.id = f.post"
        " WHERE f.reader = $1 AND s.author = $2)",
        reader,
        author,
    )
    for identifier in await _lists_of(tx, reader):
        await tx.run(
            "DELETE FROM list_feed WHERE list = $1 AND post IN (SELECT f.post FROM list_feed f"
            " JOIN statuses s ON s.id = f.post WHERE f.list = $1 AND s.author = $2)",
            identifier,
            author,
        )


async def remove_shown(tx: Tx, reader: int, author: int) -> None:
    """Take what others boosted of one author out of one home and its reader's lists."""
    await tx.run(
        "DELETE FROM feed WHERE reader = $1 AND post IN (SELECT f.post FROM feed f JOIN statuses s ON s.id = f.shown"
        " WHERE f.reader = $1 AND s.author = $2)",
        reader,
        author,
    )
    for identifier in await _lists_of(tx, reader):
        await tx.run(
            "DELETE FROM list_feed WHERE list = $1 AND post IN (SELECT f.post FROM list_feed f"
            " JOIN statuses s ON s.id = f.shown WHERE f.list = $1 AND s.author = $2)",
            identifier,
            author,
        )


async def remove_domain(tx: Tx, reader: int, domain: str) -> None:
    """Take what people of a domain wrote, boosted or had boosted out of one home and its reader's lists."""
    of_domain = (
        "JOIN statuses s ON s.id = f.post JOIN statuses t ON t.id = f.shown WHERE EXISTS"
        " (SELECT 1 FROM accounts a WHERE a.id IN (s.author, t.author) AND a.domain = $2)"
    )
    await tx.run(
        f"DELETE FROM feed WHERE reader = $1 AND post IN (SELECT f.post FROM feed f {of_domain} AND f.reader = $1)",
        reader,
        domain,
    )
    for identifier in await _lists_of(tx, reader):
        await tx.run(
            "DELETE FROM list_feed WHERE list = $1"
            f" AND post IN (SELECT f.post FROM list_feed f {of_domain} AND f.list = $1)",
            identifier,
            domain,
        )


async def remove_tagged(tx: Tx, reader: int, tag: int) -> None:
    """Take posts with a hashtag out of a home, but for the reader's own, of people they follow, or with another
    hashtag that they follow."""
    await tx.run(
        "DELETE FROM feed WHERE reader = $1 AND post IN (SELECT f.post FROM feed f"
        " JOIN status_tags x ON x.status = f.post AND x.tag = $2 JOIN statuses s ON s.id = f.post"
        " WHERE f.reader = $1 AND s.author <> $1"
        " AND NOT EXISTS (SELECT 1 FROM follows g WHERE g.follower = $1 AND g.followed = s.author"
        " AND g.state IN ('admitted', 'paused'))"
        " AND NOT EXISTS (SELECT 1 FROM status_tags y JOIN followed_tags t ON t.tag = y.tag"
        " WHERE y.status = f.post AND t.account = $1))",
        reader,
        tag,
    )


async def remove_members(tx: Tx, reader: int, identifier: int) -> None:
    """A list became exclusive: what its members wrote and boosted leaves its owner's home, their own posts aside."""
    await tx.run(
        "DELETE FROM feed WHERE reader = $1 AND post IN (SELECT f.post FROM feed f JOIN statuses s ON s.id = f.post"
        " JOIN list_members m ON m.account = s.author AND m.list = $2 WHERE f.reader = $1 AND s.author <> $1)",
        reader,
        identifier,
    )


async def empty_list(tx: Tx, identifier: int) -> None:
    """A list's timeline goes."""
    await tx.run("DELETE FROM list_feed WHERE list = $1", identifier)


async def remove_from_list(tx: Tx, identifier: int, author: int) -> None:
    """Somebody left a list: what they wrote and boosted leaves its timeline."""
    await tx.run(
        "DELETE FROM list_feed WHERE list = $1 AND post IN (SELECT f.post FROM list_feed f"
        " JOIN statuses s ON s.id = f.post WHERE f.list = $1 AND s.author = $2)",
        identifier,
        author,
    )


def _latest(reader: str) -> str:
    return _LATEST_OF + f" AND {in_kept_set(reader)} ORDER BY s.id DESC LIMIT $3 ON CONFLICT DO NOTHING"


_LATEST_OF = (
    " FROM statuses s WHERE s.author = $2 AND s.state = 'published' AND s.visibility IN ('public', 'unlisted', 'private')"
    " AND (s.in_reply_to_account IS NULL OR s.in_reply_to_account = s.author) AND s.boosts <> 'outside'"
)


async def backfill(tx: Tx, reader: int, author: int, count: int) -> None:
    """Put the latest posts of somebody newly followed into a home, as far as a follower may see them."""
    await tx.run(
        "INSERT INTO feed (reader, post, shown) SELECT CAST($1 AS BIGINT), s.id, COALESCE(s.reblog_of, s.id)"
        + _latest("$1"),
        reader,
        author,
        count,
    )


async def backfill_list(tx: Tx, identifier: int, author: int, count: int) -> None:
    """The same for somebody who is on a list."""
    await tx.run(
        "INSERT INTO list_feed (list, post, shown) SELECT CAST($1 AS BIGINT), s.id, COALESCE(s.reblog_of, s.id)"
        + _latest("(SELECT owner FROM lists WHERE id = $1)"),
        identifier,
        author,
        count,
    )


async def hears(reader: Reader, account: int, author: int) -> bool:
    """Does somebody follow an author, or is it themselves, and haven't they muted them?"""
    return account == author or bool(
        await reader.value(
            "SELECT 1 FROM follows f WHERE f.follower = $1 AND f.followed = $2 AND f.state = 'admitted'"
            " AND NOT EXISTS (SELECT 1 FROM mutes m WHERE m.account = $1 AND m.target = $2)",
            account,
            author,
        )
    )


async def who_want(
    reader: Reader, readers: Sequence[int], author: int, shown: int, *, boost: bool, reply_to: int | None
) -> dict[int, bool]:
    """Of these readers, who want it, and whether they want to be told of it.

    Boosts can be switched off, replies to people one doesn't follow stay away, and so do people whom one muted, and
    boosts of them or of a domain that one hides.
    """
    if not readers:
        return {}
    rows = await reader.all(
        "SELECT f.follower, f.notify FROM follows f WHERE f.followed = $1 AND f.follower {any_id:$2}"
        " AND ($3 = 0 OR f.reblogs = 1)"
        " AND (CAST($4 AS BIGINT) IS NULL OR f.follower = $4 OR EXISTS (SELECT 1 FROM follows g"
        " WHERE g.follower = f.follower AND g.followed = $4 AND g.state IN ('admitted', 'paused')))"
        " AND NOT EXISTS (SELECT 1 FROM mutes m WHERE m.account = f.follower AND m.target = $1)"
        " AND ($3 = 0 OR NOT EXISTS (SELECT 1 FROM statuses s JOIN accounts a ON a.id = s.author WHERE s.id = $5 AND ("
        "EXISTS (SELECT 1 FROM mutes m WHERE m.account = f.follower AND m.target = a.id)"
        " OR EXISTS (SELECT 1 FROM hidden_domains h WHERE h.account = f.follower AND h.domain = a.domain))))",
        author,
        list(readers),
        int(boost),
        reply_to,
        shown,
    )
    return {row[0]: bool(row[1]) for row in rows}


async def places(reader: Reader, readers: Sequence[int], author: int, reply_to: int | None) -> list[Place]:
    """The lists of these readers that an author is on; a reply to the list's owner is always for it."""
    if not readers:
        return []
    rows = await reader.all(
        "SELECT l.id, l.owner, l.exclusive, CASE WHEN CAST($3 AS BIGINT) IS NULL OR l.owner = $3"
        " OR l.replies_policy = 'followed' OR (l.replies_policy = 'list' AND EXISTS (SELECT 1 FROM list_members r"
        " WHERE r.list = l.id AND r.account = $3)) THEN 1 ELSE 0 END FROM list_members m JOIN lists l ON l.id = m.list"
        " WHERE m.account = $1 AND l.owner {any_id:$2}",
        author,
        list(readers),
        reply_to,
    )
    return [Place(row[0], row[1], bool(row[2]), bool(row[3])) for row in rows]


async def who_follow_tags(reader: Reader, post: int, after: int, count: int) -> list[int]:
    """People here who follow a hashtag of a post that tag timelines show (law 5), a page behind `after`; not its
    author, nor who blocked, muted or hid them or is blocked, nor who has them on an exclusive list."""
    rows = await reader.all(
        "SELECT DISTINCT t.account FROM statuses s JOIN accounts a ON a.id = s.author"
        " JOIN status_tags x ON x.status = s.id JOIN followed_tags t ON t.tag = x.tag"
        " WHERE s.id = $1 AND s.listed = 1 AND s.reblog_of IS NULL AND t.account > $2 AND t.account <> s.author"
        " AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account = t.account AND b.target = s.author)"
        " AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account = s.author AND b.target = t.account)"
        " AND NOT EXISTS (SELECT 1 FROM mutes m WHERE m.account = t.account AND m.target = s.author)"
        " AND NOT EXISTS (SELECT 1 FROM hidden_domains h WHERE h.account = t.account AND h.domain = a.domain)"
        " AND NOT EXISTS (SELECT 1 FROM list_members i JOIN lists l ON l.id = i.list WHERE i.account = s.author"
        " AND l.owner = t.account AND l.exclusive = 1)"
        " ORDER BY t.account LIMIT $3",
        post,
        after,
        count,
    )
    return [row[0] for row in rows]


async def _lists_of(reader: Reader, owner: int) -> list[int]:
    return [row[0] for row in await reader.all("SELECT id FROM lists WHERE owner = $1", owner)]
