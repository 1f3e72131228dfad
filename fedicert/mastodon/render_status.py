"""Posts as clients get them. Pure: rows in, entities or bytes out.

The bytes of a post are its head (`status_static`, good for as long as its version) and what is read anew for each
viewer: counts, flags, the author, what it boosts. `splice` only joins them, so that a page costs little more than
its length.
"""

from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.entities import (
    Application,
    MediaAttachment,
    Permit,
    Poll,
    PollOption,
    PreviewCard,
    QuoteApproval,
    Status,
    StatusEdit,
    StatusHead,
    StatusMention,
    StatusScope,
    StatusSource,
    StatusTag,
)
from fedicert.mastodon.render_account import Shown, account, emojis
from fedicert.model.accounts import AccountRow
from fedicert.model.permits import PermitRow
from fedicert.model.statuses import (
    ALL_MARKS,
    BOOKMARKED,
    FAVOURITED,
    MUTED,
    PINNED,
    REBLOGGED,
    CardRow,
    MediaRow,
    PollRow,
    StatusEditRow,
    StatusRow,
    StatusView,
)
from fedicert.model.urls import Urls
from fedicert.text.permits import chip

_ENCODER = msgspec.json.Encoder()
UNBOOSTED = b',"poll":null,"reblog":null}'
"""How a post ends that boosts nothing and has no poll."""
BOOSTING, BOOSTED = b',"poll":null,"reblog":', b"}"
"""What stands around what a boost shows."""

_QUOTES_CLOSED = QuoteApproval(automatic=[], manual=[], current_user="denied")


def status_head(row: StatusRow, urls: Urls) -> StatusHead:
    """A post without counts, flags, author, poll and what it boosts."""
    return StatusHead(
        id=str(row.id),
        created_at=timestamp(row.created_at),
        edited_at=_moment(row.edited_at),
        in_reply_to_id=_id(row.in_reply_to_id),
        in_reply_to_account_id=_id(row.in_reply_to_account_id),
        sensitive=row.sensitive,
        spoiler_text=row.spoiler_text,
        visibility=row.visibility,
        language=row.language or None,
        uri=row.uri,
        url=row.url or row.uri,
        content=row.content_html,
        application=None
        if row.application is None
        else Application(name=row.application.name, website=row.application.website or None),
        media_attachments=[media(item, row.id, urls) for item in row.media],
        mentions=[StatusMention(id=str(m.id), username=m.username, url=m.url, acct=m.acct) for m in row.mentions],
        tags=[StatusTag(name=name, url=urls.tag(name)) for name in row.tags],
        emojis=emojis(row.emojis, _pictures(row.id, urls)),
        card=None if row.card is None else _card(row.card),
        quote=None,
        quotes_count=0,
        quote_approval=_QUOTES_CLOSED,
        fedicert=_scope(row, urls),
    )


def status(view: StatusView, urls: Urls, with_text: bool = False) -> Status:
    """A post for a viewer; `with_text` adds what was typed, for delete and redraft.

    The flags on a boost are those on the post it boosts (clients look at either).
    """
    row, marks = view.status, view.marks
    if view.reblog is not None:
        marks = view.reblog.marks
    typed: dict[str, Any] = {"text": row.text} if with_text else {}
    return Status(
        **msgspec.structs.asdict(status_head(row, urls)),
        replies_count=row.replies_count,
        reblogs_count=row.reblogs_count,
        favourites_count=row.favourites_count,
        **_flags(marks),
        account=account(view.author, urls),
        poll=None if view.poll is None else poll(view.poll),
        reblog=None if view.reblog is None else status(view.reblog, urls),
        **typed,
    )


def status_static(row: StatusRow, urls: Urls) -> bytes:
    """The bytes of a post up to its counts, to be kept under (id, version) and given to `splice`."""
    return _ENCODER.encode(status_head(row, urls))[:-1]


def splice(
    static: bytes,
    replies: int,
    reblogs: int,
    favourites: int,
    marks: int | None,
    author: bytes,
    reblog: bytes = b"null",
    poll: bytes = b"null",
) -> bytes:
    """The whole post in bytes. `marks` is None without a login; a boost takes the marks of what it boosts."""
    counts = status_counts(replies, reblogs, favourites, marks)
    return b'%b%b%b,"poll":%b,"reblog":%b}' % (static, counts, author, poll, reblog)


@lru_cache(maxsize=20_000)  # as the counts of an account
def status_counts(replies: int, reblogs: int, favourites: int, marks: int | None) -> bytes:
    """What stands behind the kept bytes of a post, up to its author."""
    return b',"replies_count":%d,"reblogs_count":%d,"favourites_count":%d%b,"account":' % (
        replies,
        reblogs,
        favourites,
        b"" if marks is None else _FLAG_BYTES[marks & ALL_MARKS] + b',"filtered":[]',
    )


def joined(items: list[bytes]) -> bytes:
    """A JSON list of encoded things."""
    return b"[%b]" % b",".join(items)


