"""A file that somebody sends as a whole text: a list, a credential. Never a picture."""

from starlette.datastructures import UploadFile

from fedicert.base.errors import TooLarge
from fedicert.web.plumbing.bodies import Fields

MOST_FILE = 4 * 1024 * 1024
MOST_BODY = MOST_FILE + 64 * 1024


async def file_of(fields: Fields, name: str) -> bytes | None:
    """The bytes of a file, or of a text field of that name; None where there is none. Raises `TooLarge`."""
    for key, value in reversed(fields.pairs):
        if key == name and isinstance(value, UploadFile):
            data = await value.read(MOST_FILE + 1)
            if len(data) > MOST_FILE:
                raise TooLarge(f"A file of this kind may have {MOST_FILE} bytes")
            return data or None
    text = fields.text(name)
    return None if text is None else text.encode()
