"""Before a post is written or rewritten: the author's seat, and the text as it will be kept and shown."""

from collections.abc import Mapping, Sequence

import msgspec

from fedicert.base.errors import Forbidden, NotFound, Unprocessable
from fedicert.model.statuses import MAX_CHARACTERS, MediaRow, MentionRow
from fedicert.model.urls import Urls
from fedicert.store.tables import seats
from fedicert.store.tables.seats import Seat
from fedicert.store.unit import Tx
from fedicert.text import compose
from fedicert.text.permits import imitates

PERMIT_LINE = "A line that begins like the one in which this server names a licence is the server's own"
MAX_MENTIONS = 100
MAX_TAGS = 100
MAX_HTML = 24 * 1024
"""Bytes: with everything around it, said in two places, an activity stays below 60 KiB."""


MOVED = (
    "This account has moved. It can be read, taken out and deleted, and the move can be taken back in its settings; for"
    " anything else use the account that it moved to"
)


class Written(msgspec.Struct, frozen=True):
    """A text as it is kept and shown."""

    text: str
    spoiler: str
    html: str
    tags: tuple[str, ...]
    mentions: tuple[MentionRow, ...]

    @property
    def signs(self) -> tuple[str, ...]:
        """Hashtags of the text and of the content warning, which links to none: what its author says of the post."""
        return (*self.tags, *compose.find(self.spoiler).hashtags) if self.spoiler else self.tags


async def open_seat(tx: Tx, author: int, *, retracts: bool = False) -> Seat:
    """The author's seat, locked. `NotFound` for somebody not from here, `Forbidden` for a closed account.

    `retracts`: something is taken back, which an account that moved may do (docs/law.md, Cases).
    """
    seat = await seats.lock(tx, author)
    if seat is None:
        raise NotFound
    if seat.closed:
        raise Forbidden("This account is closed")
    if seat.moved and not retracts:
        raise Forbidden(MOVED)
    return seat


def write(urls: Urls, text: str, spoiler: str, mentions: Mapping[str, MentionRow], *, blank: bool = False) -> Written:
    """A text as it will be kept and shown; its limits are checked here (the client API §4). `blank`: it may be empty."""
    text, spoiler = compose.plain(text), compose.plain(spoiler)
    if not text and not blank:
        text, spoiler = spoiler, ""
    if not text and not blank:
        raise Unprocessable("Validation failed: Text can't be blank")
    if imitates(text) or imitates(spoiler):
        raise Unprocessable(f"Validation failed: {PERMIT_LINE}")
    if compose.length(text, spoiler) > MAX_CHARACTERS:
        raise Unprocessable(f"Validation failed: Text character limit of {MAX_CHARACTERS} exceeded")
    found = compose.find(text)
    named = {name: mentions[name] for name in found.mentions if name in mentions}
    people = tuple({mention.id: mention for mention in named.values()}.values())
    if len(people) > MAX_MENTIONS or len(found.hashtags) > MAX_TAGS:
        raise Unprocessable(f"Validation failed: A post has at most {MAX_MENTIONS} mentions and {MAX_TAGS} hashtags")
    html = compose.render(text, {name: (who.url, who.username) for name, who in named.items()}, urls.tag)
    written = Written(text, spoiler, html, found.hashtags, people)
    check_size(written, ())
    return written


def check_size(written: Written, media: Sequence[MediaRow]) -> None:
    """Can it be sent, with what is said of its pictures? The text stands in two places of an activity."""
    said = sum(len(row.description.encode()) for row in media)
    if len(written.html.encode()) + (said + 1) // 2 > MAX_HTML:
        raise Unprocessable("Validation failed: Text is too large to be sent to other servers")
