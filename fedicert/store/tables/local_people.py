"""Local people: the login, the account and the row that the law locks, written together. Nobody remote is in here."""

from collections.abc import Sequence

import msgspec

from fedicert.model.sealed_keys import SealedKey
from fedicert.store.sees import A_PERSON
from fedicert.store.unit import Reader, Row, Tx


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A local account as administration needs it. Times in ms; None: not (yet). `reason`: why they asked to join."""

    id: int
    uri: str
    username: str
    type: str
    role: str
    tier: str
    login: int | None
    email: str
    created_at: int
    confirmed_at: int | None
    approved_at: int | None
    disabled_at: int | None
    deleted_at: int | None
    followers: int
    suspended_at: int | None = None
    reason: str = ""


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What a new local account starts with."""

    id: int
    uri: str
    url: str
    username: str
    type: str
    display_name: str
    followers_uri: str
    featured_uri: str
    login: int | None
    role: str
    tier: int
    discoverable: bool
    language: str
    share: int | None = None


_SELECT = """
    SELECT a.id, a.uri, a.username, a.type, a.deleted_at, a.suspended_at, l.role, l.login, l.created_at, l.disabled_at,
        t.name AS tier,
        l.admitted + l.paused AS followers, g.email, g.confirmed_at, g.approved_at, g.reason
    FROM accounts a JOIN local_accounts l ON l.id = a.id JOIN tiers t ON t.id = l.tier
    LEFT JOIN logins g ON g.id = l.login
"""


async def by_name(reader: Reader, name: str) -> Person | None:
    """The local account of this name, a deleted one included."""
    row = await reader.one(_SELECT + "WHERE a.username_key = $1 AND a.domain = ''", name.lower())
    return None if row is None else _person(row)


async def by_id(reader: Reader, account: int) -> Person | None:
    """The local account of this id, a deleted one included."""
    row = await reader.one(_SELECT + "WHERE a.id = $1", account)
    return None if row is None else _person(row)


async def page(reader: Reader, after: int, count: int) -> list[Person]:
    """Local people in order of id, a page after `after`; the server's own accounts and deleted ones aside."""
    rows = await reader.all(
        _SELECT + f"WHERE a.id > $1 AND a.deleted_at IS NULL AND {A_PERSON} ORDER BY a.id LIMIT $2",
        after,
        count,
    )
    return [_person(row) for row in rows]


async def ids(reader: Reader, after: int, count: int) -> list[int]:
    """Local accounts, the instance's and deleted ones included, in order of id, a page after `after`."""
    rows = await reader.all("SELECT id FROM local_accounts WHERE id > $1 ORDER BY id LIMIT $2", after, count)
    return [row[0] for row in rows]


async def email_taken(reader: Reader, email: str) -> bool:
    """Does a login have this address?"""
    return bool(await reader.value("SELECT 1 FROM logins WHERE email_key = $1", email.lower()))


async def name_taken(reader: Reader, name: str) -> bool:
    """Has an account of this name ever been here? Names are never given twice."""
    return bool(await reader.value("SELECT 1 FROM accounts WHERE username_key = $1 AND domain = ''", name.lower()))


async def others_with_role(tx: Tx, role: str, account: int) -> int:
    """How many other accounts that can act hold this role."""
    return int(
        await tx.value(
            "SELECT COUNT(*) FROM local_accounts l JOIN accounts a ON a.id = l.id"
            " WHERE l.role = $1 AND l.id <> $2 AND l.disabled_at IS NULL AND a.deleted_at IS NULL",
            role,
            account,
        )
    )


async def language(reader: Reader, account: int) -> str:
    """The language of somebody's posts where they say nothing else."""
    return str(await reader.value("SELECT default_language FROM local_accounts WHERE id = $1", account) or "")


async def insert_login(
    tx: Tx, *, email: str, password_hash: str, locale: str, reason: str, confirmed: bool, approved: bool
) -> int:
    """A new login; its id."""
    return int(
        await tx.value(
            "INSERT INTO logins (email, email_key, password_hash, locale, reason, created_at, confirmed_at,"
            " approved_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
            email,
            email.lower(),
            password_hash,
            locale,
            reason,
            tx.now,
            tx.now if confirmed else None,
            tx.now if approved else None,
        )
    )


