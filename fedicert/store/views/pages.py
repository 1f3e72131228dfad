"""What the public pages show: a person, their public and unlisted posts, one post, and how much there is here.

Nothing private is ever selected: what isn't public or unlisted doesn't exist for these views.
"""

import msgspec

from fedicert.model.accounts import FieldRow, is_limits
from fedicert.model.licences import ShownLicence
from fedicert.model.permits import PermitRow
from fedicert.model.statuses import MediaRow, PollOptionRow
from fedicert.store.attached import poll_row
from fedicert.store.shapes import licences_of, permit_of, poll_of
from fedicert.store.unit import Reader, Row, one_statement

POSTS = 20


class ProfilePage(msgspec.Struct, frozen=True, kw_only=True):
    """A local person, for a page. `note_html` and the fields' values are as stored, to be made safe where shown."""

    id: int
    uri: str
    url: str
    username: str
    display_name: str
    note_html: str
    avatar_url: str
    header_url: str
    fields: tuple[FieldRow, ...]
    licences: tuple[ShownLicence, ...]
    code: str
    tier: str
    indexable: bool
    hide_collections: bool
    created_at: int
    followers: int
    following: int
    posts: int
    suspended: bool
    deleted: bool
    of_server: bool
    """One of the server's own accounts, which have no page."""


class PostPage(msgspec.Struct, frozen=True, kw_only=True):
    """A local person's post, for a page; `content_html` as stored."""

    id: int
    uri: str
    url: str
    content_html: str
    spoiler_text: str
    sensitive: bool
    visibility: str
    language: str
    created_at: int
    edited_at: int | None
    in_reply_to_uri: str
    boost_of_url: str
    replies: int
    boosts: int
    favourites: int
    media: tuple[MediaRow, ...]
    choices: tuple[PollOptionRow, ...]
    """Of its poll; without votes where they are hidden."""
    quote: str
    """The address of what it quotes, '' for nothing."""
    listed: bool = False
    off_duty: bool = False
    permit: PermitRow | None = None


class Counts(msgspec.Struct, frozen=True):
    """How much there is here."""

    people: int
    posts: int


_PROFILE = """
    SELECT a.id, a.uri, a.url, a.username, a.display_name, a.note_html, a.avatar_url, a.header_url, a.fields, a.type,
        a.licences, a.indexable, a.created_at, a.followers_count, a.following_count, a.statuses_count,
        a.suspended_at, a.deleted_at, l.hide_collections, l.code_shown, t.name AS tier
    FROM accounts a JOIN local_accounts l ON l.id = a.id JOIN tiers t ON t.id = l.tier
"""

_POST_COLUMNS = """
    SELECT s.id, s.uri, s.url, s.content_html, s.spoiler_text, s.sensitive, s.visibility, s.language, s.created_at,
        s.edited_at, s.in_reply_to_uri, s.listed, s.scope, s.permit, s.replies_count, s.reblogs_count,
        s.favourites_count, s.attachments, s.poll, s.quote_uri,
        b.url AS boost_of_url"""
_POST = f"""{_POST_COLUMNS}
    FROM statuses s LEFT JOIN statuses b ON b.id = s.reblog_of
    WHERE s.author = $1 AND s.state = 'published' AND s.visibility IN ('public', 'unlisted')
"""


@one_statement
async def find_profile(reader: Reader, username: str) -> ProfilePage | None:
    """The local person of this name, a deleted one included."""
    row = await reader.one(_PROFILE + "WHERE a.username_key = $1 AND a.domain = ''", username.lower())
    return None if row is None else _profile(row)


@one_statement
async def find_profile_by_id(reader: Reader, account: int) -> ProfilePage | None:
    """The local person of this id."""
    row = await reader.one(_PROFILE + "WHERE a.id = $1", account)
    return None if row is None else _profile(row)


async def profile_page(
    reader: Reader, username: str, before: int | None
) -> tuple[ProfilePage, tuple[PostPage, ...]] | None:
    """A person and their newest posts older than `before`; boosts and answers to others aside."""
    profile = await find_profile(reader, username)
    if profile is None or profile.deleted or profile.suspended:
        return None if profile is None else (profile, ())
    rows = await reader.all(
        _POST + " AND s.reblog_of IS NULL AND (s.in_reply_to_uri IS NULL OR s.in_reply_to_account = s.author)"
        " AND s.id < $2 ORDER BY s.id DESC LIMIT $3",
        profile.id,
        before or 2**63 - 1,
        POSTS,
    )
    return profile, tuple(_post(row, reader.now) for row in rows)


