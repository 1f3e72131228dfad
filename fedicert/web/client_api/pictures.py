"""Pictures that come in with a request: from the upload to files that can be shown, and what is said of them.

The bytes lie in a temporary file until they are looked at, in the limited child; nothing of them is kept that it
didn't make. Whatever fails on the way leaves no file and no usable row.
"""

import contextlib
import math
from collections.abc import Sequence

import msgspec
from starlette.datastructures import UploadFile

from fedicert.base.errors import FedicertError, Unprocessable
from fedicert.media.messages import Made
from fedicert.media.studio import EMPTY, TOO_MUCH
from fedicert.model.pictures import MAX_BYTES, MEGABYTE, Purpose
from fedicert.model.statuses import MediaRow
from fedicert.operations import pictures
from fedicert.operations.pictures import Focus, Note
from fedicert.store.blobs import new_name
from fedicert.web.plumbing.endpoint import Call

MOST_BODY = MAX_BYTES + MEGABYTE
"""Of a request with a picture."""
MOST_TWO = 2 * MAX_BYTES + MEGABYTE
"""Of one with an avatar and a header."""
NO_FOCUS = "Validation failed: Focus must be two numbers from -1 to 1, as in 0.0,0.5"


def is_file(given: object) -> bool:
    """Was a picture sent? Browsers send an empty file where none was chosen."""
    if isinstance(given, UploadFile):
        return bool(given.filename or given.size)
    return bool(given)


def media_ids(given: Sequence[str]) -> list[int]:
    """The ids of pictures. Raises `Unprocessable`, in the words for one that isn't there."""
    wrong = [text for text in given if not (text.isascii() and text.isdigit() and len(text) < 19)]
    if wrong:
        raise Unprocessable(
            f"Media {', '.join(text[:40] for text in wrong)} not found or already attached to another post"
        )
    return [int(text) for text in given]


def note_of(description: str | None, focus: str | None) -> Note:
    """What a client says of a picture. Raises `Unprocessable`."""
    return Note(description=description, focus=_focus(focus) if focus else None)


async def take_in(call: Call, given: object, purpose: Purpose, note: Note | None = None) -> MediaRow:
    """Make a picture that was sent ready for use; the row clients see.

    Raises `Unprocessable` for what is no picture that can be taken, `Unavailable`, `StoreUnavailable`.
    """
    row = pictures.noted(MediaRow(id=0), note) if note is not None else MediaRow(id=0)
    made = await call.deps.studio.make(await _bytes_of(given, purpose), purpose)
    row, files = _described(call, row, made)
    identifier = await call.write(pictures.begin, purpose, row, list(files), sum(map(len, files.values())))
    try:
        for name, data in files.items():
            await call.deps.blobs.put(name, data)
        return await call.write(pictures.finish, identifier)
    except FedicertError:
        # The row may be gone by now, with an account that was deleted meanwhile: nobody else would find the files.
        with contextlib.suppress(FedicertError):
            await call.deps.blobs.delete(files)
        await call.write(pictures.give_up, identifier)
        raise


async def _bytes_of(given: object, purpose: Purpose) -> bytes:
    name = "File" if purpose == "attachment" else purpose.capitalize()
    if isinstance(given, str) and given:
        raise Unprocessable(f"Validation failed: {name} must be sent as a file, in multipart/form-data")
    if not isinstance(given, UploadFile):
        raise Unprocessable(EMPTY)
    if (given.size or 0) > MAX_BYTES:
        raise Unprocessable(TOO_MUCH)
    return await given.read()


def _described(call: Call, row: MediaRow, made: Made) -> tuple[MediaRow, dict[str, bytes]]:
    """The row, and file name → bytes."""
    original, preview = made.original, made.preview
    name = new_name(call.deps.entropy, original.suffix)
    files = {name: original.data}
    shown = msgspec.structs.replace(
        row,
        url=call.deps.urls.file(name),
        mime_type=original.mime_type,
        width=original.width,
        height=original.height,
        blurhash=made.blurhash,
    )
    if preview is None:
        return shown, files
    name = new_name(call.deps.entropy, preview.suffix)
    files[name] = preview.data
    return msgspec.structs.replace(
        shown, preview_url=call.deps.urls.file(name), preview_width=preview.width, preview_height=preview.height
    ), files


def _focus(text: str) -> Focus:
    parts = text.split(",")
    try:
        x, y = (float(part) for part in parts)
    except ValueError:
        raise Unprocessable(NO_FOCUS) from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise Unprocessable(NO_FOCUS)
    return max(-1.0, min(1.0, x)), max(-1.0, min(1.0, y))
