"""Accounts as clients get them. Pure: rows in, entities or bytes out."""

from collections.abc import Callable
from functools import lru_cache

import msgspec
from msgspec import UNSET

from fedicert.mastodon.dates import date, midnight, timestamp
from fedicert.mastodon.entities import (
    Account,
    AccountHead,
    AccountRole,
    CredentialAccount,
    CustomEmoji,
    Field,
    Relationship,
    Role,
    Source,
)
from fedicert.model.accounts import AccountRow, BadgeRow, EmojiRow, FieldRow, OwnAccountRow, RelationshipRow
from fedicert.model.urls import Urls
from fedicert.text.codes import code_field
from fedicert.text.licences import checked_field, linked_field, trusted

Shown = Callable[[str], str]

_ENCODER = msgspec.json.Encoder()
_NOBODY = BadgeRow(0, "", highlighted=False)


def account_head(row: AccountRow, urls: Urls) -> AccountHead:
    """An account without its counts. Of a suspended one only the name is left."""
    gone = row.suspended
    shown = _pictures(row, urls)
    avatar = urls.missing_avatar if gone or not row.avatar_url else shown(row.avatar_url)
    header = urls.missing_header if gone or not row.header_url else shown(row.header_url)
    return AccountHead(
        id=str(row.id),
        username=row.username,
        acct=row.acct,
        display_name="" if gone else row.display_name,
        locked=row.locked and not gone,
        bot=row.type in ("Service", "Application") and not gone,
        discoverable=row.discoverable and not gone,
        indexable=row.indexable and not gone,
        group=row.type == "Group",
        created_at=midnight(row.created_at),
        note="" if gone else row.note_html,
        url=row.url or row.uri,
        uri=row.uri,
        avatar=avatar,
        avatar_static=avatar,
        avatar_description="",
        header=header,
        header_static=header,
        header_description="",
        hide_collections=row.hide_collections,
        noindex=not row.indexable,
        suspended=gone,
        limited=row.limited,
        memorial=row.memorial,
        emojis=[] if gone else emojis(row.emojis, shown),
        roles=[] if gone else [_badge(badge) for badge in row.badges if badge.highlighted],
        fields=[] if gone else [shown_field(field) for field in (*row.fields, *licence_fields(row, urls))],
        # An account that moved and moved again: the client asks for the next one itself.
        moved=UNSET if row.moved_to is None else account(_unmoved(row.moved_to), urls),
    )


def licence_fields(row: AccountRow, urls: Urls) -> list[FieldRow]:
    """What the server adds to the fields for the code that was signed and the licences it looked at: never among those
    that their owner edits."""
    found = [code_field(row.code, urls.code_page)] if row.code else []
    for shown in row.licences:
        if row.local:
            found.append(linked_field(shown, urls.licence_page(row.username, shown.number)))
        if not row.local or not trusted(shown):
            found.append(checked_field(shown))
    return found


def account(row: AccountRow, urls: Urls) -> Account:
    """An account."""
    return Account(
        **msgspec.structs.asdict(account_head(row, urls)),
        followers_count=row.followers_count,
        following_count=row.following_count,
        statuses_count=row.statuses_count,
        last_status_at=None if row.last_status_at is None else date(row.last_status_at),
    )


def credential_account(row: OwnAccountRow, urls: Urls) -> CredentialAccount:
    """The account of the person logged in: what others see, the server's own fields, and the editor's sources."""
    shown = account(row.account, urls)
    extra = [shown_field(field) for field in row.shown_fields]
    values = msgspec.structs.asdict(shown) | {"fields": [*shown.fields, *extra]}
    role = row.role or _NOBODY
    return CredentialAccount(
        **values,
        source=Source(
            privacy=row.privacy,
            sensitive=row.sensitive,
            language=row.language or None,
            quote_policy=row.quoting,
            note=row.note_text,
            fields=[
                Field(name=f.name, value=f.value_text, verified_at=_moment(f.verified_at)) for f in row.account.fields
            ],
            follow_requests_count=row.follow_requests_count,
            hide_collections=row.account.hide_collections,
            discoverable=row.account.discoverable,
            indexable=row.account.indexable,
            attribution_domains=[],
        ),
        role=Role(
            id=str(role.id),
            name=role.name,
            color=role.color,
            permissions=str(role.permissions),
            highlighted=role.highlighted,
        ),
    )


def relationship(row: RelationshipRow) -> Relationship:
    """How the person logged in stands to an account."""
    return Relationship(
        id=str(row.id),
        following=row.following,
        showing_reblogs=row.showing_reblogs,
        notifying=row.notifying,
        languages=list(row.languages) or None,
        followed_by=row.followed_by,
        blocking=row.blocking,
        blocked_by=row.blocked_by,
        muting=row.muting,
        muting_notifications=row.muting_notifications,
        muting_expires_at=_moment(row.muting_expires_at),
        requested=row.requested,
        requested_by=row.requested_by,
        domain_blocking=row.domain_blocking,
        endorsed=row.endorsed,
        note=row.note,
    )


def as_it_is(url: str) -> str:
    """Where a picture of ours is shown."""
    return url


def emojis(rows: tuple[EmojiRow, ...], shown: Shown = as_it_is) -> list[CustomEmoji]:
    """Custom emojis; `shown`: where a picture with this address is shown."""
    return [
        CustomEmoji(
            shortcode=row.shortcode,
            url=shown(row.url),
            static_url=shown(row.static_url or row.url),
            visible_in_picker=row.visible,
            category=row.category or None,
        )
        for row in rows
    ]


def account_static(row: AccountRow, urls: Urls) -> bytes:
    """The bytes of an account up to its counts, to be kept under (id, version) and given to `splice_account`."""
    return _ENCODER.encode(account_head(row, urls))[:-1]


def splice_account(static: bytes, followers: int, following: int, statuses: int, last_status_at: int | None) -> bytes:
    """The whole account in bytes, out of kept bytes and the counts read now."""
    return static + account_counts(followers, following, statuses, last_status_at)


# Numbers cost more to write than all the rest costs to join, and most are those of a moment ago.
@lru_cache(maxsize=20_000)
def account_counts(followers: int, following: int, statuses: int, last_status_at: int | None) -> bytes:
    """What stands behind the kept bytes of an account, to its end."""
    last = b"null" if last_status_at is None else b'"%b"' % date(last_status_at).encode()
    return b',"followers_count":%d,"following_count":%d,"statuses_count":%d,"last_status_at":%b}' % (
        followers,
        following,
        statuses,
        last,
    )


def account_bytes(row: AccountRow, urls: Urls) -> bytes:
    """The whole account in bytes."""
    return splice_account(
        account_static(row, urls),
        row.followers_count,
        row.following_count,
        row.statuses_count,
        row.last_status_at,
    )


def _pictures(row: AccountRow, urls: Urls) -> Shown:
    """Where pictures of an account are shown: those of other servers through ours."""
    return as_it_is if row.local else lambda url: urls.picture_of_account(row.id, url)


def _unmoved(row: AccountRow) -> AccountRow:
    return row if row.moved_to is None else msgspec.structs.replace(row, moved_to=None)


def shown_field(row: FieldRow) -> Field:
    """A profile field."""
    return Field(name=row.name, value=row.value_html, verified_at=_moment(row.verified_at))


def _badge(row: BadgeRow) -> AccountRole:
    return AccountRole(id=str(row.id), name=row.name, color=row.color)


def _moment(at: int | None) -> str | None:
    return None if at is None else timestamp(at)
