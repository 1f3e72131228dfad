"""Changing what a person here says of themselves, and their defaults; what others can see is told to them.

Texts are rendered here once; whom their mentions mean was found out by the door before the unit of work.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from fedicert.base.errors import Forbidden, NotFound, Unprocessable
from fedicert.model.accounts import FieldRow
from fedicert.model.instance import LimitFacts
from fedicert.model.pictures import Purpose
from fedicert.model.standing import MULTIPLIERS, Limits
from fedicert.model.statuses import MediaRow, MentionRow
from fedicert.model.urls import Urls
from fedicert.operations import bars, jobs, pictures, profiles
from fedicert.operations.quotes import POLICIES
from fedicert.operations.writing import MOVED
from fedicert.reach.admission import holds_newcomers
from fedicert.reach.visibility import default_that_holds, quoting_that_holds
from fedicert.store.shapes import as_json
from fedicert.store.tables import local_people, seats
from fedicert.store.tables.local_people import Profile
from fedicert.store.unit import Tx
from fedicert.text import compose
from fedicert.text.names import is_server_field, looks_like_limits, safe_display_name

LIMITS = LimitFacts()
VISIBILITIES = ("public", "unlisted", "private")

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")

Details = dict[str, list[tuple[str, str]]]


class ProfileChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change; None leaves a thing as it is. `fields`: (name, value) as typed, all of them.

    `shown_back`: it comes from a client that may send back all it was shown: a lock while newcomers are held, and the
    tier's defaults where the person chose none, or a wider one. What comes back as it was shown changes nothing.

    `privacy`: the default visibility, `quoting`: who may quote by default. `mentions`: each name in the note or the
    fields that means somebody → who.
    """

    display_name: str | None = None
    note: str | None = None
    fields: Sequence[tuple[str, str]] | None = None
    bot: bool | None = None
    locked: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    hide_collections: bool | None = None
    privacy: str | None = None
    sensitive: bool | None = None
    language: str | None = None
    quoting: str | None = None
    shown_back: bool = False
    mentions: Mapping[str, MentionRow] = {}
    pictures: Mapping[Purpose, MediaRow | None] = {}
    """`avatar` and `header`: the new picture, which was just brought, or None for none."""


async def update_profile(tx: Tx, urls: Urls, account: int, change: ProfileChange) -> None:
    """Change one's own profile and defaults. Raises Unprocessable with details per field.

    Unlocking lets who waited for the owner's word join the line, which then moves as far as there are slots (law 3).
    """
    _check(change, urls)
    seat = await seats.lock(tx, account)
    before = await local_people.profile(tx, account)
    if seat is None or before is None:
        raise NotFound
    if seat.closed:
        raise Forbidden("This account is closed")
    if seat.moved:
        raise Forbidden(MOVED)
    if change.shown_back and change.locked and (seat.told_locked or holds_newcomers(seat.counts, seat.limits)):
        change = msgspec.structs.replace(change, locked=None)  # the owner's own setting stays the owner's (law 3)
    if change.shown_back:
        change = _without_the_tiers_defaults(change, before, seat.limits)
    after = _changed(before, change, urls)
    if after == before:
        return
    await local_people.set_profile(tx, account, after)
    for purpose, picture in change.pictures.items():
        await pictures.wear(tx, account, purpose, None if picture is None else picture.id)
    if before.locked and not after.locked:
        await jobs.enqueue(tx, "release", {"account": account}, key=str(account))
    if after.type in MULTIPLIERS and before.type not in MULTIPLIERS:
        await bars.passes_on(tx, account)
    if _seen_by_others(after) != _seen_by_others(before):
        await profiles.tell_profile(tx, urls, account)


def _without_the_tiers_defaults(change: ProfileChange, before: Profile, limits: Limits) -> ProfileChange:
    """What the tier says isn't what the person chose, so that their default rises with them (law 5)."""
    if change.privacy == default_that_holds(before.default_visibility, limits.visibility):  # type: ignore[arg-type]
        change = msgspec.structs.replace(change, privacy=None)
    if change.quoting == quoting_that_holds(before.default_quoting, limits.boosts):
        change = msgspec.structs.replace(change, quoting=None)
    return change


