"""What a person was told, shown together: the same act about the same thing within half a day is one group.

A fixed number of statements. A person has at most some 4,000 notifications, so that a page reads all of them once.
"""

from collections.abc import Sequence

from fedicert.base.errors import NotFound
from fedicert.mastodon.paging import MAX_ID, Page
from fedicert.model.accounts import AccountRow
from fedicert.model.notifications import ABOUT_STATUS, NotificationGroup, NotificationGroups
from fedicert.store.loaders import accounts, statuses, warnings
from fedicert.store.told import FROM, Wanted, narrowed
from fedicert.store.unit import Reader, Row

SAMPLE = 8

_KEY = (
    "CASE WHEN n.group_key <> '' AND n.type {any_text:$2} THEN n.group_key ELSE 'ungrouped-' || CAST(n.id AS TEXT) END"
)


async def several(
    reader: Reader, viewer: int, part: Page, wanted: Wanted, grouped: Sequence[str]
) -> NotificationGroups:
    """A page of groups, newest first; a group stands where its latest does. `grouped`: the types that make groups."""
    where, values = narrowed(wanted, 5)
    order = "ASC" if part.ascending else "DESC"
    rows = await reader.all(
        f"SELECT key, MAX(id) AS newest, MIN(id) AS oldest, COUNT(*) AS many FROM (SELECT {_KEY} AS key, n.id{FROM}{where}"
        f") AS told GROUP BY key HAVING MAX(id) < $3 AND MAX(id) > $4 ORDER BY newest {order} LIMIT $5",
        viewer,
        list(grouped),
        MAX_ID if part.max_id is None else part.max_id,
        max(part.since_id or 0, part.min_id or 0),
        part.limit,
        *values,
    )
    if part.ascending:
        rows = rows[::-1]
    return await _loaded(reader, viewer, rows, wanted, grouped, more=len(rows) >= part.limit)


async def one(reader: Reader, viewer: int, key: str) -> NotificationGroups:
    """One group. `NotFound`."""
    rows = await reader.all(
        f"SELECT key, MAX(id) AS newest, MIN(id) AS oldest, COUNT(*) AS many FROM (SELECT {_KEY} AS key, n.id{FROM}"
        ") AS told WHERE key = $3 GROUP BY key",
        viewer,
        [_type(key)],
        key,
    )
    if not rows:
        raise NotFound
    return await _loaded(reader, viewer, rows, Wanted(filtered=True), [_type(key)], more=False)


async def people(reader: Reader, viewer: int, key: str, part: Page) -> tuple[list[AccountRow], int | None, int | None]:
    """Whom the notifications of a group are from, latest first; the cursors count notifications. `NotFound`."""
    order = "ASC" if part.ascending else "DESC"
    rows = await reader.all(
        f"SELECT told.id, told.from_account FROM (SELECT {_KEY} AS key, n.id, n.from_account{FROM}) AS told"
        f" WHERE key = $3 AND told.id < $4 AND told.id > $5 ORDER BY told.id {order} LIMIT $6",
        viewer,
        [_type(key)],
        key,
        MAX_ID if part.max_id is None else part.max_id,
        max(part.since_id or 0, part.min_id or 0),
        part.limit,
    )
    if not rows:
        raise NotFound
    if part.ascending:
        rows = rows[::-1]
    known = await accounts(reader, {row[1] for row in rows})
    return [known[row[1]] for row in rows], rows[0][0], rows[-1][0]


async def unread(reader: Reader, viewer: int, wanted: Wanted, grouped: Sequence[str], most: int) -> int:
    """How many groups have something newer than what the viewer has read last (the marker), counted up to `most`."""
    where, values = narrowed(wanted, 3)
    counted = await reader.value(
        f"SELECT COUNT(*) FROM (SELECT DISTINCT {_KEY} AS key{FROM}{where} AND n.id > COALESCE((SELECT last_read_id"
        " FROM markers WHERE account = $1 AND timeline = 'notifications'), 0) LIMIT $3) AS newer",
        viewer,
        list(grouped),
        most,
        *values,
    )
    return int(counted)


def _type(key: str) -> str:
    return key.partition("-")[0]


async def _loaded(
    reader: Reader, viewer: int, rows: Sequence[Row], wanted: Wanted, grouped: Sequence[str], *, more: bool
) -> NotificationGroups:
    if not rows:
        return NotificationGroups(groups=[], accounts=[], statuses=[])
    where, values = narrowed(wanted, 4)
    sample = await reader.all(
        "SELECT key, type, from_account, status, created_at, decision FROM (SELECT key, type, from_account, status,"
        " created_at, decision,"
        " ROW_NUMBER() OVER (PARTITION BY key ORDER BY id DESC) AS place FROM (SELECT"
        f" {_KEY} AS key, n.id, n.type, n.from_account, n.status, n.created_at, n.decision{FROM}{where}) AS told"
        " WHERE key {any_text:$3}) AS ranked WHERE place <= $4 ORDER BY key, place",
        viewer,
        list(grouped),
        [row["key"] for row in rows],
        SAMPLE,
        *values,
    )
    members: dict[str, list[Row]] = {}
    for row in sample:
        members.setdefault(row["key"], []).append(row)
    about = await statuses(reader, viewer, {row["status"] for row in sample if row["status"] is not None})
    warned = await warnings(reader, viewer, {row["decision"] for row in sample if row["decision"] is not None})
    groups = []
    for row in rows:
        latest = members[row["key"]][0]
        if latest["type"] in ABOUT_STATUS and latest["status"] not in about:
            continue
        groups.append(
            NotificationGroup(
                key=row["key"],
                type=latest["type"],
                count=row["many"],
                newest=row["newest"],
                oldest=row["oldest"],
                latest_at=latest["created_at"],
                accounts=tuple(dict.fromkeys(member["from_account"] for member in members[row["key"]])),
                status=latest["status"],
                warning=warned.get(latest["decision"]),
            )
        )
    named = await accounts(reader, dict.fromkeys(account for group in groups for account in group.accounts))
    shown = {group.status for group in groups}
    return NotificationGroups(
        groups=groups,
        accounts=list(named.values()),
        statuses=[view for identifier, view in about.items() if identifier in shown],
        newest=rows[0]["newest"],
        oldest=rows[-1]["newest"],
        more=more,
    )