async def insert_account(tx: Tx, new: NewAccount) -> None:
    """A new local account with its row for the law. Duplicate where the name was ever given."""
    await tx.run(
        """
        INSERT INTO accounts (id, uri, username, username_key, domain, type, display_name, note_html, url, avatar_url,
            header_url, fields, emojis, locked, discoverable, indexable, memorial, followers_uri, featured_uri,
            also_known_as, created_at, fetched_at, followers_count, following_count, statuses_count, version)
        VALUES ($1, $2, $3, $4, '', $5, $6, '', $7, '', '', '[]', '[]', 0, $8, $8, 0, $9, $10, '[]', $11, $11,
            0, 0, 0, 1)
        """,
        new.id,
        new.uri,
        new.username,
        new.username.lower(),
        new.type,
        new.display_name,
        new.url,
        int(new.discoverable),
        new.followers_uri,
        new.featured_uri,
        tx.now,
    )
    await tx.run(
        """
        INSERT INTO local_accounts (id, login, role, tier, admitted, paused, held, requested, kept_used, admitted_seq,
            ledger_seq, ledger_at, ledger_head, told_locked, told_locked_at, note_text, fields_text,
            default_sensitive, default_language, hide_collections, created_at, cap_share)
        VALUES ($1, $2, $3, $4, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 0, '', '[]', 0, $5, 0, $6, $7)
        """,
        new.id,
        new.login,
        new.role,
        new.tier,
        new.language,
        tx.now,
        new.share,
    )


async def set_note(tx: Tx, account: int, text: str, html: str) -> None:
    """What an account says of itself; it is rendered, so the account's version rises."""
    await tx.run("UPDATE accounts SET note_html = $2, version = version + 1 WHERE id = $1", account, html)
    await tx.run("UPDATE local_accounts SET note_text = $2 WHERE id = $1", account, text)


async def insert_key(tx: Tx, owner: int, key: SealedKey) -> None:
    """Keep a key of this account."""
    await tx.run(
        "INSERT INTO keys (id, owner, purpose, alg, public, sealed, kid, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        key.id,
        owner,
        key.purpose,
        key.alg,
        key.public,
        key.sealed,
        key.kid,
        tx.now,
    )


async def set_role(tx: Tx, account: int, role: str) -> None:
    """Give a role; '' takes it away. Roles are rendered, so the account's version rises."""
    await tx.run("UPDATE local_accounts SET role = $2 WHERE id = $1", account, role)
    await tx.run("UPDATE accounts SET version = version + 1 WHERE id = $1", account)


async def set_suspended(tx: Tx, account: int, suspended: bool) -> None:
    """Suspend an account of ours, or no longer; what is shown of it changes, so its version rises."""
    await tx.run(
        "UPDATE accounts SET suspended_at = $2, version = version + 1 WHERE id = $1 AND domain = ''",
        account,
        tx.now if suspended else None,
    )


async def suspended_at(reader: Reader, account: int) -> int | None:
    """Since when an account of ours is suspended (ms)."""
    found = await reader.value("SELECT suspended_at FROM accounts WHERE id = $1 AND domain = ''", account)
    return None if found is None else int(found)


async def tokens(reader: Reader, account: int) -> list[int]:
    """The tokens of an account that hold."""
    rows = await reader.all("SELECT id FROM tokens WHERE account = $1 AND revoked_at IS NULL ORDER BY id", account)
    return [row[0] for row in rows]


async def set_disabled(tx: Tx, account: int, disabled: bool) -> None:
    """Close or open an account to its owner; a login is closed with the last of its accounts."""
    await tx.run("UPDATE local_accounts SET disabled_at = $2 WHERE id = $1", account, tx.now if disabled else None)
    await tx.run(
        "UPDATE logins SET disabled_at = CASE WHEN EXISTS (SELECT 1 FROM local_accounts o"
        " WHERE o.login = logins.id AND o.disabled_at IS NULL) THEN NULL ELSE COALESCE(disabled_at, $2) END"
        " WHERE id = (SELECT login FROM local_accounts WHERE id = $1)",
        account,
        tx.now,
    )


async def set_password(tx: Tx, login: int, password_hash: str) -> list[int]:
    """A new password; sessions, codes not exchanged yet and tokens of the login end. The tokens that ended."""
    await tx.run("UPDATE logins SET password_hash = $2 WHERE id = $1", login, password_hash)
    await tx.run("DELETE FROM sessions WHERE login = $1", login)
    of_login = "account IN (SELECT id FROM local_accounts WHERE login = $1)"
    await tx.run(f"DELETE FROM grants WHERE {of_login} AND used_at IS NULL", login)
    rows = await tx.all(f"SELECT id FROM tokens WHERE {of_login} AND revoked_at IS NULL", login)
    await tx.run(f"UPDATE tokens SET revoked_at = $2 WHERE {of_login} AND revoked_at IS NULL", login, tx.now)
    return [row[0] for row in rows]


async def renew_password_hash(tx: Tx, login: int, old: str, new: str) -> None:
    """Another hash of the same password, where the old one still stands."""
    await tx.run("UPDATE logins SET password_hash = $3 WHERE id = $1 AND password_hash = $2", login, old, new)


async def approve(tx: Tx, login: int) -> None:
    """Let somebody in who asked."""
    await tx.run("UPDATE logins SET approved_at = $2 WHERE id = $1 AND approved_at IS NULL", login, tx.now)


