"""Domains that an admin blocked for everybody here; a row stands for the domain and all below it."""

from collections.abc import Sequence

from fedicert.model.domain_blocks import DomainBlock, Severity
from fedicert.store.unit import Reader, Row, Tx

_COLUMNS = "id, domain, severity, reject_media, reject_reports, obfuscate, private_comment, public_comment, created_at"


async def by_id(reader: Reader, identifier: int) -> DomainBlock | None:
    """One of them."""
    row = await reader.one(f"SELECT {_COLUMNS} FROM domain_blocks WHERE id = $1", identifier)
    return None if row is None else block_of(row)


async def by_name(reader: Reader, domain: str) -> DomainBlock | None:
    """The row of this very domain."""
    row = await reader.one(f"SELECT {_COLUMNS} FROM domain_blocks WHERE domain = $1", domain)
    return None if row is None else block_of(row)


async def insert(tx: Tx, block: DomainBlock) -> int:
    """A new row; its id."""
    return int(
        await tx.value(
            "INSERT INTO domain_blocks (domain, severity, reject_media, reject_reports, obfuscate, private_comment,"
            " public_comment, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
            block.domain,
            block.severity,
            int(block.reject_media),
            int(block.reject_reports),
            int(block.obfuscate),
            block.private_comment,
            block.public_comment,
            tx.now,
        )
    )


async def update(tx: Tx, block: DomainBlock) -> None:
    """Change all but the domain."""
    await tx.run(
        "UPDATE domain_blocks SET severity = $2, reject_media = $3, reject_reports = $4, obfuscate = $5,"
        " private_comment = $6, public_comment = $7 WHERE id = $1",
        block.id,
        block.severity,
        int(block.reject_media),
        int(block.reject_reports),
        int(block.obfuscate),
        block.private_comment,
        block.public_comment,
    )


async def delete(tx: Tx, identifier: int) -> None:
    """Take a row out."""
    await tx.run("DELETE FROM domain_blocks WHERE id = $1", identifier)


async def every(reader: Reader) -> list[DomainBlock]:
    """All of them, by name."""
    rows = await reader.all(f"SELECT {_COLUMNS} FROM domain_blocks ORDER BY domain")
    return [block_of(row) for row in rows]


async def severities(reader: Reader, names: Sequence[str]) -> set[Severity]:
    """What was decided about any of these names."""
    rows = await reader.all("SELECT severity FROM domain_blocks WHERE domain {any_text:$1}", list(names))
    return {row[0] for row in rows}


def block_of(row: Row) -> DomainBlock:
    """A row with its columns."""
    return DomainBlock(
        id=row["id"],
        domain=row["domain"],
        severity=row["severity"],
        reject_media=bool(row["reject_media"]),
        reject_reports=bool(row["reject_reports"]),
        obfuscate=bool(row["obfuscate"]),
        private_comment=row["private_comment"],
        public_comment=row["public_comment"],
        created_at=row["created_at"],
    )
