"""How rows become posts and accounts: the columns that are rendered, and their JSON. Makes no statement of its own.

Every UPDATE of a column named here raises `version` in the same statement, since what was rendered is kept by
(id, version); counts alone go without.
"""

import msgspec

from fedicert.model.accounts import AccountRow, BadgeRow, EmojiRow, FieldRow, is_limits
from fedicert.model.attestations import Check, Licence, TrustEntry
from fedicert.model.licences import LicenceRow, ShownLicence
from fedicert.model.permits import PermitRow
from fedicert.model.standing import Waived
from fedicert.model.statuses import ApplicationRow, MediaRow, MentionRow, PollFacts, QuoteFacts, StatusRow
from fedicert.reach.limits import in_force
from fedicert.store.unit import Row

RENDERED_OF_STATUS = (
    "uri", "url", "content_html", "spoiler_text", "sensitive", "visibility", "language", "in_reply_to_id",
    "in_reply_to_account", "application", "mentions", "tags", "emojis", "attachments", "created_at", "edited_at", "scope",
    "permit", "poll", "quote_of", "quote_uri", "quote_state", "quote_stamp", "quoting", "quotes_count",
)  # fmt: skip
RENDERED_OF_ACCOUNT = (
    "uri", "username", "domain", "type", "display_name", "note_html", "url", "avatar_url", "header_url", "fields",
    "emojis", "locked", "discoverable", "indexable", "memorial", "moved_to", "created_at", "suspended_at", "silenced",
    "deleted_at", "licences",
)  # fmt: skip
RENDERED_OF_LOCAL_ACCOUNT = ("role", "tier", "hide_collections", "code_shown")
"""Columns of `local_accounts` that are shown with the account: whoever changes one raises `accounts.version` beside it."""

STATUS_COLUMNS = (
    "s.id, s.uri, s.url, s.author, s.text, s.content_html, s.spoiler_text, s.sensitive, s.visibility, s.language,"
    " s.in_reply_to_id, s.in_reply_to_account, s.created_at, s.edited_at, s.reblog_of, s.replies_count,"
    " s.reblogs_count, s.favourites_count, s.mentions, s.tags, s.emojis, s.attachments, s.scope, s.permit, s.poll,"
    " s.quote_of, s.quote_uri, s.quote_state, s.quote_stamp, s.quoting, s.quotes_count, s.version"
)
"""Of `statuses s`."""

APPLICATION_COLUMNS = "p.name AS app_name, p.website AS app_website"
"""Of `LEFT JOIN apps p ON p.id = s.application`."""

ACCOUNT_COLUMNS = (
    "a.id, a.uri, a.url, a.username, a.domain, a.type, a.display_name, a.note_html, a.fields, a.emojis, a.avatar_url,"
    " a.header_url, a.locked, a.discoverable, a.indexable, a.created_at, a.last_status_at, a.followers_count,"
    " a.following_count, a.statuses_count, a.suspended_at, a.deleted_at, a.silenced, a.memorial, a.moved_to, a.version,"
    " a.licences, l.role, l.tier, l.hide_collections, l.code_shown, t.name AS tier_name"
)
"""Of `accounts a` with `ACCOUNT_JOINS`."""

ACCOUNT_JOINS = "LEFT JOIN local_accounts l ON l.id = a.id LEFT JOIN tiers t ON t.id = l.tier"

WAIVED_COLUMNS = "l.waived_until, l.waived_followers, l.waived_following, l.waived_strangers, l.waived_answers"
"""Of `local_accounts l`, for `waived_of`."""

LICENCE_COLUMNS = (
    "id, account, number, href, mirror, digest, document, outcome, reason, checks, said, entry, checked_at, tried_at,"
    " unanswered, check_again_at, rests_on, good_since, consented_at, shows, claim, ended_at, cause, created_at"
)
"""Of `licences`."""

