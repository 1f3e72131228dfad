"""Pictures of people here, from the upload until the last file is gone. What is in them was judged before (media).

A row claims the names of the files before they are written, so that whatever breaks off, a sweep finds them. What
hangs on nothing for a day goes; a deleted post's pictures stay that long, since clients write it anew with them.
"""

from collections.abc import Sequence

import msgspec

from fedicert.base.clock import DAY
from fedicert.base.errors import NotFound, Unprocessable
from fedicert.model.pictures import MAX_ATTACHMENTS, MAX_DESCRIPTION, Purpose
from fedicert.model.statuses import MediaRow
from fedicert.operations import jobs
from fedicert.operations.writing import open_seat
from fedicert.store.tables import media
from fedicert.store.unit import Reader, Tx
from fedicert.text import compose

LOOSE_FOR = DAY
MOST = 500
AT_ONCE = 100

TOO_MANY = f"Cannot attach more than {MAX_ATTACHMENTS} files"
IN_USE = "Media attachment is currently used by a status"
TOO_LONG = f"Validation failed: Description is too long (maximum is {MAX_DESCRIPTION} characters)"

DISCARD = "discard_media"

Focus = tuple[float, float]


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What its owner says of a picture; None leaves a thing as it is. `focus`: x and y, -1 to 1."""

    description: str | None = None
    focus: Focus | None = None


def noted(row: MediaRow, note: Note) -> MediaRow:
    """The picture with what was said of it. Raises `Unprocessable` where that is too long."""
    if note.description is not None:
        description = compose.plain(note.description)
        if len(description) > MAX_DESCRIPTION:
            raise Unprocessable(TOO_LONG, {"description": [("ERR_TOO_LONG", "is too long")]})
        row = msgspec.structs.replace(row, description=description)
    if note.focus is not None:
        row = msgspec.structs.replace(row, focus_x=note.focus[0], focus_y=note.focus[1])
    return row


async def begin(tx: Tx, owner: int, purpose: Purpose, row: MediaRow, files: Sequence[str], size: int) -> int:
    """Claim the names of files that will be written now; the picture's id. `size`: bytes of all of them."""
    await open_seat(tx, owner)
    row = msgspec.structs.replace(row, id=tx.new_id())
    await media.insert(tx, owner, purpose, row, files, size)
    return row.id


async def finish(tx: Tx, owner: int, identifier: int) -> MediaRow:
    """The files are there: the picture can be used. Raises `NotFound` where it was given up meanwhile."""
    found = await media.being_written(tx, identifier, owner)
    if found is None:
        raise NotFound
    await media.set_state(tx, identifier, "free")
    return found.row


async def give_up(tx: Tx, owner: int, identifier: int) -> None:
    """The files couldn't be written, or what they were for failed."""
    if await media.discard(tx, identifier):
        await _clear(tx)


async def describe(tx: Tx, owner: int, identifier: int, note: Note) -> MediaRow:
    """Say something of a picture that hangs on nothing yet. Raises `NotFound`, `Unprocessable`."""
    found = await media.by_id(tx, identifier, owner)
    if found is None or found.purpose != "attachment" or found.state != "free":
        raise NotFound
    row = noted(found.row, note)
    await media.set_row(tx, row)
    return row


async def remove(tx: Tx, owner: int, identifier: int) -> None:
    """Throw a picture away that hangs on nothing. Raises `NotFound`, `Unprocessable` where it is used."""
    found = await media.by_id(tx, identifier, owner)
    if found is None or found.purpose != "attachment":
        raise NotFound
    if found.state == "used":
        raise Unprocessable(IN_USE)
    await media.discard(tx, identifier)
    await _clear(tx)


async def choose(
    tx: Tx, owner: int, identifiers: Sequence[int], notes: Sequence[tuple[int, Note]] = (), status: int | None = None
) -> tuple[MediaRow, ...]:
    """The pictures that a post is to have, in this order, with what is newly said of them.

    `status`: the post, where it is there already; what ever hung on it may hang on it again. Raises `Unprocessable`.
    """
    wanted = list(dict.fromkeys(identifiers))
    if not wanted:
        return ()
    if len(wanted) > MAX_ATTACHMENTS:
        raise Unprocessable(TOO_MANY)
    found = await media.several(tx, wanted, owner)
    own = [one for one in found.values() if one.state == "free" or (status is not None and one.status == status)]
    free = {one.id: one.row for one in own}
    missing = [str(identifier) for identifier in wanted if identifier not in free]
    if missing:
        raise Unprocessable(f"Media {', '.join(missing)} not found or already attached to another post")
    for identifier, note in notes:
        if identifier in free:
            row = noted(free[identifier], note)
            if row != free[identifier]:
                free[identifier] = row
                await media.set_row(tx, row)
    return tuple(free[identifier] for identifier in wanted)


async def hang(tx: Tx, rows: Sequence[MediaRow], status: int) -> None:
    """They are a post's now."""
    if rows:
        await media.hang(tx, [row.id for row in rows], status)


async def keep_until(tx: Tx, owner: int, identifiers: Sequence[int], until: int) -> None:
    """Somebody's pictures hang on nothing, and stay until a day after this moment (ms): a post for later wants them."""
    if identifiers:
        await media.keep_until(tx, owner, identifiers, until)


async def take_off(tx: Tx, status: int, *, keep: bool) -> None:
    """A post goes; its pictures too, at once, or where they are kept for a new version of it, in a day."""
    if keep:
        await media.take_off(tx, status)
    elif await media.discard_of_status(tx, status):
        await _clear(tx)


async def wear(tx: Tx, owner: int, purpose: Purpose, identifier: int | None) -> None:
    """A new avatar or header, or none: the one before goes."""
    if identifier is not None:
        await media.set_state(tx, identifier, "used")
    if await media.discard_others(tx, owner, purpose, identifier or 0):
        await _clear(tx)


async def discard_all(tx: Tx, owner: int) -> None:
    """Somebody leaves: everything they brought goes."""
    if await media.discard_all(tx, owner):
        await _clear(tx)


async def sweep(tx: Tx) -> int:
    """What hung on nothing for a day goes; how many were looked at."""
    found = await media.discard_loose(tx, tx.now - LOOSE_FOR, MOST)
    await _clear(tx)
    return found


async def discarded(reader: Reader) -> list[tuple[int, tuple[str, ...]]]:
    """Some of what is to go: (id, names of files)."""
    return await media.discarded(reader, AT_ONCE)


async def forget(tx: Tx, identifiers: Sequence[int]) -> None:
    """Their files are gone."""
    await media.remove(tx, identifiers)


async def _clear(tx: Tx) -> None:
    """Have the files of what was thrown away removed."""
    await jobs.enqueue(tx, DISCARD, {}, key="all")
