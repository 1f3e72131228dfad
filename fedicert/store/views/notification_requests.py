"""Whose notifications somebody's policy set aside, until they say what is to become of them."""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import NotFound
from fedicert.mastodon.paging import MAX_ID, Page
from fedicert.model.notifications import NotificationRequest, Policy
from fedicert.store.loaders import accounts, statuses
from fedicert.store.told import FROM
from fedicert.store.unit import Reader, Row

_GROUPED = (
    "SELECT n.from_account, COUNT(*) AS many, MAX(n.id) AS newest, MIN(n.created_at) AS first_at,"
    f" MAX(n.created_at) AS latest_at, MAX(n.status) AS last_status{FROM} AND n.filtered = 1"
)


class PolicyView(msgspec.Struct, frozen=True):
    """A policy, and how much it holds back: people, notifications."""

    policy: Policy
    people: int
    notifications: int


class Requests(msgspec.Struct, frozen=True):
    """A part of the list; the cursors of its ends, None where it is empty; `more`: it was full."""

    items: list[NotificationRequest]
    newest: int | None = None
    oldest: int | None = None
    more: bool = False


async def policy(reader: Reader, viewer: int) -> PolicyView:
    """The viewer's policy; without one everything is accepted."""
    row = await reader.one(
        "SELECT not_following, not_followers, new_accounts, private_mentions, limited_accounts"
        " FROM notification_policies WHERE account = $1",
        viewer,
    )
    held = await reader.one(f"SELECT COUNT(DISTINCT n.from_account), COUNT(*){FROM} AND n.filtered = 1", viewer)
    assert held is not None
    found = Policy() if row is None else Policy(row[0], row[1], row[2], row[3], row[4])
    return PolicyView(found, int(held[0]), int(held[1]))


async def several(reader: Reader, viewer: int, part: Page) -> Requests:
    """People whose notifications wait, the latest first; the cursors count notifications."""
    order = "ASC" if part.ascending else "DESC"
    rows = await reader.all(
        f"{_GROUPED} GROUP BY n.from_account HAVING MAX(n.id) < $2 AND MAX(n.id) > $3 ORDER BY newest {order} LIMIT $4",
        viewer,
        MAX_ID if part.max_id is None else part.max_id,
        max(part.since_id or 0, part.min_id or 0),
        part.limit,
    )
    if not rows:
        return Requests([])
    if part.ascending:
        rows = rows[::-1]
    return Requests(await _loaded(reader, viewer, rows), rows[0]["newest"], rows[-1]["newest"], len(rows) >= part.limit)


async def one(reader: Reader, viewer: int, account: int) -> NotificationRequest:
    """What waits of one person. `NotFound`."""
    rows = await reader.all(f"{_GROUPED} AND n.from_account = $2 GROUP BY n.from_account", viewer, account)
    if not rows:
        raise NotFound
    return (await _loaded(reader, viewer, rows))[0]


async def _loaded(reader: Reader, viewer: int, rows: Sequence[Row]) -> list[NotificationRequest]:
    people = await accounts(reader, {row["from_account"] for row in rows})
    about = await statuses(reader, viewer, {row["last_status"] for row in rows if row["last_status"] is not None})
    return [
        NotificationRequest(
            account=people[row["from_account"]],
            count=row["many"],
            first_at=row["first_at"],
            latest_at=row["latest_at"],
            last_status=about.get(row["last_status"]),
        )
        for row in rows
    ]
