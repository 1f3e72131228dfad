"""Rows as entities and bytes: the renderers of the client API. Pure; nothing here waits, asks or caches."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import UNSET

from fedicert.mastodon.application_entities import CredentialApplication, RegisteredApplication, Token
from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.entities import (
    Marker,
    Preferences,
    Search,
    Tag,
    TagHistory,
    TrendLink,
)
from fedicert.mastodon.notification_entities import Notification, NotificationHead
from fedicert.mastodon.render_account import (
    account,
    account_bytes,
    account_counts,
    account_head,
    account_static,
    credential_account,
    emojis,
    relationship,
    shown_field,
    splice_account,
)
from fedicert.mastodon.render_instance import instance, instance_v1, rules, version_string
from fedicert.mastodon.render_reports import report
from fedicert.mastodon.render_status import (
    BOOSTED,
    BOOSTING,
    UNBOOSTED,
    Extended,
    is_extended,
    joined,
    media,
    poll,
    splice,
    status,
    status_counts,
    status_edits,
    status_head,
    status_source,
    status_static,
    tail,
)
from fedicert.mastodon.render_warning import warning
from fedicert.model.accounts import AccountRow
from fedicert.model.lists import TagRow
from fedicert.model.notifications import MarkerRow, NotificationView
from fedicert.model.statuses import StatusView
from fedicert.model.urls import Urls

__all__ = [
    "BOOSTED",
    "BOOSTING",
    "UNBOOSTED",
    "Extended",
    "account",
    "account_bytes",
    "account_counts",
    "account_head",
    "account_static",
    "application",
    "credential_account",
    "credential_application",
    "emojis",
    "encode",
    "instance",
    "instance_v1",
    "is_extended",
    "joined",
    "markers",
    "media",
    "notification",
    "poll",
    "preferences",
    "relationship",
    "rules",
    "search",
    "shown_field",
    "splice",
    "splice_account",
    "status",
    "status_counts",
    "status_edits",
    "status_head",
    "status_source",
    "status_static",
    "tag",
    "tag_history",
    "tail",
    "token",
    "trend_link",
    "version_string",
]

_ENCODER = msgspec.json.Encoder()


def encode(entity: object) -> bytes:
    """An entity, or a list or mapping of them, as JSON."""
    return _ENCODER.encode(entity)


def notification(view: NotificationView, urls: Urls) -> Notification:
    """A notification."""
    return Notification(
        **msgspec.structs.asdict(_notification_head(view)),
        account=account(view.account, urls),
        status=UNSET if view.status is None else status(view.status, urls),
        report=UNSET if view.report is None else report(view.report, urls),
        moderation_warning=UNSET if view.warning is None else warning(view.warning, view.account, urls),
    )


def search(accounts: list[AccountRow], statuses: list[StatusView], tags: list[Tag], urls: Urls) -> Search:
    """What a search found."""
    return Search(
        accounts=[account(row, urls) for row in accounts],
        statuses=[status(view, urls) for view in statuses],
        hashtags=tags,
    )


def tag(row: TagRow, urls: Urls, *, logged_in: bool, history: list[TagHistory] | None = None) -> Tag:
    """A hashtag; how one stands to it only with a login. `history`: where it was counted."""
    return Tag(
        id=str(row.id),
        name=row.name,
        url=urls.tag(row.name),
        history=history or [],
        following=row.following if logged_in else UNSET,
        featuring=row.featuring if logged_in else UNSET,
    )


def tag_history(counted: Iterable[tuple[int, int]], today: int) -> list[TagHistory]:
    """(uses, people) of each day, the latest first; `today`: days since the epoch, UTC."""
    return [
        TagHistory(day=str((today - ago) * 86_400), uses=str(uses), accounts=str(people))
        for ago, (uses, people) in enumerate(counted)
    ]


def trend_link(url: str, host: str, history: list[TagHistory]) -> TrendLink:
    """A link that trends: nobody fetched what stands there, so its host is its title."""
    return TrendLink(
        url=url,
        title=host,
        description="",
        type="link",
        author_name="",
        author_url="",
        authors=[],
        provider_name=host,
        provider_url="",
        html="",
        width=0,
        height=0,
        image=None,
        image_description="",
        embed_url="",
        blurhash=None,
        published_at=None,
        language=None,
        history=history,
    )


def markers(rows: Mapping[str, MarkerRow]) -> dict[str, Marker]:
    """How far somebody has read, per timeline."""
    return {
        timeline: Marker(last_read_id=str(row.last_read_id), version=row.version, updated_at=timestamp(row.updated_at))
        for timeline, row in rows.items()
    }


def preferences(visibility: str, sensitive: bool, language: str, quoting: str) -> Preferences:
    """The defaults of the person logged in."""
    return Preferences(
        visibility=visibility,
        sensitive=sensitive,
        language=language or None,
        quote_policy=quoting,
        expand_media="default",
        expand_spoilers=False,
        autoplay_gifs=False,
    )


def credential_application(
    app_id: int,
    name: str,
    website: str | None,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    client_id: str,
    client_secret: str,
) -> CredentialApplication:
    """A client as it registers; its secret never expires."""
    return CredentialApplication(
        id=str(app_id),
        name=name,
        website=website or None,
        redirect_uri="\n".join(redirect_uris),
        redirect_uris=list(redirect_uris),
        scopes=list(scopes),
        vapid_key="",
        client_id=client_id,
        client_secret=client_secret,
        client_secret_expires_at=0,
    )


def application(
    app_id: int, name: str, website: str | None, redirect_uris: Sequence[str], scopes: Sequence[str]
) -> RegisteredApplication:
    """A client as it sees itself later."""
    return RegisteredApplication(
        id=str(app_id),
        name=name,
        website=website or None,
        redirect_uri="\n".join(redirect_uris),
        redirect_uris=list(redirect_uris),
        scopes=list(scopes),
        vapid_key="",
    )


def token(access_token: str, scopes: tuple[str, ...], created_at: int) -> Token:
    """An access token; `created_at` in milliseconds, told in seconds."""
    return Token(
        access_token=access_token,
        token_type="Bearer",
        scope=" ".join(scopes),
        created_at=created_at // 1_000,
    )


def _notification_head(view: NotificationView) -> NotificationHead:
    return NotificationHead(
        id=str(view.id),
        type=view.type,
        created_at=timestamp(view.created_at),
        group_key=view.group_key or f"ungrouped-{view.id}",
    )
