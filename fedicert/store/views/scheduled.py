"""What somebody has waiting to be posted, and their drafts, with the pictures of each."""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import NotFound
from fedicert.mastodon.paging import MAX_ID, Page
from fedicert.model.scheduled import Kept, ScheduledRow
from fedicert.model.statuses import MediaRow
from fedicert.store.unit import Reader, Row

_SELECT = "SELECT id, account, due, draft, refused, token, idempotency FROM scheduled WHERE account = $1"
_kept = msgspec.json.Decoder(Kept)
_media = msgspec.json.Decoder(MediaRow)


async def several(reader: Reader, viewer: int, part: Page, *, drafts: bool = False) -> list[ScheduledRow]:
    """A part of the list, newest first; `drafts`: those alone that wait for no time."""
    rows = await reader.all(
        f"{_SELECT} AND id < $2 AND id > $3{' AND due IS NULL' if drafts else ''}"
        f" ORDER BY id {'ASC' if part.ascending else 'DESC'} LIMIT $4",
        viewer,
        MAX_ID if part.max_id is None else part.max_id,
        max(part.since_id or 0, part.min_id or 0),
        part.limit,
    )
    return await _rows(reader, rows[::-1] if part.ascending else rows)


async def one(reader: Reader, viewer: int, identifier: int) -> ScheduledRow:
    """One of the viewer's own. `NotFound`."""
    found = await _rows(reader, await reader.all(f"{_SELECT} AND id = $2", viewer, identifier))
    if not found:
        raise NotFound
    return found[0]


async def _rows(reader: Reader, rows: Sequence[Row]) -> list[ScheduledRow]:
    kept = {row["id"]: _kept.decode(row["draft"]) for row in rows}
    wanted = [identifier for one in kept.values() for identifier in one.media_ids]
    media: dict[int, MediaRow] = {}
    if wanted:
        found = await reader.all("SELECT id, entity FROM media WHERE id {any_id:$1} AND state <> 'discarded'", wanted)
        media = {row["id"]: _media.decode(row["entity"]) for row in found}
    return [
        ScheduledRow(
            id=row["id"],
            account=row["account"],
            due=row["due"],
            kept=kept[row["id"]],
            refused=row["refused"],
            token=row["token"],
            idempotency=row["idempotency"],
            media=tuple(media[one] for one in kept[row["id"]].media_ids if one in media),
        )
        for row in rows
    ]
