"""What has to be known before a move is believed: who has to do with it here, and what our own accounts say."""

import msgspec

from fedicert.base.errors import NotFound
from fedicert.store.unit import Reader, one_statement

MOST_FORMER = 5


class Known(msgspec.Struct, frozen=True):
    """An account elsewhere that stands in somebody's line or audience."""

    id: int
    uri: str


@one_statement
async def names(reader: Reader, uri: str, other: str) -> int | None:
    """One of our accounts, where it names the other as its own and hasn't moved itself."""
    row = await reader.one(
        "SELECT id, also_known_as FROM accounts WHERE uri = $1 AND domain = '' AND deleted_at IS NULL"
        " AND suspended_at IS NULL AND moved_to IS NULL",
        uri,
    )
    if row is None or other not in msgspec.json.decode(row["also_known_as"], type=list[str]):
        return None
    return int(row["id"])


@one_statement
async def uri_of(reader: Reader, account: int) -> tuple[str, str]:
    """The actor id of an account, and its name as clients show it."""
    row = await reader.one("SELECT uri, username, domain FROM accounts WHERE id = $1", account)
    if row is None:
        raise NotFound
    return row[0], f"{row[1]}@{row[2]}" if row[2] else row[1]


@one_statement
async def concerns(reader: Reader, account: int) -> bool:
    """Has anybody here to do with an account elsewhere: follows it, is followed, blocks or mutes it?"""
    return bool(
        await reader.value(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM follows WHERE followed = $1)"
            " OR EXISTS (SELECT 1 FROM follows WHERE follower = $1)"
            " OR EXISTS (SELECT 1 FROM blocks WHERE target = $1) OR EXISTS (SELECT 1 FROM mutes WHERE target = $1)",
            account,
        )
    )


async def former(reader: Reader, account: int, followed: int) -> list[Known]:
    """Accounts elsewhere that somebody names as their own, that stand at `followed`, and whose move isn't proven yet."""
    said = await reader.value("SELECT also_known_as FROM accounts WHERE id = $1", account)
    if said is None or said == "[]":
        return []
    rows = await reader.all(
        "SELECT a.id, a.uri FROM accounts a JOIN follows f ON f.follower = a.id AND f.followed = $3"
        " WHERE a.uri {any_text:$1} AND a.domain <> '' AND a.deleted_at IS NULL AND f.state <> 'trimmed' AND a.id <> $2"
        " AND (a.moved_to IS NULL OR a.moved_to <> $2) ORDER BY f.id LIMIT $4",
        msgspec.json.decode(said, type=list[str]),
        account,
        followed,
        MOST_FORMER,
    )
    return [Known(row[0], row[1]) for row in rows]
