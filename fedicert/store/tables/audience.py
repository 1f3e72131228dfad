"""Who gets copies: the admitted followers and where they are reached. Read by the gate alone (`operations.dispatch`)."""

from collections.abc import Sequence

from fedicert.reach.delivery import Member
from fedicert.store.unit import Reader, Row


async def page(reader: Reader, account: int, through: int, after: int, count: int) -> tuple[list[Member], int | None]:
    """A page of the audience as it was when the post was accepted, minus those gone since.

    `through`: the last admission that belongs to it; `after`: the follow row to go on behind. Returns the members and
    the place to go on from, None at the end.
    """
    rows = await reader.all(
        "SELECT f.follower, i.inbox, i.shared_inbox, i.host, f.id, COALESCE(h.cut_off, 0) FROM follows f"
        " LEFT JOIN inboxes i ON i.account = f.follower"
        " LEFT JOIN trim_hosts h ON h.account = f.followed AND h.host = i.host"
        " WHERE f.followed = $1 AND f.state = 'admitted' AND f.id > $2 AND f.admitted_seq <= $3 AND f.served_from <= $3"
        " ORDER BY f.id LIMIT $4",
        account,
        after,
        through,
        count,
    )
    return [_member(row, bool(row[5])) for row in rows], rows[-1][4] if len(rows) == count else None


async def served(reader: Reader, account: int, at: Sequence[str], but: Sequence[int]) -> set[str]:
    """At which of these inboxes does anybody else of an account's audience get copies?"""
    rows = await reader.all(
        "SELECT w.value FROM {each_text:$2} w WHERE EXISTS (SELECT 1 FROM inboxes i JOIN follows f"
        " ON f.follower = i.account AND f.followed = $1 AND f.state = 'admitted'"
        " WHERE (i.inbox = w.value OR (i.shared_inbox = w.value AND i.shared_inbox <> ''))"
        " AND NOT (i.account {any_id:$3}))",
        account,
        list(at),
        list(but),
    )
    return {row[0] for row in rows}


async def local_page(reader: Reader, account: int, after: int, count: int) -> tuple[list[Member], int | None]:
    """The people here who follow a remote account, a page at a time."""
    rows = await reader.all(
        "SELECT f.follower, '', '', '', f.id FROM follows f JOIN local_accounts l ON l.id = f.follower"
        " WHERE f.followed = $1 AND f.state = 'admitted' AND f.id > $2 ORDER BY f.id LIMIT $3",
        account,
        after,
        count,
    )
    return [_member(row) for row in rows], rows[-1][4] if len(rows) == count else None


async def members(reader: Reader, author: int, accounts: Sequence[int], *, apart: bool = False) -> list[Member]:
    """Where the named accounts are reached, and whether `author` may say anything new to them; local ones have no inbox.

    `apart`: whom a block has parted from the author since is said nothing either.
    """
    if not accounts:
        return []
    rows = await reader.all(
        "SELECT a.id, i.inbox, i.shared_inbox, i.host, CASE WHEN a.barred > 0 OR EXISTS (SELECT 1 FROM accounts s"
        " WHERE s.id = $2 AND s.suspended_at IS NOT NULL) OR (CAST($3 AS BIGINT) = 1 AND (EXISTS (SELECT 1 FROM blocks b"
        " WHERE b.account = $2 AND b.target = a.id) OR EXISTS (SELECT 1 FROM blocks b WHERE b.account = a.id"
        " AND b.target = $2))) THEN 1 ELSE 0 END FROM accounts a LEFT JOIN inboxes i ON i.account = a.id"
        " WHERE a.id {any_id:$1} AND a.deleted_at IS NULL ORDER BY a.id",
        list(accounts),
        author,
        int(apart),
    )
    return [_member(row, barred=bool(row[4])) for row in rows]


def _member(row: Row, cut_off: bool = False, barred: bool = False) -> Member:
    return Member(row[0], row[1] or "", row[2] or "", row[3] or "", cut_off, barred)
