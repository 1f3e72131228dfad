"""What the limits account told whom, each once (law 8), and whom it speaks to. Only who is told here is written down."""

import msgspec

from fedicert.model.accounts import LIMITS
from fedicert.model.licences import LicenceRow
from fedicert.store.sees import A_PERSON
from fedicert.store.shapes import LICENCE_COLUMNS, licence_row
from fedicert.store.unit import Reader, Tx
from fedicert.text.own_fields import languages


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody here who can be told something. `languages`: what they read, the likeliest first."""

    id: int
    uri: str
    username: str
    url: str
    languages: tuple[str, ...]


async def listener(reader: Reader, account: int) -> Listener | None:
    """Whom to tell; None where the account isn't a person's here, or left."""
    row = await reader.one(
        "SELECT a.id, a.uri, a.username, a.url, l.default_language, g.locale FROM accounts a"
        " JOIN local_accounts l ON l.id = a.id LEFT JOIN logins g ON g.id = l.login"
        f" WHERE a.id = $1 AND a.deleted_at IS NULL AND {A_PERSON}",
        account,
    )
    if row is None:
        return None
    return Listener(
        id=row["id"],
        uri=row["uri"],
        username=row["username"],
        url=row["url"],
        languages=languages(row["locale"] or "", row["default_language"]),
    )


async def claim(tx: Tx, account: int, once: str, kind: str, status: int) -> bool:
    """Write down that it is said; False where it was said before. Of two at once, one waits here for the other."""
    return bool(
        await tx.run(
            "INSERT INTO told (account, once, kind, status, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            account,
            once,
            kind,
            status,
            tx.now,
        )
    )


async def said_to(reader: Reader, account: int, count: int) -> list[int]:
    """Posts in which something was said to an account, a few at a time."""
    rows = await reader.all(
        "SELECT m.status FROM status_mentions m JOIN statuses s ON s.id = m.status JOIN accounts a ON a.id = s.author"
        " WHERE m.account = $1 AND a.username_key = $2 AND a.domain = '' LIMIT $3",
        account,
        LIMITS,
        count,
    )
    return [row[0] for row in rows]


async def forget(tx: Tx, account: int) -> None:
    """Somebody left: forget that anything was said to them."""
    await tx.run("DELETE FROM told WHERE account = $1", account)


async def sweep(tx: Tx, before: int, most: int) -> int:
    """Forget what was said before a moment (ms); how many. The posts stay."""
    return await tx.run(
        "DELETE FROM told WHERE (account, once) IN (SELECT account, once FROM told WHERE at < $1 LIMIT $2)",
        before,
        most,
    )


async def first_waiting(reader: Reader, account: int, count: int) -> list[int]:
    """Who is first in the line before an account, in its order."""
    rows = await reader.all(
        "SELECT follower FROM follows WHERE followed = $1 AND state = 'held'"
        " ORDER BY was_trimmed DESC, kept DESC, id LIMIT $2",
        account,
        count,
    )
    return [row[0] for row in rows]


async def staff(reader: Reader) -> list[int]:
    """Owners and admins, who are told what an admin should know."""
    rows = await reader.all(
        "SELECT l.id FROM local_accounts l JOIN accounts a ON a.id = l.id WHERE l.role IN ('owner', 'admin')"
        " AND a.deleted_at IS NULL AND l.disabled_at IS NULL ORDER BY l.id LIMIT 20"
    )
    return [row[0] for row in rows]


class EndingLicence(msgspec.Struct, frozen=True, kw_only=True):
    """A licence of somebody here that says when it ends (ms)."""

    id: int
    account: int
    what: str
    ends_at: int


async def ending(reader: Reader, after: int, count: int) -> tuple[list[EndingLicence], int | None]:
    """A page of the licences that people here show, of those the ones that say when they end; where to go on."""
    rows = await reader.all(
        f"SELECT {LICENCE_COLUMNS} FROM licences n WHERE consented_at IS NOT NULL AND ended_at IS NULL AND id > $1"
        " AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = n.account AND a.domain = '' AND a.deleted_at IS NULL"
        " AND a.suspended_at IS NULL) ORDER BY id LIMIT $2",
        after,
        count,
    )
    found = [licence_row(row) for row in rows]
    ends = [
        EndingLicence(id=one.id, account=one.account, what=what_of(one), ends_at=one.said.valid_until)
        for one in found
        if one.said is not None and one.said.valid_until is not None
    ]
    return ends, found[-1].id if len(found) == count else None


def what_of(row: LicenceRow) -> str:
    """A licence as its holder knows it: what it is for, and its number."""
    said = row.said
    if said is None:
        return str(row.number)
    return f"{said.title} ({said.number})" if said.number else said.title
