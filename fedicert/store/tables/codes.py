"""The versions of the code of responsibility, and who agreed to which. Nothing of a version ever changes."""

import msgspec

from fedicert.store.unit import Reader, Row, Tx


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """One version. `digest`: SHA-256 of its text, hex."""

    version: int
    text: str
    digest: str
    published_at: int


_COLUMNS = "SELECT version, text, digest, published_at FROM codes"


async def current(reader: Reader) -> Code | None:
    """The version that holds; None on a server that has none yet."""
    row = await reader.one(_COLUMNS + " ORDER BY version DESC LIMIT 1")
    return None if row is None else _code(row)


async def numbered(reader: Reader, version: int) -> Code | None:
    """One version."""
    row = await reader.one(_COLUMNS + " WHERE version = $1", version)
    return None if row is None else _code(row)


async def insert(tx: Tx, code: Code, by: int) -> None:
    """A newer version. Duplicate where somebody else published one at the same moment."""
    await tx.run(
        "INSERT INTO codes (version, text, digest, by_account, published_at) VALUES ($1, $2, $3, $4, $5)",
        code.version,
        code.text,
        code.digest,
        by,
        code.published_at,
    )


async def agree(tx: Tx, account: int, version: int) -> None:
    """Somebody agreed to a version. The caller holds the account's lock."""
    await tx.run("UPDATE local_accounts SET code_agreed = $2 WHERE id = $1", account, version)


async def show(tx: Tx, account: int) -> bool:
    """Let the profile show what was agreed to, above the lowest rung; did that change? It is rendered, so the account's
    version rises."""
    row = await tx.one(
        "SELECT l.code_shown, CASE WHEN t.position > (SELECT MIN(position) FROM tiers) AND c.version IS NOT NULL"
        " THEN CAST(c.version AS TEXT) || ' ' || c.digest ELSE '' END AS wanted FROM local_accounts l"
        " JOIN tiers t ON t.id = l.tier LEFT JOIN codes c ON c.version = l.code_agreed WHERE l.id = $1",
        account,
    )
    if row is None or row["code_shown"] == row["wanted"]:
        return False
    await tx.run("UPDATE local_accounts SET code_shown = $2 WHERE id = $1", account, row["wanted"])
    await tx.run("UPDATE accounts SET version = version + 1 WHERE id = $1", account)
    return True


async def agreed(reader: Reader, account: int) -> int | None:
    """The version that somebody here agreed to, 0 none; None where the account isn't from here."""
    found = await reader.value("SELECT code_agreed FROM local_accounts WHERE id = $1", account)
    return None if found is None else int(found)


def _code(row: Row) -> Code:
    return Code(version=row[0], text=row[1], digest=row[2], published_at=row[3])
