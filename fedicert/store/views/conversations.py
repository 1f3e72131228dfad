"""Somebody's conversations, the one with the newest post first. A fixed number of statements, whatever the page's size."""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import NotFound
from fedicert.mastodon.paging import MAX_ID, Page
from fedicert.store.loaders import account_bytes, by_ids
from fedicert.store.shelf import Shelf
from fedicert.store.unit import Reader, Row

_SELECT = "SELECT id, people, last_status, unread FROM conversations WHERE account = $1"
_people = msgspec.json.Decoder(tuple[int, ...])


class Conversation(msgspec.Struct, frozen=True):
    """One of them: the others (oneself, where one is alone), each the bytes of an Account, and the last post's bytes."""

    id: int
    unread: bool
    accounts: list[bytes]
    last_status: bytes


class Conversations(msgspec.Struct, frozen=True):
    """A part of the list; the cursors of its ends count posts, None where it is empty; `more`: it was full."""

    items: list[Conversation]
    newest: int | None = None
    oldest: int | None = None
    more: bool = False


async def several(reader: Reader, viewer: int, shelf: Shelf, part: Page) -> Conversations:
    """A page."""
    order = "ASC" if part.ascending else "DESC"
    rows = await reader.all(
        f"{_SELECT} AND last_status < $2 AND last_status > $3 ORDER BY last_status {order} LIMIT $4",
        viewer,
        MAX_ID if part.max_id is None else part.max_id,
        max(part.since_id or 0, part.min_id or 0),
        part.limit,
    )
    if not rows:
        return Conversations([])
    if part.ascending:
        rows = rows[::-1]
    items = await _loaded(reader, viewer, shelf, rows)
    return Conversations(items, rows[0]["last_status"], rows[-1]["last_status"], len(rows) >= part.limit)


async def one(reader: Reader, viewer: int, shelf: Shelf, identifier: int) -> Conversation:
    """One. `NotFound`, also where its last post may not be seen any longer."""
    found = await _loaded(reader, viewer, shelf, await reader.all(f"{_SELECT} AND id = $2", viewer, identifier))
    if not found:
        raise NotFound
    return found[0]


async def _loaded(reader: Reader, viewer: int, shelf: Shelf, rows: Sequence[Row]) -> list[Conversation]:
    """What of these may be seen: a post of somebody who blocks, or is blocked, hides its conversation."""
    others = {row["id"]: _people.decode(row["people"]) or (viewer,) for row in rows}
    posts = await by_ids(reader, viewer, shelf, [row["last_status"] for row in rows])
    shown = await account_bytes(reader, viewer, shelf, sorted({one for found in others.values() for one in found}))
    return [
        Conversation(
            row["id"],
            bool(row["unread"]),
            [shown[other] for other in others[row["id"]] if other in shown],
            posts[row["last_status"]],
        )
        for row in rows
        if row["last_status"] in posts
    ]
