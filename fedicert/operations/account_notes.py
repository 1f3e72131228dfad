"""A private note about an account: only its writer ever sees it, and it goes to no other server."""

from fedicert.base.errors import NotFound, Unprocessable
from fedicert.store.tables import account_notes, people
from fedicert.store.unit import Tx

LONGEST = 2_000


async def write_note(tx: Tx, account: int, target: int, text: str) -> None:
    """Keep a note about somebody; an empty one takes it away. Raises NotFound, Unprocessable."""
    text = text.strip()
    if len(text) > LONGEST:
        fault = f"is longer than {LONGEST} characters"
        raise Unprocessable(f"Validation failed: Comment {fault}", {"comment": [("ERR_TOO_LONG", fault)]})
    if await people.by_id(tx, target) is None:
        raise NotFound
    if text:
        await account_notes.put(tx, account, target, text)
    else:
        await account_notes.delete(tx, account, target)
