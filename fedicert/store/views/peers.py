"""What discovery asks before it goes to the network: who is known already, and with which key."""

import msgspec

from fedicert.model.accounts import LIMITS
from fedicert.store.unit import Reader, one_statement


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """A remote account that was met. `gone`: its server, or itself, said so. `barred`: staff here suspended it."""

    id: int
    username: str
    domain: str
    fetched_at: int
    gone: bool
    barred: bool


class KnownKey(msgspec.Struct, frozen=True, kw_only=True):
    """A remote key: who owns it, and whether that account is one that may still act."""

    owner: str
    algorithm: str
    public: str
    fetched_at: int


@one_statement
async def local_actor(reader: Reader, uri: str) -> int | None:
    """A local account by its actor id."""
    found = await reader.value("SELECT id FROM accounts WHERE uri = $1 AND domain = '' AND deleted_at IS NULL", uri)
    return None if found is None else int(found)


@one_statement
async def met(reader: Reader, uri: str) -> Met | None:
    """A remote account by its actor id."""
    row = await reader.one(
        "SELECT id, username, domain, fetched_at, deleted_at, barred FROM accounts WHERE uri = $1 AND domain <> ''", uri
    )
    if row is None:
        return None
    return Met(
        id=row["id"],
        username=row["username"],
        domain=row["domain"],
        fetched_at=row["fetched_at"],
        gone=row["deleted_at"] is not None,
        barred=row["barred"] > 0,
    )


@one_statement
async def follows_somebody(reader: Reader, actor: str, follow: str = "", followed: str = "") -> bool:
    """Does a remote actor follow anybody here, or ask to? `follow`, `followed`: by a Follow of this id, or this one."""
    return bool(
        await reader.value(
            "SELECT 1 FROM accounts a JOIN follows f ON f.follower = a.id JOIN accounts b ON b.id = f.followed"
            " WHERE a.uri = $1 AND a.domain <> '' AND b.domain = ''"
            " AND (($2 = '' AND $3 = '') OR ($2 <> '' AND f.uri = $2) OR ($3 <> '' AND b.uri = $3)) LIMIT 1",
            actor,
            follow,
            followed,
        )
    )


@one_statement
async def handle(reader: Reader, username: str, domain: str) -> int | None:
    """An account by its handle; domain '' is here."""
    found = await reader.value(
        "SELECT id FROM accounts WHERE username_key = $1 AND domain = $2 AND deleted_at IS NULL",
        username.lower(),
        domain,
    )
    return None if found is None else int(found)


@one_statement
async def key(reader: Reader, key_id: str) -> KnownKey | None:
    """A key that was proven before."""
    row = await reader.one("SELECT owner, algorithm, public_key, fetched_at FROM remote_keys WHERE key_id = $1", key_id)
    if row is None:
        return None
    return KnownKey(
        owner=row["owner"], algorithm=row["algorithm"], public=row["public_key"], fetched_at=row["fetched_at"]
    )


@one_statement
async def wanted_here(reader: Reader, author: str) -> bool:
    """Does anybody here follow this actor?"""
    return bool(
        await reader.value(
            "SELECT 1 FROM follows f JOIN accounts a ON a.id = f.followed JOIN local_accounts l ON l.id = f.follower"
            " WHERE a.uri = $1 AND f.state = 'admitted' LIMIT 1",
            author,
        )
    )


@one_statement
async def status_known(reader: Reader, uri: str) -> int | None:
    """A post by its id."""
    found = await reader.value("SELECT id FROM statuses WHERE uri = $1 AND state = 'published'", uri)
    return None if found is None else int(found)


@one_statement
async def author_of(reader: Reader, status: int) -> str:
    """The actor id of a post's author, '' where there is no such post."""
    return str(
        await reader.value("SELECT a.uri FROM statuses s JOIN accounts a ON a.id = s.author WHERE s.id = $1", status)
        or ""
    )


@one_statement
async def buried(reader: Reader, uri: str) -> bool:
    """Was this taken back?"""
    return bool(await reader.value("SELECT 1 FROM tombstones WHERE uri = $1", uri))


@one_statement
async def followers_of(reader: Reader, account: int) -> str:
    """The id of an account's followers collection, '' where it has none."""
    return str(await reader.value("SELECT followers_uri FROM accounts WHERE id = $1", account) or "")


@one_statement
async def wanted_note(reader: Reader, author: int, named: list[str], parent: str) -> bool:
    """Has anybody here to do with a post: follows its author, is named in it, or takes part in what it answers?"""
    return bool(
        await reader.value(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM follows f JOIN local_accounts l ON l.id = f.follower"
            " WHERE f.followed = $1 AND f.state = 'admitted')"
            " OR EXISTS (SELECT 1 FROM accounts a WHERE a.uri {any_text:$2} AND a.domain = '' AND a.deleted_at IS NULL"
            f" AND a.username_key <> '{LIMITS}')"
            " OR EXISTS (SELECT 1 FROM statuses s WHERE s.uri = $3)",
            author,
            named,
            parent,
        )
    )
