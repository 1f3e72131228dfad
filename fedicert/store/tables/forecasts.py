"""What a forecast counts with: the accounts on a tier, each in the integers that the law reads."""

import msgspec

from fedicert.model.standing import Waived
from fedicert.store.sees import A_PERSON
from fedicert.store.shapes import WAIVED_COLUMNS, waived_of
from fedicert.store.unit import Reader


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An account on a tier. `waiting_followed`: of the held, those whom it follows itself. `waived`: by a waiver in
    force."""

    id: int
    username: str
    locked: bool
    share: int | None
    rule_share: int | None
    admitted: int
    paused: int
    held: int
    requested: int
    kept_used: int
    waiting_followed: int
    waived: Waived | None = None


async def standing(reader: Reader, tier: int, after: int, count: int) -> list[Standing]:
    """A page of the accounts on a tier that are open, in order of id."""
    rows = await reader.all(
        "SELECT l.id, a.username, a.locked, l.cap_share, l.rule_share, l.admitted, l.paused, l.held, l.requested,"
        f" l.kept_used, {WAIVED_COLUMNS}, CASE WHEN l.held = 0 THEN 0 ELSE"
        " (SELECT COUNT(*) FROM follows f WHERE f.followed = l.id AND f.state = 'held' AND f.kept = 1)"
        " END AS waiting_followed"
        " FROM local_accounts l JOIN accounts a ON a.id = l.id WHERE l.tier = $1 AND l.id > $2"
        f" AND a.deleted_at IS NULL AND a.suspended_at IS NULL AND {A_PERSON} ORDER BY l.id LIMIT $3",
        tier,
        after,
        count,
    )
    return [
        Standing(
            id=row[0],
            username=row[1],
            locked=bool(row[2]),
            share=row[3],
            rule_share=row[4],
            admitted=row[5],
            paused=row[6],
            held=row[7],
            requested=row[8],
            kept_used=row[9],
            waiting_followed=row["waiting_followed"],
            waived=waived_of(row, reader.now),
        )
        for row in rows
    ]