async def bury(tx: Tx, account: int) -> list[int]:
    """Mark an account as deleted and blank what it said of itself; the tokens that end. The row stays."""
    await tx.run(
        "UPDATE accounts SET deleted_at = $2, display_name = '', note_html = '', fields = '[]', avatar_url = '',"
        " header_url = '', also_known_as = '[]', discoverable = 0, indexable = 0, version = version + 1 WHERE id = $1",
        account,
        tx.now,
    )
    ended = await tx.all(
        "UPDATE tokens SET revoked_at = $2 WHERE account = $1 AND revoked_at IS NULL RETURNING id", account, tx.now
    )
    await tx.run("DELETE FROM grants WHERE account = $1", account)
    await tx.run("DELETE FROM account_notes WHERE account = $1 OR target = $1", account)
    await tx.run(
        "UPDATE local_accounts SET login = NULL, cap_share = NULL, role = '', note_text = '', fields_text = '[]',"
        " disabled_at = $2 WHERE id = $1",
        account,
        tx.now,
    )
    return [row[0] for row in ended]


async def delete_login_without_accounts(tx: Tx, login: int) -> None:
    """A login that opens nothing goes, with its address and its sessions."""
    gone = await tx.run(
        "DELETE FROM logins WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM local_accounts WHERE login = $1)", login
    )
    if gone:
        await tx.run("DELETE FROM sessions WHERE login = $1", login)
        await tx.run("DELETE FROM unheld WHERE login = $1", login)


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of themselves, and their defaults. `fields` and `fields_text` are JSON: as shown, as typed."""

    type: str
    display_name: str
    note_text: str
    note_html: str
    fields: str
    fields_text: str
    locked: bool
    discoverable: bool
    indexable: bool
    hide_collections: bool
    default_visibility: str | None
    default_sensitive: bool
    default_language: str
    default_quoting: str
    avatar_url: str
    header_url: str


async def profile(reader: Reader, account: int) -> Profile | None:
    """What somebody here says of themselves now."""
    row = await reader.one(
        "SELECT a.type, a.display_name, l.note_text, a.note_html, a.fields, l.fields_text, a.locked, a.discoverable,"
        " a.indexable, l.hide_collections, l.default_visibility, l.default_sensitive, l.default_language,"
        " l.default_quoting, a.avatar_url, a.header_url"
        " FROM accounts a JOIN local_accounts l ON l.id = a.id WHERE a.id = $1",
        account,
    )
    if row is None:
        return None
    return Profile(
        type=row["type"],
        display_name=row["display_name"],
        note_text=row["note_text"],
        note_html=row["note_html"],
        fields=row["fields"],
        fields_text=row["fields_text"],
        locked=bool(row["locked"]),
        discoverable=bool(row["discoverable"]),
        indexable=bool(row["indexable"]),
        hide_collections=bool(row["hide_collections"]),
        default_visibility=row["default_visibility"],
        default_sensitive=bool(row["default_sensitive"]),
        default_language=row["default_language"],
        default_quoting=row["default_quoting"],
        avatar_url=row["avatar_url"],
        header_url=row["header_url"],
    )


async def set_profile(tx: Tx, account: int, new: Profile) -> None:
    """Write down what somebody says of themselves; it is rendered, so the account's version rises."""
    await tx.run(
        "UPDATE accounts SET type = $2, display_name = $3, note_html = $4, fields = $5, locked = $6,"
        " discoverable = $7, indexable = $8, avatar_url = $9, header_url = $10, version = version + 1 WHERE id = $1",
        account,
        new.type,
        new.display_name,
        new.note_html,
        new.fields,
        int(new.locked),
        int(new.discoverable),
        int(new.indexable),
        new.avatar_url,
        new.header_url,
    )
    await tx.run(
        "UPDATE local_accounts SET note_text = $2, fields_text = $3, hide_collections = $4, default_visibility = $5,"
        " default_sensitive = $6, default_language = $7, default_quoting = $8 WHERE id = $1",
        account,
        new.note_text,
        new.fields_text,
        int(new.hide_collections),
        new.default_visibility,
        int(new.default_sensitive),
        new.default_language,
        new.default_quoting,
    )


def _person(row: Row) -> Person:
    return Person(
        id=row["id"],
        uri=row["uri"],
        username=row["username"],
        type=row["type"],
        role=row["role"],
        tier=row["tier"],
        login=row["login"],
        email=row["email"] or "",
        created_at=row["created_at"],
        confirmed_at=row["confirmed_at"],
        approved_at=row["approved_at"],
        disabled_at=row["disabled_at"],
        deleted_at=row["deleted_at"],
        followers=row["followers"],
        suspended_at=row["suspended_at"],
        reason=row["reason"] or "",
    )


async def staff(reader: Reader, roles: Sequence[str]) -> list[int]:
    """The accounts with one of these roles that are open."""
    rows = await reader.all(
        "SELECT l.id FROM local_accounts l JOIN accounts a ON a.id = l.id WHERE l.role {any_text:$1}"
        " AND l.disabled_at IS NULL AND a.suspended_at IS NULL AND a.deleted_at IS NULL ORDER BY l.id",
        list(roles),
    )
    return [row[0] for row in rows]