_ROLE_BADGES = {
    "owner": BadgeRow(1, "Owner"),
    "admin": BadgeRow(2, "Admin"),
    "moderator": BadgeRow(3, "Moderator"),
    "certifier": BadgeRow(4, "Certifier"),
}
_OF_THE_SERVER = BadgeRow(5, "Server")
"""Of the limits account: nobody else here has it, and nobody elsewhere."""
_TIER_BADGES_FROM = 100
_LICENCE_BADGES_FROM = 10_000

_mentions = msgspec.json.Decoder(tuple[MentionRow, ...])
_names = msgspec.json.Decoder(tuple[str, ...])
_emojis = msgspec.json.Decoder(tuple[EmojiRow, ...])
_media = msgspec.json.Decoder(tuple[MediaRow, ...])
_poll = msgspec.json.Decoder(PollFacts)
_fields = msgspec.json.Decoder(tuple[FieldRow, ...])
_permit = msgspec.json.Decoder(PermitRow)
_checks = msgspec.json.Decoder(tuple[Check, ...])
_licence = msgspec.json.Decoder(Licence)
_trust_entry = msgspec.json.Decoder(TrustEntry)
_licences = msgspec.json.Decoder(tuple[ShownLicence, ...])
_encoder = msgspec.json.Encoder()


def as_json(value: object) -> str:
    """A tuple of rows, or of texts, as the JSON of its column."""
    return _encoder.encode(value).decode() if value else "[]"


def as_text(value: object) -> str:
    """A value as the JSON of its column, '' where there is none."""
    return "" if value is None else _encoder.encode(value).decode()


def status_row(row: Row, *, with_application: bool = False) -> StatusRow:
    """A post from `STATUS_COLUMNS`, and `APPLICATION_COLUMNS` where they were asked for."""
    application = None
    if with_application and row["app_name"] is not None:
        application = ApplicationRow(row["app_name"], row["app_website"] or "")
    return StatusRow(
        id=row["id"],
        uri=row["uri"],
        url=row["url"],
        author_id=row["author"],
        text=row["text"],
        content_html=row["content_html"],
        spoiler_text=row["spoiler_text"],
        sensitive=bool(row["sensitive"]),
        visibility=row["visibility"],
        language=row["language"] or "",
        in_reply_to_id=row["in_reply_to_id"],
        in_reply_to_account_id=row["in_reply_to_account"],
        created_at=row["created_at"],
        edited_at=row["edited_at"],
        reblog_of_id=row["reblog_of"],
        replies_count=row["replies_count"],
        reblogs_count=row["reblogs_count"],
        favourites_count=row["favourites_count"],
        application=application,
        mentions=mentions_of(row["mentions"]),
        tags=tags_of(row["tags"]),
        emojis=() if row["emojis"] == "[]" else _emojis.decode(row["emojis"]),
        media=media_of(row["attachments"]),
        poll=poll_of(row["poll"]),
        quote=_quote(row),
        quoting=row["quoting"],
        quotes_count=row["quotes_count"],
        scope=row["scope"],
        permit=permit_of(row["permit"]),
        version=row["version"],
    )


def mentions_of(text: str) -> tuple[MentionRow, ...]:
    """The column `mentions`."""
    return () if text == "[]" else _mentions.decode(text)


def tags_of(text: str) -> tuple[str, ...]:
    """The column `tags`."""
    return () if text == "[]" else _names.decode(text)


def emojis_of(text: str) -> tuple[EmojiRow, ...]:
    """A column `emojis`."""
    return () if text == "[]" else _emojis.decode(text)


def media_of(text: str) -> tuple[MediaRow, ...]:
    """A column `attachments`."""
    return () if text == "[]" else _media.decode(text)


def poll_of(text: str) -> PollFacts | None:
    """The column `poll`."""
    return _poll.decode(text) if text else None


def _quote(row: Row) -> QuoteFacts | None:
    if not row["quote_uri"]:
        return None
    return QuoteFacts(uri=row["quote_uri"], id=row["quote_of"], state=row["quote_state"], stamp=row["quote_stamp"])


