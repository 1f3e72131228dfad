"""What is known of issuers of licences, so that nobody is asked again at once; and what an admin sees of them."""

from collections.abc import Sequence

import msgspec

from fedicert.store.unit import Reader, one_statement

SHOWN_CHANGES = 200


class KeptIssuer(msgspec.Struct, frozen=True, kw_only=True):
    """An issuer's document (JSON) as it was last had."""

    did: str
    document: str
    pin: str
    first_met: int
    fetched_at: int


class KeptList(msgspec.Struct, frozen=True, kw_only=True):
    """A status list (JSON) that was proven by the issuer's keys of thumbprint `pin`."""

    issuer: str
    document: str
    pin: str
    valid_from: int
    fetched_at: int


class KeyChange(msgspec.Struct, frozen=True, kw_only=True):
    """An issuer's keys became others."""

    did: str
    changed_at: int
    old_pin: str
    new_pin: str


@one_statement
async def issuer(reader: Reader, did: str) -> KeptIssuer | None:
    """An issuer that was met."""
    row = await reader.one(
        "SELECT did, document, pin, first_met, fetched_at FROM met_issuers WHERE did = $1",
        did,
    )
    if row is None:
        return None
    return KeptIssuer(did=row[0], document=row[1], pin=row[2], first_met=row[3], fetched_at=row[4])


@one_statement
async def status_list(reader: Reader, url: str) -> KeptList | None:
    """The status list last proven from an address."""
    row = await reader.one(
        "SELECT issuer, document, pin, valid_from, fetched_at FROM met_status_lists WHERE url = $1", url
    )
    if row is None:
        return None
    return KeptList(issuer=row[0], document=row[1], pin=row[2], valid_from=row[3], fetched_at=row[4])


class MetIssuer(msgspec.Struct, frozen=True, kw_only=True):
    """What an admin sees of an issuer: the thumbprint of its keys, when it was met and last asked (ms), and its changes."""

    did: str
    pin: str
    first_met: int
    fetched_at: int
    changes: tuple[KeyChange, ...]


async def met_issuers(reader: Reader, dids: list[str]) -> list[MetIssuer]:
    """Those of these issuers that were ever met, with the latest changes of their keys, newest first."""
    rows = await reader.all(
        "SELECT did, pin, first_met, fetched_at FROM met_issuers WHERE did {any_text:$1} ORDER BY did", dids
    )
    changes = await key_changes(reader, dids, SHOWN_CHANGES)
    return [
        MetIssuer(
            did=row[0],
            pin=row[1],
            first_met=row[2],
            fetched_at=row[3],
            changes=tuple(change for change in changes if change.did == row[0]),
        )
        for row in rows
    ]


async def key_changes(reader: Reader, dids: Sequence[str], most: int) -> list[KeyChange]:
    """The latest changes of the keys of these issuers, newest first."""
    rows = await reader.all(
        "SELECT did, changed_at, old_pin, new_pin FROM issuer_key_changes WHERE did {any_text:$1}"
        " ORDER BY id DESC LIMIT $2",
        list(dids),
        most,
    )
    return [KeyChange(did=row[0], changed_at=row[1], old_pin=row[2], new_pin=row[3]) for row in rows]