async def profile_feed(reader: Reader, username: str) -> tuple[ProfilePage, tuple[PostPage, ...]] | None:
    """A person and the newest of their listed posts: what a tier keeps unlisted enters no feed (law 5)."""
    profile = await find_profile(reader, username)
    if profile is None or profile.deleted or profile.suspended or profile.of_server:
        return None
    rows = await reader.all(
        _POST + " AND s.reblog_of IS NULL AND s.listed = 1"
        " AND (s.in_reply_to_uri IS NULL OR s.in_reply_to_account = s.author) ORDER BY s.id DESC LIMIT $2",
        profile.id,
        POSTS,
    )
    return profile, tuple(_post(row, reader.now) for row in rows)


async def post_page(reader: Reader, username: str, status: int) -> tuple[ProfilePage, PostPage] | None:
    """A person's post, where everybody may see it."""
    profile = await find_profile(reader, username)
    if profile is None:
        return None
    row = await reader.one(_POST + " AND s.id = $2", profile.id, status)
    return None if row is None else (profile, _post(row, reader.now))


@one_statement
async def tag_page(reader: Reader, name: str, before: int | None) -> tuple[tuple[str, PostPage], ...]:
    """The newest posts with a hashtag (normal form) that tag timelines show (law 5), older than `before`, each with the
    handle of its author; of people here alone: what others wrote is for their own servers to show to strangers."""
    rows = await reader.all(
        _POST_COLUMNS + ", a.username FROM tags t JOIN status_tags x ON x.tag = t.id JOIN statuses s ON s.id = x.status"
        " JOIN accounts a ON a.id = s.author LEFT JOIN statuses b ON b.id = s.reblog_of"
        " WHERE t.name = $1 AND s.state = 'published' AND s.listed = 1 AND s.local = 1 AND a.suspended_at IS NULL"
        " AND a.deleted_at IS NULL AND s.id < $2 ORDER BY s.id DESC LIMIT $3",
        name,
        before or 2**63 - 1,
        POSTS,
    )
    return tuple((row["username"], _post(row, reader.now)) for row in rows)


@one_statement
async def counts(reader: Reader) -> Counts:
    """People here, and what they posted."""
    row = await reader.one(
        "SELECT COUNT(*) AS people, COALESCE(SUM(a.statuses_count), 0) AS posts FROM local_accounts l"
        " JOIN accounts a ON a.id = l.id WHERE l.login IS NOT NULL AND a.deleted_at IS NULL"
    )
    return Counts(0, 0) if row is None else Counts(int(row["people"]), int(row["posts"]))


def _profile(row: Row) -> ProfilePage:
    return ProfilePage(
        id=row["id"],
        uri=row["uri"],
        url=row["url"],
        username=row["username"],
        display_name=row["display_name"],
        note_html=row["note_html"],
        avatar_url=row["avatar_url"],
        header_url=row["header_url"],
        fields=msgspec.json.decode(row["fields"], type=tuple[FieldRow, ...]),
        licences=licences_of(row["licences"]),
        code=row["code_shown"],
        tier=row["tier"],
        indexable=bool(row["indexable"]),
        hide_collections=bool(row["hide_collections"]),
        created_at=row["created_at"],
        followers=row["followers_count"],
        following=row["following_count"],
        posts=row["statuses_count"],
        suspended=row["suspended_at"] is not None,
        deleted=row["deleted_at"] is not None,
        of_server=row["type"] == "Application" or is_limits(row["username"], ""),
    )


def _choices(text: str, now: int) -> tuple[PollOptionRow, ...]:
    poll = poll_of(text)
    return () if poll is None else poll_row(0, poll, now, (), None).options


def _post(row: Row, now: int) -> PostPage:
    return PostPage(
        id=row["id"],
        uri=row["uri"],
        url=row["url"],
        content_html=row["content_html"],
        spoiler_text=row["spoiler_text"],
        sensitive=bool(row["sensitive"]),
        visibility=row["visibility"],
        language=row["language"] or "",
        created_at=row["created_at"],
        edited_at=row["edited_at"],
        in_reply_to_uri=row["in_reply_to_uri"] or "",
        boost_of_url=row["boost_of_url"] or "",
        replies=row["replies_count"],
        boosts=row["reblogs_count"],
        favourites=row["favourites_count"],
        choices=_choices(row["poll"], now),
        quote=row["quote_uri"],
        media=msgspec.json.decode(row["attachments"], type=tuple[MediaRow, ...]),
        listed=row["listed"] == 1,
        off_duty=bool(row["scope"]),
        permit=permit_of(row["permit"]),
    )
