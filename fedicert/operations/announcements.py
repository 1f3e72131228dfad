"""What the server says to everybody here: a changed rule, a window to come, the staff's own words.

People read it in their clients, put it aside, and answer with a single sign.
"""

from collections.abc import Mapping

from fedicert.base.errors import Forbidden, NotFound, Unprocessable
from fedicert.operations.ledger import Party, record
from fedicert.store.tables import announcements, people, seats
from fedicert.store.unit import Tx
from fedicert.text.told import FALLBACK

LONGEST = 5_000
MOST_SIGNS = 8
LONGEST_SIGN = 32


async def announce(
    tx: Tx,
    text: str | Mapping[str, str],
    *,
    starts_at: int | None = None,
    ends_at: int | None = None,
    once: str,
) -> int:
    """Say something to everybody, in plain text; its id. Under a key `once` it is said once, whatever comes later.

    `text`: somebody's own words, or the server's in several languages, of which everybody reads theirs, else English.
    `starts_at`, `ends_at` (ms): what it is about; it is shown from now on, until its end or for 90 days.
    """
    there = await announcements.of_key(tx, once)
    if there is not None:
        return there
    texts = {} if isinstance(text, str) else text
    said = text if isinstance(text, str) else text[FALLBACK]
    number = await announcements.insert(tx, said, texts, starts_at, ends_at, once)
    tx.signal("announcement", number)
    return number


async def announce_as(tx: Tx, by: int, text: str, ends_at: int | None = None) -> int:
    """The staff's own words; on the ledger that they were said. Raises Forbidden, Unprocessable."""
    text = text.strip()
    if not 0 < len(text) <= LONGEST:
        raise Unprocessable(f"an announcement has 1 to {LONGEST} characters")
    if ends_at is not None and ends_at <= tx.now:
        raise Unprocessable("an announcement can't have ended before it is made")
    await _check(tx, by)
    number = await announce(tx, text, ends_at=ends_at, once=f"staff:{tx.new_id()}")
    await _told(tx, by, "announced", number)
    return number


async def withdraw(tx: Tx, by: int, announcement: int) -> None:
    """Take an announcement back. Raises Forbidden, NotFound."""
    await _check(tx, by)
    await _told(tx, by, "announcement_withdrawn", announcement)
    if not await announcements.withdraw(tx, announcement):
        raise NotFound("there is no such announcement")


async def _check(tx: Tx, by: int) -> None:
    seat = await seats.read(tx, by)
    if seat is None or seat.closed or seat.role not in ("owner", "admin"):
        raise Forbidden("only an owner or admin announces something in this server's name")


async def _told(tx: Tx, by: int, kind: str, number: int) -> None:
    """On the instance's ledger: by whom, and which one."""
    admin = await people.by_id(tx, by)
    parties = {} if admin is None else {"by": Party(admin.uri, admin.id)}
    await record(tx, await people.instance(tx), kind, "law 8", parties, {"announcement": number})


async def dismiss(tx: Tx, account: int, announcement: int) -> None:
    """Somebody has read it. Raises NotFound."""
    await _there(tx, announcement)
    await announcements.read(tx, account, announcement)


async def react(tx: Tx, account: int, announcement: int, name: str) -> None:
    """Answer with a sign, an emoji of Unicode. Raises NotFound, Unprocessable."""
    await _there(tx, announcement)
    if not is_sign(name):
        raise Unprocessable("Validation failed: Name is not a recognized emoji")
    there = await announcements.signs(tx, announcement)
    if name not in there and len(there) >= MOST_SIGNS:
        raise Unprocessable("Validation failed: Limit of different reactions reached")
    await announcements.react(tx, account, announcement, name)


async def unreact(tx: Tx, account: int, announcement: int, name: str) -> None:
    """Take a sign back. Raises NotFound."""
    await _there(tx, announcement)
    await announcements.unreact(tx, account, announcement, name)


def is_sign(name: str) -> bool:
    """Is this one emoji of Unicode? By its characters: pictographs, and what joins, colours or frames them."""
    if not 0 < len(name) <= LONGEST_SIGN:
        return False
    points = [ord(character) for character in name]
    keycap = 0x20E3 in points and all(point in _KEYCAP for point in points)
    return keycap or (
        any(map(_pictograph, points)) and all(_pictograph(point) or point in _JOINERS for point in points)
    )


_JOINERS = {0x200D, 0xFE0F, 0xFE0E, *range(0xE0020, 0xE0080)}
_KEYCAP = {*b"0123456789#*", 0xFE0F, 0x20E3}


def _pictograph(point: int) -> bool:
    return (
        0x1F000 <= point <= 0x1FAFF
        or 0x2190 <= point <= 0x21FF
        or 0x2300 <= point <= 0x27BF
        or 0x2900 <= point <= 0x297F
        or 0x2B00 <= point <= 0x2BFF
        or point in (0x00A9, 0x00AE, 0x203C, 0x2049, 0x2122, 0x2139, 0x3030, 0x303D, 0x3297, 0x3299)
    )


async def _there(tx: Tx, announcement: int) -> None:
    if not await announcements.exists(tx, announcement):
        raise NotFound
