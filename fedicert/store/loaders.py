"""The posts and accounts of a page for one viewer, in a fixed number of statements whatever the page's size.

A view's own statement gives light rows: ids, versions, counts and the viewer's marks. What of them was rendered in
this version lies on the shelf; the rest is loaded in one statement for posts and one for accounts. Never writes.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from fedicert.base.errors import NotFound
from fedicert.mastodon.render import (
    BOOSTED,
    BOOSTING,
    UNBOOSTED,
    Extended,
    account_counts,
    is_extended,
    splice_account,
    status_counts,
    tail,
)
from fedicert.model.accounts import AccountRow
from fedicert.model.notifications import WarningRow
from fedicert.model.statuses import StatusRow, StatusView
from fedicert.store.attached import Attached, attached
from fedicert.store.sees import hears, no_block, sees
from fedicert.store.shapes import (
    ACCOUNT_COLUMNS,
    ACCOUNT_JOINS,
    APPLICATION_COLUMNS,
    STATUS_COLUMNS,
    account_row,
    status_row,
)
from fedicert.store.shelf import Generations, R, Shelf
from fedicert.store.unit import Reader

Heads = dict[int, tuple[int, bytes]]
"""Id → (version, bytes up to the counts)."""

Light = Sequence[Any]
"""A light row."""

NOBODY = 0
"""The viewer without a login: no account has this id."""

_SHOWN = (
    "s.id, s.version, s.replies_count, s.reblogs_count, s.favourites_count, m.bits,"
    " a.id, a.version, a.followers_count, a.following_count, a.statuses_count, a.last_status_at"
)
_WRAPPER = "w.id, w.version, b.id, b.version, b.followers_count, b.following_count, b.statuses_count, b.last_status_at"

LIGHT = f"{_SHOWN}, {_WRAPPER}"
"""Columns of a light row behind its cursor: the post shown `s` by `a`, the boost `w` by `b` that shows it, marks `m`."""

WRAPPED = 13
"""So many columns has a light row without a boost, its cursor counted."""

LIGHT_PLAIN = _SHOWN
"""The same where no boosts can be, or before `with_boosts`."""


def light_joins(viewer: str) -> str:
    """Joins behind `statuses s` for `LIGHT_PLAIN`."""
    return f"JOIN accounts a ON a.id = s.author LEFT JOIN marks m ON m.account = {viewer} AND m.status = s.id"


def boost_joins(viewer: str, item: str = "i") -> str:
    """Joins behind `statuses i`, which may be boosts, for `LIGHT`."""
    return (
        f"JOIN statuses s ON s.id = COALESCE({item}.reblog_of, {item}.id) {light_joins(viewer)}"
        f" LEFT JOIN statuses w ON w.id = CASE WHEN {item}.reblog_of IS NOT NULL THEN {item}.id END"
        " LEFT JOIN accounts b ON b.id = w.author"
    )


def sees_item(viewer: str) -> str:
    """The condition that the viewer may see a post, and where it is a boost, also the boost."""
    return f"{sees(viewer)} AND (w.id IS NULL OR {sees(viewer, 'w', 'b')})"


class Slice(msgspec.Struct, frozen=True):
    """A part of a list, rendered, newest first; the cursors of its ends, None where it is empty."""

    items: list[bytes]
    newest: int | None = None
    oldest: int | None = None


_BY_IDS = f"SELECT i.id, {LIGHT} FROM statuses i {boost_joins('$1')} WHERE i.id {{any_id:$2}} AND {sees_item('$1')}"
_BY_IDS_HEARD = f"{_BY_IDS} AND {hears('$1')}"
_HEAVY_STATUSES = (
    f"SELECT {STATUS_COLUMNS}, {APPLICATION_COLUMNS} FROM statuses s LEFT JOIN apps p ON p.id = s.application"
    " WHERE s.id {any_id:$1}"
)
_HEAVY_ACCOUNTS = f"SELECT {ACCOUNT_COLUMNS} FROM accounts a {ACCOUNT_JOINS} WHERE a.id {{any_id:$1}}"
_WHOLE = (
    f"SELECT {STATUS_COLUMNS}, {APPLICATION_COLUMNS}, m.bits FROM statuses s JOIN accounts a ON a.id = s.author"
    " LEFT JOIN apps p ON p.id = s.application LEFT JOIN marks m ON m.account = $1 AND m.status = s.id"
    " WHERE (s.id {any_id:$2} OR s.id IN (SELECT reblog_of FROM statuses WHERE id {any_id:$2})) AND " + sees("$1")
)
_KNOWN_ACCOUNTS = (
    f"SELECT {ACCOUNT_COLUMNS} FROM accounts a {ACCOUNT_JOINS} WHERE a.id {{any_id:$2}} AND {no_block('$1', 'a.id')}"
)


# Somebody suspended, or behind a block, boosts nothing: such a row is left out.
_BOOSTS = (
    f"SELECT {_WRAPPER} FROM statuses w JOIN accounts b ON b.id = w.author JOIN statuses s ON s.id = w.reblog_of"
    f" WHERE w.id {{any_id:$2}} AND b.suspended_at IS NULL AND {no_block('$1', 's.author')}"
    f" AND {no_block('$1', 'w.author')}"
)


async def with_boosts(reader: Reader, viewer: int, rows: Sequence[Light]) -> Sequence[Light] | None:
    """Rows of `LIGHT_PLAIN`, whose cursor is the boost where one shows the post, as rows of `LIGHT`.

    None where the viewer must not see one of the boosts. Only pages with boosts cost the statement.
    """
    boosts = [row[0] for row in rows if row[0] != row[1]]
    if not boosts:
        return rows
    found = {row[0]: row for row in await reader.tuples(_BOOSTS, viewer, boosts)}
    if len(found) != len(boosts):
        return None
    return [row if row[0] == row[1] else (*row, *found[row[0]]) for row in rows]


async def page(
    reader: Reader, shelf: Shelf, rows: Sequence[Light], *, viewer: int | None, ascending: bool = False
) -> Slice:
    """Render light rows; `ascending`: they were selected oldest first and are turned round."""
    if not rows:
        return Slice([])
    if ascending:
        rows = rows[::-1]
    items = await rendered(reader, shelf, rows, viewer=viewer)
    return Slice(items, rows[0][0], rows[-1][0])


async def rendered(
    reader: Reader, shelf: Shelf, rows: Sequence[Light], *, viewer: int | None, shallow: bool = False
) -> list[bytes]:
    """Each light row as the bytes of a Status, in their order. `shallow`: as what others quote."""
    logged_in = viewer is not None
    items = _composed(rows, shelf.statuses.young, shelf.accounts.young, {}, logged_in)
    if items is not None:
        return items
    heads, missing = _on_shelf(shelf.statuses, rows, 1, 13)
    if missing:
        loaded = await reader.all(_HEAVY_STATUSES, list(missing))
        _keep(reader, shelf.statuses, [status_row(row, with_application=True) for row in loaded], missing, heads)
    faces, missing = _on_shelf(shelf.accounts, rows, 7, 15)
    if missing:
        _keep(reader, shelf.accounts, await _accounts(reader, list(missing)), missing, faces)
    tails = await _tails(reader, shelf, viewer, heads, shallow)
    items = _composed(rows, heads, faces, tails, logged_in)
    if items is None:
        raise NotFound  # deleted between two statements of a unit of work; never over one snapshot
    return items


async def _tails(reader: Reader, shelf: Shelf, viewer: int | None, heads: Heads, shallow: bool) -> dict[int, bytes]:
    """How posts end whose end depends on the viewer; what a quoted post quotes is named by its id alone."""
    posts = [head.row for _, head in heads.values() if isinstance(head, Extended)]
    if not posts:
        return {}
    found = await attached(reader, viewer, posts)
    quoted: dict[int, bytes] = {}
    if not shallow:
        shown = {one.quote.id for one in found.values() if one.quote is not None and one.quote.shown}
        quoted = await by_ids(reader, viewer, shelf, [one for one in shown if one is not None], shallow=True)
    tails = {}
    for identifier, one in found.items():
        quote, inner = one.quote, b"null"
        if quote is not None and quote.shown and not shallow:
            inner = quoted.get(quote.id or 0, b"null")
            if inner == b"null" and quote.state == "accepted":
                quote = msgspec.structs.replace(quote, state="unauthorized", shown=False)
        tails[identifier] = tail(one.poll, quote, inner, one.approval, shallow=shallow)
    return tails


async def by_ids(
    reader: Reader,
    viewer: int | None,
    shelf: Shelf,
    identifiers: Sequence[int],
    *,
    heard: bool = False,
    shallow: bool = False,
) -> dict[int, bytes]:
    """The posts among these ids that the viewer may see: id → the bytes of a Status. `heard`: not of people they muted.

    `shallow`: as what others quote.
    """
    if not identifiers:
        return {}
    rows = await reader.tuples(_BY_IDS_HEARD if heard else _BY_IDS, viewer or NOBODY, list(identifiers))
    items = await rendered(reader, shelf, rows, viewer=viewer, shallow=shallow)
    return {row[0]: item for row, item in zip(rows, items, strict=True)}


async def statuses(
    reader: Reader, viewer: int | None, identifiers: Iterable[int], *, quotes: bool = True
) -> dict[int, StatusView]:
    """The posts among these ids that the viewer may see, as values; a boost whose post is hidden is hidden too.

    `quotes`: with what they quote.
    """
    wanted = list(identifiers)
    if not wanted:
        return {}
    found: dict[int, tuple[StatusRow, int | None]] = {
        row["id"]: (status_row(row, with_application=True), (row["bits"] or 0) if viewer is not None else None)
        for row in await reader.all(_WHOLE, viewer or NOBODY, wanted)
    }
    authors = await accounts(reader, {row.author_id for row, _ in found.values()})
    hanging = await attached(reader, viewer, [row for row, _ in found.values() if is_extended(row)])
    quoted: dict[int, StatusView] = {}
    if quotes:
        shown = {one.quote.id for one in hanging.values() if one.quote is not None and one.quote.shown}
        quoted = await statuses(reader, viewer, [one for one in shown if one is not None], quotes=False)
    views: dict[int, StatusView] = {}
    for identifier in wanted:
        if identifier in found:
            view = _view(identifier, found, authors, hanging, quoted)
            if view is not None:
                views[identifier] = view
    return views


async def accounts(reader: Reader, identifiers: Iterable[int]) -> dict[int, AccountRow]:
    """Accounts by id, as values."""
    wanted = list(identifiers)
    return {row.id: row for row in await _accounts(reader, wanted)} if wanted else {}


async def account_bytes(
    reader: Reader, viewer: int | None, shelf: Shelf, identifiers: Sequence[int]
) -> dict[int, bytes]:
    """Accounts among these ids with whom the viewer has no block: id → the bytes of an Account."""
    if not identifiers:
        return {}
    found: dict[int, bytes] = {}
    given = await reader.all(_KNOWN_ACCOUNTS, viewer or NOBODY, list(identifiers))
    moved = {row["id"]: row["moved_to"] for row in given}
    for row in await _with_moved(reader, [account_row(row) for row in given], moved):
        head = shelf.accounts.get(row.id, row.version) or shelf.accounts.render(row)
        found[row.id] = splice_account(
            head, row.followers_count, row.following_count, row.statuses_count, row.last_status_at
        )
    return found


def _view(
    identifier: int,
    found: dict[int, tuple[StatusRow, int | None]],
    authors: dict[int, AccountRow],
    hanging: dict[int, Attached],
    quoted: dict[int, StatusView],
) -> StatusView | None:
    row, marks = found[identifier]
    inner = None
    if row.reblog_of_id is not None:
        if row.reblog_of_id not in found:
            return None
        inner = _view(row.reblog_of_id, found, authors, hanging, quoted)
    one = hanging.get(identifier, Attached())
    quote, shown = one.quote, None
    if quote is not None and quote.shown:
        shown = quoted.get(quote.id or 0)
        if shown is None and quote.state == "accepted" and quoted:
            quote = msgspec.structs.replace(quote, state="unauthorized", shown=False)
    return StatusView(
        status=row,
        author=authors[row.author_id],
        marks=marks,
        reblog=inner,
        poll=one.poll,
        quote=quote,
        quoted=shown,
        approval=one.approval,
    )


async def _accounts(reader: Reader, identifiers: Sequence[int]) -> list[AccountRow]:
    rows = await reader.all(_HEAVY_ACCOUNTS, list(identifiers))
    return await _with_moved(reader, [account_row(row) for row in rows], {row["id"]: row["moved_to"] for row in rows})


async def _with_moved(reader: Reader, rows: list[AccountRow], moved: dict[int, int | None]) -> list[AccountRow]:
    targets = {identifier: target for identifier, target in moved.items() if target is not None}
    if not targets:
        return rows
    found = {row["id"]: account_row(row) for row in await reader.all(_HEAVY_ACCOUNTS, list(targets.values()))}
    return [
        msgspec.structs.replace(row, moved_to=found.get(targets[row.id])) if row.id in targets else row for row in rows
    ]


def _on_shelf(shelf: Generations[R], rows: Sequence[Light], *places: int) -> tuple[Heads, dict[int, int]]:
    """What of the ids at these places of light rows, the version beside each, is there; and id → version of the rest."""
    found: Heads = {}
    missing: dict[int, int] = {}
    for row in rows:
        for place in places if len(row) > WRAPPED else places[:1]:
            identifier, version = row[place], row[place + 1]
            if identifier is not None and identifier not in found:
                kept = shelf.get(identifier, version)
                if kept is None:
                    missing[identifier] = version
                else:
                    found[identifier] = (version, kept)
    return found, missing


def _keep(reader: Reader, shelf: Generations[R], rows: Iterable[R], wanted: dict[int, int], into: Heads) -> None:
    """Render and shelve. Inside a unit of work only after its commit: what is undone must not stay under its version."""
    made = [(row.id, row.version, shelf.render(row)) for row in rows]
    for identifier, _, head in made:
        into[identifier] = (wanted[identifier], head)

    def shelve() -> None:
        for identifier, version, head in made:
            shelf.put(identifier, version, head)

    after_commit = getattr(reader, "after_commit", None)
    if after_commit is None:
        shelve()
    else:
        after_commit(shelve)


def _composed(
    rows: Iterable[Any], heads: Heads, faces: Heads, tails: dict[int, bytes], logged_in: bool
) -> list[bytes] | None:
    """Heads and counts put together; None where a head isn't there in the row's version, or an end depends on the viewer.

    The hot loop of the server: it runs for every post of every page.
    """
    items = []
    whole = b"".join
    try:
        for (
            _, post, version, replies, boosts, likes, bits, author, author_version, read_by, reads, wrote, wrote_at,
            *wrapper,
        ) in rows:  # fmt: skip
            marks = (bits or 0) if logged_in else None
            seen, head = heads[post]
            known, face = faces[author]
            if seen != version or known != author_version:
                return None
            counts = status_counts(replies, boosts, likes, marks)
            end = UNBOOSTED if head.__class__ is bytes else tails[post]
            item = whole((head, counts, face, account_counts(read_by, reads, wrote, wrote_at), end))
            if wrapper and wrapper[0] is not None:
                boost, version, booster, booster_version, read_by, reads, wrote, wrote_at = wrapper
                seen, head = heads[boost]
                known, face = faces[booster]
                if seen != version or known != booster_version:
                    return None
                counts = status_counts(0, 0, 0, marks)
                tail = account_counts(read_by, reads, wrote, wrote_at)
                item = whole((head, counts, face, tail, BOOSTING, item, BOOSTED))
            items.append(item)
    except KeyError:
        return None
    return items


async def warnings(reader: Reader, viewer: int, decisions: Collection[int]) -> dict[int, WarningRow]:
    """Decisions of staff about the viewer, by their places on the viewer's ledger, each with its appeal."""
    if not decisions:
        return {}
    rows = await reader.all(
        "SELECT l.seq, l.kind, l.at, p.outcome, (SELECT w.text FROM appeal_words w WHERE w.appeal = p.id"
        " ORDER BY w.id LIMIT 1) AS said FROM ledger l LEFT JOIN appeals p ON p.account = l.account AND p.seq = l.seq"
        " WHERE l.account = $1 AND l.seq {any_id:$2}",
        viewer,
        sorted(decisions),
    )
    return {
        row[0]: WarningRow(decision=row[0], kind=row[1], created_at=row[2], appeal=row[4], outcome=row[3] or "")
        for row in rows
    }
