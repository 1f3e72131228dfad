"""A licence as profile fields: the one its holder shows everywhere, and the one in which a server says what it found.

The words always name the issuer, never a bare mark. Takes values, makes safe HTML.
"""

from datetime import UTC, datetime
from html import escape

from fedicert.model.accounts import FieldRow
from fedicert.model.licences import CHECKED_FIELD, LICENCE_FIELD, ShownLicence


def linked_field(shown: ShownLicence, page: str) -> FieldRow:
    """The words in the name, and as its value nothing but a link to the licence's page whose text is the address: the
    one form in which Mastodon looks whether the page links back. That proves control of a page and nothing more, so that
    where our own list doesn't speak for it, the name says so: anybody may be an issuer.
    """
    address = escape(page)
    link = f'<a href="{address}" rel="me nofollow noopener" target="_blank">{address}</a>'
    return FieldRow(f"{field_name(shown)}: {shown.what}", link, shown.since if trusted(shown) else None)


def field_name(shown: ShownLicence) -> str:
    """How the name of the field begins that a server shows for somebody of its own."""
    lacks = {"unlisted": "issuer not on our list", "out_of_scope": "issuer not trusted here for it"}.get(shown.outcome)
    return f"{LICENCE_FIELD}, {lacks}" if lacks else LICENCE_FIELD


def checked_field(shown: ShownLicence) -> FieldRow:
    """What this server found: by whom it was issued, and whether that issuer counts here."""
    found = escape(f"{shown.what}: {verdict_words(shown)}")
    return FieldRow(CHECKED_FIELD, found, shown.since if trusted(shown) else None)


def verdict_words(shown: ShownLicence) -> str:
    """The verdict in words, naming the issuer."""
    said = {
        "trusted": f"valid, issued by {shown.issuer}",
        "unlisted": f"valid, issuer not on our list: {shown.issuer}",
        "out_of_scope": f"valid, but {shown.issuer} isn't trusted here for this trade or place",
    }.get(shown.outcome, "not verified")
    return f"{said}; not re-checked since {day(shown.unanswered_since)}" if shown.unanswered_since else said


def trusted(shown: ShownLicence) -> bool:
    """Does it count here, by a look that was answered?"""
    return shown.outcome == "trusted" and not shown.unanswered_since


def day(at: int) -> str:
    """The UTC day of a moment, `2026-11-21`."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d")
