"""What the server says to everybody here, as one of them sees it."""

import msgspec


class ReactionRow(msgspec.Struct, frozen=True):
    """A sign, how many answered with it, and whether the viewer did."""

    name: str
    count: int
    me: bool


class AnnouncementRow(msgspec.Struct, frozen=True, kw_only=True):
    """An announcement in plain text. Times in ms."""

    id: int
    text: str
    starts_at: int | None
    ends_at: int | None
    published_at: int
    updated_at: int
    read: bool
    reactions: tuple[ReactionRow, ...]
