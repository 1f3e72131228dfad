"""Filters: what somebody wants to be warned of, by words and by posts. Every change gives them a new number."""

from collections.abc import Sequence

import msgspec

from fedicert.store.unit import Reader, Tx


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter without its words and posts. `expires_at` in ms, None for never."""

    id: int
    owner: int
    title: str
    contexts: tuple[str, ...]
    action: str
    expires_at: int | None


_contexts = msgspec.json.Decoder(tuple[str, ...])


async def counts(reader: Reader, owner: int, one: int) -> tuple[int, int]:
    """How many filters somebody has, and how many words and posts are in this one of them."""
    row = await reader.one(
        "SELECT (SELECT COUNT(*) FROM filters WHERE owner = $1), (SELECT COUNT(*) FROM filter_keywords"
        " WHERE filter = $2) + (SELECT COUNT(*) FROM filter_statuses WHERE filter = $2)",
        owner,
        one,
    )
    assert row is not None
    return int(row[0]), int(row[1])


async def changed(tx: Tx, owner: int) -> None:
    """Somebody's filters changed: the number that caches hang on is another one; 0 without filters."""
    await tx.run(
        "UPDATE local_accounts SET filters = CASE WHEN EXISTS (SELECT 1 FROM filters f WHERE f.owner = $1)"
        " THEN CAST($2 AS BIGINT) ELSE 0 END WHERE id = $1",
        owner,
        tx.new_id(),
    )


async def insert(tx: Tx, owner: int, title: str, contexts: Sequence[str], action: str, expires_at: int | None) -> int:
    """Make a filter; its id."""
    return int(
        await tx.value(
            "INSERT INTO filters (owner, title, contexts, action, expires_at) VALUES ($1, $2, $3, $4, $5) RETURNING id",
            owner,
            title,
            _json(contexts),
            action,
            expires_at,
        )
    )


async def own(reader: Reader, owner: int, identifier: int) -> Filter | None:
    """A filter, where it is theirs; its row is locked."""
    row = await reader.one(
        "SELECT id, owner, title, contexts, action, expires_at FROM filters WHERE id = $1 AND owner = $2 {for_update}",
        identifier,
        owner,
    )
    if row is None:
        return None
    return Filter(
        id=row[0], owner=row[1], title=row[2], contexts=_contexts.decode(row[3]), action=row[4], expires_at=row[5]
    )


async def put(tx: Tx, new: Filter) -> None:
    """The new state of a filter."""
    await tx.run(
        "UPDATE filters SET title = $2, contexts = $3, action = $4, expires_at = $5 WHERE id = $1",
        new.id,
        new.title,
        _json(new.contexts),
        new.action,
        new.expires_at,
    )


async def delete(tx: Tx, identifier: int) -> None:
    """A filter goes, with its words and posts."""
    await tx.run("DELETE FROM filter_keywords WHERE filter = $1", identifier)
    await tx.run("DELETE FROM filter_statuses WHERE filter = $1", identifier)
    await tx.run("DELETE FROM filters WHERE id = $1", identifier)


async def of(reader: Reader, owner: int) -> list[int]:
    """The filters of somebody."""
    return [row[0] for row in await reader.all("SELECT id FROM filters WHERE owner = $1", owner)]


async def add_keyword(tx: Tx, identifier: int, keyword: str, whole_word: bool) -> int:
    """A word more; its id."""
    return int(
        await tx.value(
            "INSERT INTO filter_keywords (filter, keyword, whole_word) VALUES ($1, $2, $3) RETURNING id",
            identifier,
            keyword,
            int(whole_word),
        )
    )


async def put_keyword(tx: Tx, keyword_id: int, keyword: str, whole_word: bool) -> None:
    """Another word in the place of one."""
    await tx.run(
        "UPDATE filter_keywords SET keyword = $2, whole_word = $3 WHERE id = $1", keyword_id, keyword, int(whole_word)
    )


async def delete_keyword(tx: Tx, keyword_id: int) -> None:
    """A word less."""
    await tx.run("DELETE FROM filter_keywords WHERE id = $1", keyword_id)


async def filter_of_keyword(reader: Reader, owner: int, keyword_id: int) -> tuple[int, str, bool] | None:
    """(filter, word, whole word) of a word that is theirs."""
    row = await reader.one(
        "SELECT k.filter, k.keyword, k.whole_word FROM filter_keywords k JOIN filters f ON f.id = k.filter"
        " WHERE k.id = $1 AND f.owner = $2",
        keyword_id,
        owner,
    )
    return None if row is None else (row[0], row[1], bool(row[2]))


async def add_status(tx: Tx, identifier: int, status: int) -> int:
    """A post more; the id of its row."""
    await tx.run(
        "INSERT INTO filter_statuses (filter, status) VALUES ($1, $2) ON CONFLICT DO NOTHING", identifier, status
    )
    return int(await tx.value("SELECT id FROM filter_statuses WHERE filter = $1 AND status = $2", identifier, status))


async def filter_of_status(reader: Reader, owner: int, row_id: int) -> int | None:
    """The filter of a post's row that is theirs."""
    found = await reader.value(
        "SELECT x.filter FROM filter_statuses x JOIN filters f ON f.id = x.filter WHERE x.id = $1 AND f.owner = $2",
        row_id,
        owner,
    )
    return None if found is None else int(found)


async def delete_status(tx: Tx, row_id: int) -> None:
    """A post less."""
    await tx.run("DELETE FROM filter_statuses WHERE id = $1", row_id)


def _json(contexts: Sequence[str]) -> str:
    return msgspec.json.encode(list(contexts)).decode()