def permit_of(text: str) -> PermitRow | None:
    """The column `permit`."""
    return _permit.decode(text) if text else None


def permit_json(permit: PermitRow | None) -> str:
    """The same, to be written."""
    return "" if permit is None else _encoder.encode(permit).decode()


def licences_of(text: str) -> tuple[ShownLicence, ...]:
    """The column `licences` of an account."""
    return () if text == "[]" else _licences.decode(text)


def account_row(row: Row, moved_to: AccountRow | None = None) -> AccountRow:
    """An account from `ACCOUNT_COLUMNS`. A suspended or deleted one is blank but for its name."""
    gone = row["suspended_at"] is not None or row["deleted_at"] is not None
    return AccountRow(
        id=row["id"],
        uri=row["uri"],
        url=row["url"],
        username=row["username"],
        domain=row["domain"],
        type=row["type"],
        display_name="" if gone else row["display_name"],
        note_html="" if gone else row["note_html"],
        fields=() if gone or row["fields"] == "[]" else _fields.decode(row["fields"]),
        emojis=() if gone else emojis_of(row["emojis"]),
        avatar_url="" if gone else row["avatar_url"],
        header_url="" if gone else row["header_url"],
        locked=bool(row["locked"]),
        discoverable=bool(row["discoverable"]),
        indexable=bool(row["indexable"]),
        created_at=row["created_at"],
        last_status_at=row["last_status_at"],
        followers_count=row["followers_count"],
        following_count=row["following_count"],
        statuses_count=row["statuses_count"],
        suspended=gone,
        limited=bool(row["silenced"]),
        memorial=bool(row["memorial"]),
        moved_to=moved_to,
        badges=_badges(row),
        licences=() if gone else licences_of(row["licences"]),
        hide_collections=bool(row["hide_collections"]),
        code="" if gone else row["code_shown"] or "",
        version=row["version"],
    )


def waived_of(row: Row, now: int) -> Waived | None:
    """The waiver that holds at this moment, from `WAIVED_COLUMNS`."""
    if row["waived_until"] is None:
        return None
    waived = Waived(
        until=row["waived_until"],
        followers=row["waived_followers"],
        following=row["waived_following"],
        strangers=row["waived_strangers"],
        answers=row["waived_answers"],
    )
    return in_force(waived, now)


def licence_row(row: Row) -> LicenceRow:
    """A licence from `LICENCE_COLUMNS`."""
    return LicenceRow(
        id=row["id"],
        account=row["account"],
        number=row["number"],
        href=row["href"],
        mirror=row["mirror"],
        digest=row["digest"],
        document=row["document"],
        outcome=row["outcome"],
        reason=row["reason"],
        checks=_checks.decode(row["checks"]),
        said=_licence.decode(row["said"]) if row["said"] else None,
        entry=_trust_entry.decode(row["entry"]) if row["entry"] else None,
        checked_at=row["checked_at"],
        tried_at=row["tried_at"],
        unanswered=bool(row["unanswered"]),
        check_again_at=row["check_again_at"],
        rests_on=row["rests_on"],
        good_since=row["good_since"],
        consented_at=row["consented_at"],
        shows=row["shows"],
        claim=row["claim"],
        ended_at=row["ended_at"],
        cause=row["cause"],
        created_at=row["created_at"],
    )


def _badges(row: Row) -> tuple[BadgeRow, ...]:
    trusted = tuple(
        BadgeRow(_LICENCE_BADGES_FROM + shown.number, f"{shown.what} ({shown.issuer})")
        for shown in licences_of(row["licences"])
        if shown.outcome == "trusted" and not shown.unanswered_since
    )
    if row["role"] is None:
        return trusted
    if is_limits(row["username"], row["domain"]):
        return (_OF_THE_SERVER,)
    tier = BadgeRow(_TIER_BADGES_FROM + row["tier"], row["tier_name"])
    role = _ROLE_BADGES.get(row["role"])
    return (tier, *trusted) if role is None else (role, tier, *trusted)