def media(row: MediaRow, status_id: int, urls: Urls) -> MediaAttachment:
    """A picture, video or sound. A picture of another server is shown through ours, other things where they are.

    `status_id`: the post it hangs on, 0 for one that hangs on nothing yet.
    """
    url, preview = row.url, row.preview_url or row.url
    if row.remote_url and row.type == "image":
        url = urls.picture_of_status(status_id, row.remote_url)
        preview = urls.picture_of_status(status_id, row.remote_url, "small")
    meta: dict[str, Any] = {}
    if row.width and row.height:
        meta["original"] = _size(row.width, row.height)
    if row.preview_width and row.preview_height:
        meta["small"] = _size(row.preview_width, row.preview_height)
    if row.type in ("image", "gifv", "video"):
        meta["focus"] = {"x": row.focus_x, "y": row.focus_y}
    return MediaAttachment(
        id=str(row.id),
        type=row.type,
        url=url or None,
        preview_url=preview or None,
        remote_url=row.remote_url or None,
        preview_remote_url=None,
        text_url=None,
        meta=meta,
        description=row.description or None,
        blurhash=row.blurhash or None,
    )


def poll(row: PollRow) -> Poll:
    """A poll; who isn't logged in gets no votes of their own."""
    own: dict[str, Any] = {}
    if row.own_votes is not None:
        own = {"voted": bool(row.own_votes), "own_votes": list(row.own_votes)}
    return Poll(
        id=str(row.id),
        expires_at=_moment(row.expires_at),
        expired=row.expired,
        multiple=row.multiple,
        votes_count=row.votes_count,
        voters_count=row.voters_count if row.multiple else None,
        options=[PollOption(title=option.title, votes_count=option.votes) for option in row.options],
        emojis=emojis(row.emojis),
        **own,
    )


def status_source(row: StatusRow) -> StatusSource:
    """A post as it was typed."""
    return StatusSource(id=str(row.id), text=row.text, spoiler_text=row.spoiler_text)


def status_edits(status_id: int, rows: list[StatusEditRow], author: AccountRow, urls: Urls) -> list[StatusEdit]:
    """The history of a post, oldest first, the present state included."""
    by = account(author, urls)
    return [
        StatusEdit(
            content=row.content_html,
            spoiler_text=row.spoiler_text,
            sensitive=row.sensitive,
            created_at=timestamp(row.created_at),
            account=by,
            media_attachments=[media(item, status_id, urls) for item in row.media],
            emojis=emojis(row.emojis, _pictures(status_id, urls)),
            poll=None,
        )
        for row in rows
    ]


def _flags(marks: int | None) -> dict[str, Any]:
    if marks is None:
        return {}
    return {
        "favourited": bool(marks & FAVOURITED),
        "reblogged": bool(marks & REBLOGGED),
        "bookmarked": bool(marks & BOOKMARKED),
        "muted": bool(marks & MUTED),
        "pinned": bool(marks & PINNED),
        "filtered": [],
    }


def _flag_bytes(marks: int) -> bytes:
    flags = {name: value for name, value in _flags(marks).items() if name != "filtered"}
    return b"," + _ENCODER.encode(flags)[1:-1]


_FLAG_BYTES = tuple(_flag_bytes(marks) for marks in range(ALL_MARKS + 1))


def _card(row: CardRow) -> PreviewCard:
    author = {"name": row.author_name, "url": row.author_url, "account": None}
    return PreviewCard(
        url=row.url,
        title=row.title,
        description=row.description,
        type=row.type,
        author_name=row.author_name,
        author_url=row.author_url,
        authors=[author] if row.author_name else [],
        provider_name=row.provider_name,
        provider_url=row.provider_url,
        html="",
        width=row.width,
        height=row.height,
        image=row.image or None,
        image_description=row.image_description,
        embed_url="",
        blurhash=row.blurhash or None,
        published_at=_moment(row.published_at),
        language=row.language or None,
    )


def _scope(row: StatusRow, urls: Urls) -> StatusScope | UnsetType:
    shown = row.permit if row.permit is not None and row.permit.shown else None
    if shown is None and not row.scope:
        return UNSET
    return StatusScope(
        off_duty=bool(row.scope),
        marked=row.scope == "marked",
        permit=None if shown is None else permit(shown, row, urls),
    )


def permit(shown: PermitRow, row: StatusRow, urls: Urls) -> Permit:
    """A permit in words, and where each check is listed."""
    page = f"{row.url.rpartition('/')[0]}/licences/{shown.number}" if urls.is_local(row.url) and shown.number else None
    return Permit(
        state=shown.state,
        text=chip(shown.what, shown.issuer, shown.state),
        what=shown.what,
        issuer=shown.issuer,
        credential=shown.href,
        url=page,
    )


def _pictures(status_id: int, urls: Urls) -> Shown:
    """Where emojis of a post are shown: those of other servers through ours."""
    return lambda url: url if urls.is_local(url) else urls.picture_of_status(status_id, url)


def _size(width: int, height: int) -> dict[str, Any]:
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}


def _id(value: int | None) -> str | None:
    return None if value is None else str(value)


def _moment(at: int | None) -> str | None:
    return None if at is None else timestamp(at)
