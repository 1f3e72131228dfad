"""How one account stands to others: one statement for as many as are asked for."""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import NotFound
from fedicert.model.accounts import RelationshipRow
from fedicert.store.unit import Reader, Row, one_statement

_LANGUAGES = msgspec.json.Decoder(tuple[str, ...])
_IN = ("admitted", "paused")
_WAITING = ("requested", "held")

_BETWEEN = (
    "SELECT a.id, o.state AS there, o.reblogs, o.notify, o.languages, i.state AS here, b.id AS blocking,"
    " CASE WHEN a.domain = '' THEN c.id END AS blocked_by, n.text AS note, m.id AS muting, m.notifications, m.expires_at,"
    " h.id AS hides, e.id AS endorsed FROM accounts a"
    " LEFT JOIN follows o ON o.follower = $1 AND o.followed = a.id"
    " LEFT JOIN follows i ON i.follower = a.id AND i.followed = $1"
    " LEFT JOIN blocks b ON b.account = $1 AND b.target = a.id"
    " LEFT JOIN blocks c ON c.account = a.id AND c.target = $1"
    " LEFT JOIN mutes m ON m.account = $1 AND m.target = a.id"
    " LEFT JOIN hidden_domains h ON h.account = $1 AND h.domain = a.domain"
    " LEFT JOIN endorsements e ON e.account = $1 AND e.target = a.id"
    " LEFT JOIN account_notes n ON n.account = $1 AND n.target = a.id"
    " WHERE a.id {any_id:$2} AND a.deleted_at IS NULL"
)


@one_statement
async def several(reader: Reader, viewer: int, identifiers: Sequence[int]) -> list[RelationshipRow]:
    """How the viewer stands to each of these accounts, in the order asked for; unknown ones are left out.

    A follow that is held or asked for is `requested`: the follower is told nothing else (law 3). A block by somebody
    elsewhere isn't shown.
    """
    found = {row["id"]: _relationship(row) for row in await reader.all(_BETWEEN, viewer, list(identifiers))}
    return [found[identifier] for identifier in dict.fromkeys(identifiers) if identifier in found]


async def one(reader: Reader, viewer: int, account: int) -> RelationshipRow:
    """How the viewer stands to an account. `NotFound`."""
    found = await several(reader, viewer, [account])
    if not found:
        raise NotFound
    return found[0]


def _relationship(row: Row) -> RelationshipRow:
    follows = row["there"] in _IN
    return RelationshipRow(
        id=row["id"],
        following=follows,
        showing_reblogs=follows and bool(row["reblogs"]),
        notifying=follows and bool(row["notify"]),
        languages=_LANGUAGES.decode(row["languages"]) if follows else (),
        followed_by=row["here"] in _IN,
        blocking=row["blocking"] is not None,
        blocked_by=row["blocked_by"] is not None,
        requested=row["there"] in _WAITING,
        requested_by=row["here"] in _WAITING,
        muting=row["muting"] is not None,
        muting_notifications=bool(row["notifications"]),
        muting_expires_at=row["expires_at"],
        domain_blocking=row["hides"] is not None,
        endorsed=row["endorsed"] is not None,
        note=row["note"] or "",
    )
