"""Home: which posts a reader's home shows. Written by the gate alone (`operations.dispatch`)."""

from collections.abc import Sequence

from fedicert.store.unit import Reader, Tx

KEPT = 800


async def add(tx: Tx, readers: Sequence[int], post: int, shown: int) -> None:
    """Put a post into the homes of these readers; `shown` is the boosted status, or the post itself."""
    await tx.many(
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


async def remove(tx: Tx, post: int) -> None:
    """Take a post, and boosts of it, out of every home."""
    await tx.run("DELETE FROM feed WHERE post = $1", post)


async def remove_author(tx: Tx, reader: int, author: int) -> None:
    """Take everything that one author wrote or boosted out of one home."""
    await tx.run(
        "DELETE FROM feed WHERE reader = $1 AND post IN (SELECT f.post FROM feed f JOIN statuses s ON s.id = f.post"
        " WHERE f.reader = $1 AND s.author = $2)",
        reader,
        author,
    )


async def backfill(tx: Tx, reader: int, author: int, count: int) -> None:
    """Put the latest posts of somebody newly followed into a home, as far as a follower may see them."""
    await tx.run(
        "INSERT INTO feed (reader, post, shown) SELECT $1, s.id, COALESCE(s.reblog_of, s.id) FROM statuses s"
        " WHERE s.author = $2 AND s.state = 'published' AND s.visibility IN ('public', 'unlisted', 'private')"
        " AND (s.in_reply_to_account IS NULL OR s.in_reply_to_account = s.author) AND s.boosts <> 'outside'"
        " ORDER BY s.id DESC LIMIT $3 ON CONFLICT DO NOTHING",
        reader,
        author,
        count,
    )


async def who_want(
    reader: Reader, readers: Sequence[int], author: int, *, boost: bool, reply_to: int | None
) -> list[int]:
    """Of these readers, who want it: boosts can be switched off, and replies to people one doesn't follow stay away."""
    if not readers:
        return []
    rows = await reader.all(
        "SELECT f.follower FROM follows f WHERE f.followed = $1 AND f.follower {any_id:$2}"
        " AND ($3 = 0 OR f.reblogs = 1)"
        " AND (CAST($4 AS BIGINT) IS NULL OR f.follower = $4 OR EXISTS (SELECT 1 FROM follows g"
        " WHERE g.follower = f.follower AND g.followed = $4 AND g.state IN ('admitted', 'paused')))",
        author,
        list(readers),
        int(boost),
        reply_to,
    )
    return [row[0] for row in rows]
