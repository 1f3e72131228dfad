"""What clients send about lists, filters, hashtags, mutes and what they are told: forms as in `forms.py`."""

from typing import Literal

import msgspec

from fedicert.mastodon.forms import NotificationsQuery

Context = Literal["home", "notifications", "public", "thread", "account"]
Treatment = Literal["accept", "filter", "drop"]


class ListForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST and PUT /api/v1/lists; None leaves a thing as it is."""

    title: str | None = None
    replies_policy: Literal["followed", "list", "none"] | None = None
    exclusive: bool | None = None


class AccountIdsForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST and DELETE /api/v1/lists/:id/accounts."""

    account_ids: tuple[str, ...] = ()


class MuteForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/v1/accounts/:id/mute; `duration` in seconds, 0 for ever."""

    notifications: bool = True
    duration: int = 0


class DomainForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST and DELETE /api/v1/domain_blocks, and what it would end."""

    domain: str = ""


class KeywordForm(msgspec.Struct, frozen=True, kw_only=True):
    """A word of a filter, alone or in `keywords_attributes`."""

    id: str | None = None
    keyword: str | None = None
    whole_word: bool | None = None
    destroy: bool = msgspec.field(default=False, name="_destroy")


class FilterForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST and PUT /api/v2/filters. `expires_in` in seconds: '' or null ends an expiry, absent leaves it."""

    title: str | None = None
    context: tuple[Context, ...] | None = None
    filter_action: Literal["warn", "hide", "blur"] | None = None
    keywords_attributes: tuple[KeywordForm, ...] = ()


class FilterStatusForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/v2/filters/:id/statuses."""

    status_id: str = ""


class FilterV1Form(msgspec.Struct, frozen=True, kw_only=True):
    """POST and PUT /api/v1/filters."""

    phrase: str | None = None
    context: tuple[Context, ...] | None = None
    irreversible: bool | None = None
    whole_word: bool | None = None


class FeaturedTagForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/v1/featured_tags."""

    name: str = ""


class GroupedQuery(NotificationsQuery, frozen=True, kw_only=True):
    """GET /api/v2/notifications."""

    grouped_types: tuple[str, ...] = ("favourite", "follow", "reblog", "admin.sign_up")
    expand_accounts: Literal["full", "partial_avatars"] = "full"


class PolicyForm(msgspec.Struct, frozen=True, kw_only=True):
    """PATCH /api/v2/notifications/policy; None leaves a thing as it is."""

    for_not_following: Treatment | None = None
    for_not_followers: Treatment | None = None
    for_new_accounts: Treatment | None = None
    for_private_mentions: Treatment | None = None
    for_limited_accounts: Treatment | None = None


class PolicyV1Form(msgspec.Struct, frozen=True, kw_only=True):
    """PUT /api/v1/notifications/policy."""

    filter_not_following: bool | None = None
    filter_not_followers: bool | None = None
    filter_new_accounts: bool | None = None
    filter_private_mentions: bool | None = None


class RequestIdsForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/v1/notifications/requests/accept and /dismiss."""

    id: tuple[str, ...] = ()