def _check(change: ProfileChange, urls: Urls) -> None:
    details: Details = {}
    if change.display_name is not None:
        _at_most(details, "display_name", len(change.display_name), LIMITS.max_display_name_length)
        if looks_like_limits(change.display_name, urls.domain):
            details["display_name"] = [
                ("ERR_RESERVED", "could be taken for the account that tells people their limits")
            ]
    if change.note is not None:
        _at_most(details, "note", compose.length(change.note), LIMITS.max_note_length)
    if change.fields is not None:
        if sum(not is_server_field(name) for name, _ in change.fields) > LIMITS.max_profile_fields:
            details["fields"] = [("ERR_TOO_LONG", f"are more than {LIMITS.max_profile_fields}")]
        for name, value in change.fields:
            _at_most(details, "fields", len(name), LIMITS.profile_field_name_limit)
            _at_most(details, "fields", len(value), LIMITS.profile_field_value_limit)
    if change.privacy is not None and change.privacy not in VISIBILITIES:
        details["privacy"] = [("ERR_INCLUSION", "is not included in the list")]
    if change.quoting is not None and change.quoting not in POLICIES:
        details["quote_policy"] = [("ERR_INCLUSION", "is not included in the list")]
    if change.language and not _LANGUAGE.fullmatch(change.language):
        details["language"] = [("ERR_INVALID", "isn't a language tag, such as en or pt-BR")]
    if details:
        told = ", ".join(f"{_title(field)} {faults[0][1]}" for field, faults in details.items())
        raise Unprocessable(f"Validation failed: {told}", details)


def _at_most(details: Details, field: str, length: int, limit: int) -> None:
    if length > limit:
        details[field] = [("ERR_TOO_LONG", f"is longer than {limit} characters")]


def _title(field: str) -> str:
    return field.capitalize().replace("_", " ")


def _changed(before: Profile, change: ProfileChange, urls: Urls) -> Profile:
    who = {name: (found.url, found.username) for name, found in change.mentions.items()}
    new: dict[str, object] = {}
    if change.display_name is not None:
        new["display_name"] = safe_display_name(compose.plain(change.display_name))
    if change.note is not None:
        new["note_text"] = compose.plain(change.note)
        new["note_html"] = compose.render(change.note, who, urls.tag)
    if change.fields is not None:
        typed = [(_line(name), _line(value)) for name, value in change.fields]
        # What the server adds comes back from clients that send all they were shown; look-alikes go with it (law 8).
        kept = [(name, value) for name, value in typed if (name or value) and not is_server_field(name)]
        shown = tuple(FieldRow(name, compose.render_field(value, who, urls.tag)) for name, value in kept)
        new["fields"] = as_json(shown)
        new["fields_text"] = as_json([value for _, value in kept])
    if change.bot is not None and before.type in ("Person", "Service"):
        new["type"] = "Service" if change.bot else "Person"
    for name, value in (
        ("locked", change.locked),
        ("discoverable", change.discoverable),
        ("indexable", change.indexable),
        ("hide_collections", change.hide_collections),
        ("default_visibility", change.privacy),
        ("default_sensitive", change.sensitive),
        ("default_language", change.language),
        ("default_quoting", change.quoting),
    ):
        if value is not None:
            new[name] = value
    for purpose, picture in change.pictures.items():
        new[f"{purpose}_url"] = "" if picture is None else picture.url
    return msgspec.structs.replace(before, **new)


def _line(text: str) -> str:
    return " ".join(compose.plain(text).split())


def _seen_by_others(profile: Profile) -> tuple[object, ...]:
    """What of it stands in the actor document."""
    return (
        profile.type,
        profile.display_name,
        profile.note_html,
        profile.fields,
        profile.locked,
        profile.discoverable,
        profile.indexable,
        profile.avatar_url,
        profile.header_url,
    )
