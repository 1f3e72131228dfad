"""What only its owner sees of an account: the sources of its texts, its defaults, how many wait; and its markers."""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import NotFound
from fedicert.model.accounts import BadgeRow, FieldRow, OwnAccountRow
from fedicert.model.notifications import MarkerRow
from fedicert.reach.limits import cap_of, raised_by
from fedicert.reach.turnover import WINDOW
from fedicert.reach.visibility import default_that_holds, quoting_that_holds
from fedicert.store import newcomers
from fedicert.store.loaders import accounts
from fedicert.store.shapes import WAIVED_COLUMNS, waived_of
from fedicert.store.unit import Reader, Row, one_statement
from fedicert.text.own_fields import languages, own_fields

_TEXTS = msgspec.json.Decoder(tuple[str, ...])
_ROLES = {
    "owner": BadgeRow(1, "Owner"),
    "admin": BadgeRow(2, "Admin"),
    "moderator": BadgeRow(3, "Moderator"),
    "certifier": BadgeRow(4, "Certifier"),
}
"""Nothing of an office can be done through the client API yet, so no permission bit is set."""


_REACH = f"l.admitted, l.paused, l.cap_share, t.followers, t.name AS tier, g.locale, {WAIVED_COLUMNS}"


class Defaults(msgspec.Struct, frozen=True):
    """What a new post gets that says nothing else; the visibility is never wider than the tier's (law 5)."""

    visibility: str
    sensitive: bool
    language: str
    quoting: str


class Lock(msgspec.Struct, frozen=True):
    """`locked`: the owner's own setting. `holds`: newcomers are held, or others are still told so."""

    locked: bool
    holds: bool


async def lock(reader: Reader, viewer: int) -> Lock | None:
    """How the viewer's account meets newcomers; None where it isn't from here."""
    row = await reader.one(
        f"SELECT a.locked, l.told_locked, {newcomers.COLUMNS} FROM accounts a JOIN local_accounts l ON l.id = a.id"
        " JOIN tiers t ON t.id = l.tier WHERE a.id = $1",
        viewer,
        reader.now - WINDOW,
    )
    return (
        None if row is None else Lock(bool(row["locked"]), bool(row["told_locked"]) or newcomers.holds(row, reader.now))
    )


async def credentials(reader: Reader, viewer: int) -> OwnAccountRow:
    """The account of whoever asks, with all that its owner sees."""
    row = await reader.one(
        "SELECT l.note_text, l.fields_text, l.role, l.held + l.requested AS waiting, l.default_visibility,"
        " l.default_sensitive, l.default_language, l.default_quoting, t.visibility, t.boosts,"
        f" {_REACH} FROM local_accounts l"
        " JOIN tiers t ON t.id = l.tier LEFT JOIN logins g ON g.id = l.login WHERE l.id = $1",
        viewer,
    )
    found = (await accounts(reader, [viewer])).get(viewer)
    held = await lock(reader, viewer)
    if row is None or found is None:
        raise NotFound
    typed = _TEXTS.decode(row["fields_text"])
    fields = tuple(
        FieldRow(field.name, field.value_html, field.verified_at, text)
        for field, text in zip(found.fields, typed, strict=False)
    )
    return OwnAccountRow(
        # Clients show whom one may let in where an account is locked: so it is while newcomers are held (law 3).
        account=msgspec.structs.replace(found, fields=fields, locked=found.locked or (held is not None and held.holds)),
        note_text=row["note_text"],
        privacy=default_that_holds(row["default_visibility"], row["visibility"]),
        sensitive=bool(row["default_sensitive"]),
        language=row["default_language"],
        quoting=quoting_that_holds(row["default_quoting"], row["boosts"]),
        follow_requests_count=row["waiting"],
        role=_ROLES.get(row["role"]),
        shown_fields=_own_fields(row, reader.now),
    )


@one_statement
async def limit_fields(reader: Reader, viewer: int) -> tuple[FieldRow, ...]:
    """The fields that only whoever asks is shown of their own account (law 8)."""
    row = await reader.one(
        f"SELECT {_REACH}, l.default_language FROM local_accounts l JOIN tiers t ON t.id = l.tier"
        " LEFT JOIN logins g ON g.id = l.login WHERE l.id = $1",
        viewer,
    )
    return () if row is None else _own_fields(row, reader.now)


async def defaults(reader: Reader, viewer: int) -> Defaults:
    """What a new post of the viewer gets."""
    row = await reader.one(
        "SELECT l.default_visibility, l.default_sensitive, l.default_language, l.default_quoting, t.visibility, t.boosts"
        " FROM local_accounts l"
        " JOIN tiers t ON t.id = l.tier WHERE l.id = $1",
        viewer,
    )
    if row is None:
        raise NotFound
    return Defaults(
        default_that_holds(row["default_visibility"], row["visibility"]),
        bool(row["default_sensitive"]),
        row["default_language"],
        quoting_that_holds(row["default_quoting"], row["boosts"]),
    )


async def markers(reader: Reader, viewer: int, timelines: Sequence[str]) -> dict[str, MarkerRow]:
    """How far the viewer has read these timelines, as far as they said."""
    rows = await reader.all(
        "SELECT timeline, last_read_id, version, updated_at FROM markers WHERE account = $1 AND timeline {any_text:$2}",
        viewer,
        list(timelines),
    )
    return {row["timeline"]: MarkerRow(row["last_read_id"], row["version"], row["updated_at"]) for row in rows}


def _own_fields(row: Row, now: int) -> tuple[FieldRow, ...]:
    return own_fields(
        languages(row["locale"] or "", row["default_language"]),
        row["admitted"] + row["paused"],
        raised_by(waived_of(row, now), cap_of(row["followers"], row["cap_share"])),
        row["tier"],
    )
