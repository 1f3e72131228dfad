"""Actors of other servers, as their documents say: written here, read by views. Never where they are reached."""

from urllib.parse import urlsplit

import msgspec

from fedicert.activitypub.types import Actor
from fedicert.model.accounts import EmojiRow, FieldRow
from fedicert.store.unit import Reader, Tx
from fedicert.text.names import looks_checked, looks_like_limits


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A remote account that was met before. `fetched_at`: when its document was last read."""

    id: int
    uri: str
    fetched_at: int
    closed: bool
    type: str


async def known(reader: Reader, uri: str) -> Known | None:
    """The account of an actor id, if it was met."""
    row = await reader.one(
        "SELECT id, uri, fetched_at, type, deleted_at FROM accounts WHERE uri = $1 AND domain <> ''", uri
    )
    if row is None:
        return None
    return Known(
        id=row["id"],
        uri=row["uri"],
        fetched_at=row["fetched_at"],
        closed=row["deleted_at"] is not None,
        type=row["type"],
    )


async def insert(tx: Tx, identifier: int, actor: Actor, username: str, domain: str) -> bool:
    """Somebody met for the first time; False where the actor, or the handle, is there by now."""
    inserted = await tx.run(
        "INSERT INTO accounts (id, uri, username, username_key, domain, type, display_name, note_html, url, avatar_url,"
        " header_url, fields, emojis, locked, discoverable, indexable, memorial, followers_uri, featured_uri,"
        " also_known_as, created_at, fetched_at, followers_count, following_count, statuses_count, suspended_at, version)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,"
        " 0, 0, 0, $23, 1) ON CONFLICT DO NOTHING",
        identifier,
        actor.id,
        username,
        username.lower(),
        domain,
        *_described(actor),
        min(actor.published or tx.now, tx.now),
        tx.now,
        tx.now if actor.suspended else None,
    )
    return bool(inserted)


async def update(tx: Tx, identifier: int, actor: Actor) -> None:
    """The document was read again; its version rises, as what is rendered may have changed.

    Somebody who was gone and whom their server shows is back.
    """
    await tx.run(
        "UPDATE accounts SET type = $2, display_name = $3, note_html = $4, url = $5, avatar_url = $6, header_url = $7,"
        " fields = $8, emojis = $9, locked = $10, discoverable = $11, indexable = $12, memorial = $13,"
        " followers_uri = $14, featured_uri = $15, also_known_as = $16, fetched_at = $17, "
        " suspended_at = CASE WHEN barred > 0 THEN suspended_at ELSE $18 END,"
        " moved_to = CASE WHEN $19 = 0 THEN NULL ELSE moved_to END, deleted_at = NULL, version = version + 1 WHERE id = $1",
        identifier,
        *_described(actor),
        tx.now,
        tx.now if actor.suspended else None,
        int(bool(actor.moved_to)),
    )


async def old(reader: Reader, after: tuple[int, int], before: int, count: int) -> list[tuple[int, int]]:
    """Some (read at, id) of remote accounts whose document was read before a moment (ms), in that order, behind one."""
    rows = await reader.all(
        "SELECT fetched_at, id FROM accounts WHERE domain <> '' AND (fetched_at, id) > ($1, $2) AND fetched_at < $3"
        " ORDER BY fetched_at, id LIMIT $4",
        *after,
        before,
        count,
    )
    return [(row[0], row[1]) for row in rows]


async def unrelated(tx: Tx, accounts: list[int]) -> list[tuple[int, str]]:
    """Those of these (id, actor id) that nobody here has to do with: no follow, post, name in one or on
    the ledger, like, block."""
    rows = await tx.all(
        "SELECT a.id, a.uri FROM accounts a WHERE a.id {any_id:$1}"
        " AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.follower = a.id)"
        " AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.followed = a.id)"
        " AND NOT EXISTS (SELECT 1 FROM statuses s WHERE s.author = a.id)"
        " AND NOT EXISTS (SELECT 1 FROM status_mentions m WHERE m.account = a.id)"
        " AND NOT EXISTS (SELECT 1 FROM addressed d WHERE d.person = a.id)"
        " AND NOT EXISTS (SELECT 1 FROM favourites v WHERE v.account = a.id)"
        " AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account = a.id)"
        " AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.target = a.id)"
        " AND NOT EXISTS (SELECT 1 FROM mutes u WHERE u.target = a.id)"
        " AND NOT EXISTS (SELECT 1 FROM list_members i WHERE i.account = a.id)"
        " AND NOT EXISTS (SELECT 1 FROM account_notes n WHERE n.target = a.id)"
        # Should they be erased, their name on the ledger has to be found.
        " AND NOT EXISTS (SELECT 1 FROM ledger_names y WHERE y.person = a.id) ORDER BY a.id {for_update}",
        accounts,
    )
    return [(row[0], row[1]) for row in rows]


async def remove(tx: Tx, identifier: int) -> None:
    """Take an account out that nobody has to do with; met again, it is a new one."""
    await tx.run("DELETE FROM accounts WHERE id = $1 AND domain <> ''", identifier)


async def forget_keys(tx: Tx, before: int, most: int) -> int:
    """Drop keys not fetched or shown since a moment (ms): who signs with one again shows it again; how many."""
    return await tx.run(
        "DELETE FROM remote_keys WHERE key_id IN (SELECT key_id FROM remote_keys WHERE fetched_at < $1 LIMIT $2)",
        before,
        most,
    )


async def holder(reader: Reader, username: str, domain: str) -> int | None:
    """Who has a handle."""
    found = await reader.value(
        "SELECT id FROM accounts WHERE username_key = $1 AND domain = $2", username.lower(), domain
    )
    return None if found is None else int(found)


async def give_up_handle(tx: Tx, identifier: int) -> None:
    """The handle belongs to another actor now (its server said so); the old one keeps its id alone."""
    await tx.run(
        "UPDATE accounts SET username_key = username_key || '#' || CAST(id AS TEXT), version = version + 1 WHERE id = $1",
        identifier,
    )


async def close(tx: Tx, identifier: int) -> None:
    """The actor is gone for good."""
    await tx.run(
        "UPDATE accounts SET deleted_at = $2, display_name = '', note_html = '', avatar_url = '', header_url = '',"
        " fields = '[]', emojis = '[]', version = version + 1 WHERE id = $1",
        identifier,
        tx.now,
    )


async def show_key(tx: Tx, key_id: str, owner: str, algorithm: str, public: str) -> None:
    """Keep a key that an actor shows as its own; one that is known as another's stays that one's."""
    await tx.later(
        "INSERT INTO remote_keys (key_id, owner, algorithm, public_key, fetched_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (key_id) DO UPDATE SET algorithm = excluded.algorithm, public_key = excluded.public_key,"
        " fetched_at = excluded.fetched_at WHERE remote_keys.owner = excluded.owner",
        key_id,
        owner,
        algorithm,
        public,
        tx.now,
    )


async def put_key(tx: Tx, key_id: str, owner: str, algorithm: str, public: str) -> None:
    """Keep a key that is proven to be its owner's."""
    await tx.run(
        "INSERT INTO remote_keys (key_id, owner, algorithm, public_key, fetched_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (key_id) DO UPDATE SET owner = excluded.owner, algorithm = excluded.algorithm,"
        " public_key = excluded.public_key, fetched_at = excluded.fetched_at",
        key_id,
        owner,
        algorithm,
        public,
        tx.now,
    )


async def drop_keys(tx: Tx, owner: str) -> None:
    """An actor is gone: so are its keys."""
    await tx.run("DELETE FROM remote_keys WHERE owner = $1", owner)


def _shown_name(actor: Actor) -> str:
    """Who shows a name like the limits account's is shown with where they are from (law 8)."""
    return f"{actor.name} ({urlsplit(actor.id).netloc})" if looks_like_limits(actor.name) else actor.name


def _described(actor: Actor) -> tuple[object, ...]:
    # In which field this server says what it found itself is nobody else's to fill.
    fields = [FieldRow(field.name, field.value_html) for field in actor.fields if not looks_checked(field.name)]
    emojis = [EmojiRow(emoji.shortcode, emoji.url, emoji.url) for emoji in actor.emojis]
    return (
        actor.type,
        _shown_name(actor),
        actor.note_html,
        actor.url,
        actor.icon,
        actor.image,
        msgspec.json.encode(fields).decode(),
        msgspec.json.encode(emojis).decode(),
        int(actor.manually_approves),
        int(actor.discoverable),
        int(actor.indexable),
        int(actor.memorial),
        actor.followers,
        actor.featured,
        msgspec.json.encode(actor.also_known_as).decode(),
    )
