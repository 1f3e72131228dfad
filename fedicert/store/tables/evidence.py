"""Issuers of licences as they were met: their documents, status lists, and each change of their keys."""

from fedicert.store.unit import Reader, Tx

KEPT_CHANGES = 20
"""For each issuer."""


async def pin_of(reader: Reader, did: str) -> str | None:
    """The thumbprint of an issuer's keys as they were last seen; None: never met."""
    found = await reader.value("SELECT pin FROM met_issuers WHERE did = $1", did)
    return None if found is None else str(found)


async def put_issuer(tx: Tx, did: str, document: str, pin: str) -> None:
    """An issuer's document was fetched."""
    await tx.run(
        "INSERT INTO met_issuers (did, document, pin, first_met, fetched_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (did) DO UPDATE SET document = excluded.document, pin = excluded.pin,"
        " fetched_at = excluded.fetched_at",
        did,
        document,
        pin,
        tx.now,
        tx.now,
    )


async def add_change(tx: Tx, did: str, old_pin: str, new_pin: str) -> None:
    """An issuer's keys changed; the latest changes of each issuer are kept."""
    await tx.run(
        "INSERT INTO issuer_key_changes (id, did, changed_at, old_pin, new_pin) VALUES ($1, $2, $3, $4, $5)",
        tx.new_id(),
        did,
        tx.now,
        old_pin,
        new_pin,
    )
    await tx.run(
        "DELETE FROM issuer_key_changes WHERE did = $1 AND id NOT IN"
        " (SELECT id FROM issuer_key_changes WHERE did = $2 ORDER BY id DESC LIMIT $3)",
        did,
        did,
        KEPT_CHANGES,
    )


async def put_list(tx: Tx, url: str, issuer: str, document: str, pin: str, valid_from: int) -> bool:
    """A status list was proven. False, and nothing is changed, where a newer one was had from this address."""
    return bool(
        await tx.run(
            "INSERT INTO met_status_lists (url, issuer, document, pin, valid_from, fetched_at)"
            " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (url) DO UPDATE SET issuer = excluded.issuer,"
            " document = excluded.document, pin = excluded.pin, valid_from = excluded.valid_from,"
            " fetched_at = excluded.fetched_at WHERE met_status_lists.valid_from <= excluded.valid_from"
            " OR met_status_lists.issuer <> excluded.issuer",
            url,
            issuer,
            document,
            pin,
            valid_from,
            tx.now,
        )
    )


async def forget(tx: Tx, before: int, most: int) -> int:
    """Drop what wasn't fetched since a moment (ms), with the changes of issuers dropped; how many rows."""
    lists = await tx.run(
        "DELETE FROM met_status_lists WHERE url IN (SELECT url FROM met_status_lists WHERE fetched_at < $1 LIMIT $2)",
        before,
        most,
    )
    issuers = await tx.run(
        "DELETE FROM met_issuers WHERE did IN (SELECT did FROM met_issuers WHERE fetched_at < $1 LIMIT $2)",
        before,
        most,
    )
    if issuers:
        await tx.run(
            "DELETE FROM issuer_key_changes WHERE NOT EXISTS"
            " (SELECT 1 FROM met_issuers m WHERE m.did = issuer_key_changes.did)"
        )
    return max(lists, issuers)
