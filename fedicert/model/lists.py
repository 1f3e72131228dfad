"""Lists of accounts, filters, hashtags and domains as their owner sees them. Frozen values."""

import msgspec


class ListRow(msgspec.Struct, frozen=True):
    """A list; `replies_policy`: list, followed, none."""

    id: int
    title: str
    replies_policy: str
    exclusive: bool


class KeywordRow(msgspec.Struct, frozen=True):
    """A word of a filter."""

    id: int
    keyword: str
    whole_word: bool


class FilterStatusRow(msgspec.Struct, frozen=True):
    """A post of a filter."""

    id: int
    status: int


class FilterRow(msgspec.Struct, frozen=True, kw_only=True):
    """A filter with its words and posts; `action`: warn, hide, blur; `expires_at` in ms, None for never."""

    id: int
    title: str
    contexts: tuple[str, ...]
    action: str
    expires_at: int | None
    keywords: tuple[KeywordRow, ...] = ()
    statuses: tuple[FilterStatusRow, ...] = ()


class TagRow(msgspec.Struct, frozen=True):
    """A hashtag (normal form) as somebody stands to it; `id` 0 where nobody used it yet."""

    id: int
    name: str
    following: bool = False
    featuring: bool = False


class FeaturedTagRow(msgspec.Struct, frozen=True, kw_only=True):
    """A hashtag on a profile; `name` as typed; `last_status_at` in ms, None without a post."""

    id: int
    name: str
    statuses_count: int
    last_status_at: int | None
