"""What posts quote: how it stands, which post it is, who may quote a post and how often it is quoted."""

from fedicert.store.unit import Reader, Tx


async def move(tx: Tx, status: int, state: str, stamp: str) -> None:
    """A quote stands otherwise now; `stamp`: what allows it."""
    await tx.run(
        "UPDATE statuses SET quote_state = $2, quote_stamp = $3, version = version + 1 WHERE id = $1",
        status,
        state,
        stamp,
    )


async def link(tx: Tx, status: int, quoted: int) -> None:
    """What a post quotes is here."""
    await tx.run("UPDATE statuses SET quote_of = $2, version = version + 1 WHERE id = $1", status, quoted)


async def asked(tx: Tx, status: int, request: str) -> None:
    """We asked for a quote; `request`: the id of our QuoteRequest."""
    await tx.run("UPDATE statuses SET quote_request = $2 WHERE id = $1", status, request)


async def count(tx: Tx, status: int, by: int) -> None:
    """A post is quoted once more, or once less."""
    await tx.run(
        "UPDATE statuses SET quotes_count = quotes_count + $2, version = version + 1 WHERE id = $1", status, by
    )


async def set_policy(tx: Tx, status: int, quoting: str) -> None:
    """Who may quote a post."""
    await tx.run("UPDATE statuses SET quoting = $2, version = version + 1 WHERE id = $1", status, quoting)


async def open_to_all(reader: Reader, author: int, after: int, count: int) -> list[int]:
    """Posts of somebody here that anyone may quote, behind one, in order."""
    rows = await reader.all(
        "SELECT id FROM statuses WHERE author = $1 AND id > $2 AND quoting IN ('public', '') AND local = 1"
        " AND reblog_of IS NULL AND visibility IN ('public', 'unlisted') ORDER BY id LIMIT $3",
        author,
        after,
        count,
    )
    return [row[0] for row in rows]


async def by_request(reader: Reader, request: str) -> int | None:
    """The post for which we asked."""
    found = await reader.value("SELECT id FROM statuses WHERE quote_request = $1 AND quote_request <> ''", request)
    return None if found is None else int(found)


async def by_stamp(reader: Reader, stamp: str, author: int) -> list[int]:
    """The posts that quote a post of this author under a stamp."""
    rows = await reader.all(
        "SELECT q.id FROM statuses q JOIN statuses s ON s.id = q.quote_of WHERE q.quote_stamp = $1"
        " AND q.quote_stamp <> '' AND s.author = $2",
        stamp,
        author,
    )
    return [row[0] for row in rows]


async def quoters_here(reader: Reader, status: int) -> list[tuple[int, int]]:
    """Posts of people here that quote a post with its author's leave: (post, author)."""
    rows = await reader.all(
        "SELECT id, author FROM statuses WHERE quote_of = $1 AND quote_state = 'accepted' AND local = 1", status
    )
    return [(row[0], row[1]) for row in rows]
