"""Pictures of people here: whose, what for, which files, and on which post they hang.

`new`: the files are being written; `free`: hangs on nothing yet, or no longer; `used`; `discarded`: the files are to go,
and the row after them.
"""

from collections.abc import Iterable, Sequence

import msgspec

from fedicert.model.pictures import Purpose
from fedicert.model.statuses import MediaRow
from fedicert.store.unit import Reader, Row, Tx

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(MediaRow)

_COLUMNS = "SELECT id, owner, purpose, state, status, file, preview_file, entity FROM media "


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A row. `status`: the post it hangs on; `files`: names of what is on the disk."""

    id: int
    owner: int
    purpose: str
    state: str
    status: int | None
    files: tuple[str, ...]
    row: MediaRow


async def insert(tx: Tx, owner: int, purpose: Purpose, row: MediaRow, files: Sequence[str], size: int) -> None:
    """Claim the names of files that are about to be written; `size` in bytes, of all of them."""
    await tx.run(
        "INSERT INTO media (id, owner, purpose, state, status, file, preview_file, bytes, entity, changed_at)"
        " VALUES ($1, $2, $3, 'new', NULL, $4, $5, $6, $7, $8)",
        row.id,
        owner,
        purpose,
        files[0],
        files[1] if len(files) > 1 else "",
        size,
        _encoder.encode(row).decode(),
        tx.now,
    )


async def by_id(tx: Tx, identifier: int, owner: int) -> Picture | None:
    """Somebody's picture, its row locked; None for those that are being written or thrown away."""
    row = await tx.one(
        _COLUMNS + "WHERE id = $1 AND owner = $2 AND state IN ('free', 'used') {for_update}", identifier, owner
    )
    return None if row is None else _picture(row)


async def being_written(tx: Tx, identifier: int, owner: int) -> Picture | None:
    """Somebody's picture whose files are being written."""
    row = await tx.one(_COLUMNS + "WHERE id = $1 AND owner = $2 AND state = 'new' {for_update}", identifier, owner)
    return None if row is None else _picture(row)


async def several(tx: Tx, identifiers: Sequence[int], owner: int) -> dict[int, Picture]:
    """Somebody's attachments among these ids, their rows locked."""
    rows = await tx.all(
        _COLUMNS + "WHERE id {any_id:$1} AND owner = $2 AND purpose = 'attachment' AND state IN ('free', 'used')"
        " ORDER BY id {for_update}",
        list(identifiers),
        owner,
    )
    return {row["id"]: _picture(row) for row in rows}


async def set_state(tx: Tx, identifier: int, state: str) -> None:
    """It is `free` or `used` now, hanging on no post."""
    await tx.run("UPDATE media SET state = $2, status = NULL, changed_at = $3 WHERE id = $1", identifier, state, tx.now)


async def set_row(tx: Tx, row: MediaRow) -> None:
    """What a client sees of it changed."""
    await tx.run("UPDATE media SET entity = $2 WHERE id = $1", row.id, _encoder.encode(row).decode())


async def hang(tx: Tx, identifiers: Iterable[int], status: int) -> None:
    """They hang on a post now."""
    await tx.many(
        "UPDATE media SET state = 'used', status = $2, changed_at = $3 WHERE id = $1",
        [(identifier, status, tx.now) for identifier in identifiers],
    )


async def keep_until(tx: Tx, owner: int, identifiers: Sequence[int], until: int) -> None:
    """What hangs on nothing counts as touched at a moment (ms) to come."""
    await tx.run(
        "UPDATE media SET changed_at = $3 WHERE id {any_id:$1} AND owner = $2 AND state = 'free'",
        list(identifiers),
        owner,
        until,
    )


async def take_off(tx: Tx, status: int) -> None:
    """What hung on a post is free again."""
    await tx.run("UPDATE media SET state = 'free', status = NULL, changed_at = $2 WHERE status = $1", status, tx.now)


async def discard_of_status(tx: Tx, status: int) -> int:
    """What hung on a post goes; how many."""
    return await tx.run(
        "UPDATE media SET state = 'discarded', status = NULL, changed_at = $2 WHERE status = $1", status, tx.now
    )


async def discard(tx: Tx, identifier: int) -> int:
    """One goes."""
    return await tx.run(
        "UPDATE media SET state = 'discarded', status = NULL, changed_at = $2 WHERE id = $1", identifier, tx.now
    )


async def discard_others(tx: Tx, owner: int, purpose: Purpose, kept: int) -> int:
    """Somebody's avatars or headers but one go (0: all); how many. One that is just coming in stays."""
    return await tx.run(
        "UPDATE media SET state = 'discarded', changed_at = $4 WHERE owner = $1 AND purpose = $2 AND id <> $3"
        " AND state = 'used'",
        owner,
        purpose,
        kept,
        tx.now,
    )


async def discard_all(tx: Tx, owner: int) -> int:
    """Everything of somebody's goes; how many."""
    return await tx.run(
        "UPDATE media SET state = 'discarded', status = NULL, changed_at = $2 WHERE owner = $1"
        " AND state <> 'discarded'",
        owner,
        tx.now,
    )


async def discard_loose(tx: Tx, before: int, most: int) -> int:
    """What hung on nothing since before a moment (ms) goes; how many."""
    return await tx.run(
        "UPDATE media SET state = 'discarded', changed_at = $3 WHERE id IN (SELECT id FROM media"
        " WHERE state IN ('new', 'free') AND changed_at < $1 ORDER BY changed_at LIMIT $2)",
        before,
        most,
        tx.now,
    )


async def discarded(reader: Reader, most: int) -> list[tuple[int, tuple[str, ...]]]:
    """Some of what is to go: (id, names of files)."""
    rows = await reader.all(
        "SELECT id, file, preview_file FROM media WHERE state = 'discarded' ORDER BY id LIMIT $1", most
    )
    return [(row["id"], _files(row)) for row in rows]


async def remove(tx: Tx, identifiers: Sequence[int]) -> None:
    """Their files are gone; the rows go too."""
    await tx.run("DELETE FROM media WHERE id {any_id:$1} AND state = 'discarded'", list(identifiers))


def _picture(row: Row) -> Picture:
    return Picture(
        id=row["id"],
        owner=row["owner"],
        purpose=row["purpose"],
        state=row["state"],
        status=row["status"],
        files=_files(row),
        row=_decoder.decode(row["entity"]),
    )


def _files(row: Row) -> tuple[str, ...]:
    return (row["file"], row["preview_file"]) if row["preview_file"] else (row["file"],)
