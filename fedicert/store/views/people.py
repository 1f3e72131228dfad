"""Accounts as clients ask for them: one, several, by handle, by prefix; followers and followed; blocks; the line.

Followers are those admitted or paused (law 1): who is held, asked for or trimmed is in no list but the owner's own line.
Somebody who waits for approval isn't there yet.
"""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import NotFound
from fedicert.mastodon.paging import MAX_ID, Page
from fedicert.model.accounts import AccountRow
from fedicert.store.loaders import NOBODY, accounts
from fedicert.store.sees import no_block
from fedicert.store.unit import Reader, Row

_READY = (
    "NOT EXISTS (SELECT 1 FROM local_accounts rl JOIN logins rg ON rg.id = rl.login"
    " WHERE rl.id = a.id AND (rg.confirmed_at IS NULL OR rg.approved_at IS NULL))"
)
_THERE = f"a.deleted_at IS NULL AND {_READY}"
_SHOWN = f"{_THERE} AND a.suspended_at IS NULL"
_FOLLOWS = "k.state IN ('admitted', 'paused')"

# The place in the line as one number (law 3: trimmed before, then people the owner follows, then oldest), so that a
# page of the line has cursors like any other list.
_PLACE = "((1 - k.was_trimmed) * 2 + (1 - k.kept)) * 1152921504606846976 + k.id"


class People(msgspec.Struct, frozen=True):
    """A part of a list of accounts; the cursors of its ends, None where it is empty; `more`: it was full."""

    rows: list[AccountRow]
    newest: int | None = None
    oldest: int | None = None
    more: bool = False


class Muted(msgspec.Struct, frozen=True):
    """People who are muted, and until when (ms; None for ever), by their id."""

    people: People
    until: dict[int, int | None]


async def one(reader: Reader, viewer: int | None, account: int) -> AccountRow:
    """An account, a suspended one (blank) included. `NotFound`."""
    found = await several(reader, viewer, [account])
    if not found:
        raise NotFound
    return found[0]


async def several(reader: Reader, _viewer: int | None, identifiers: Sequence[int]) -> list[AccountRow]:
    """Those of these accounts that are here, in the order asked for, each once."""
    there = await reader.all(f"SELECT a.id FROM accounts a WHERE a.id {{any_id:$1}} AND {_THERE}", list(identifiers))
    known = await accounts(reader, [row[0] for row in there])
    return [known[identifier] for identifier in dict.fromkeys(identifiers) if identifier in known]


async def present(reader: Reader, account: int) -> None:
    """Raise `NotFound` unless one can have to do with this account: it is here, approved and not suspended."""
    if await reader.value(f"SELECT 1 FROM accounts a WHERE a.id = $1 AND {_SHOWN}", account) is None:
        raise NotFound


async def by_handle(reader: Reader, _viewer: int | None, username: str, domain: str) -> AccountRow:
    """An account by its handle, as far as it is known; domain '' is here. `NotFound`."""
    found = await reader.value(
        f"SELECT a.id FROM accounts a WHERE a.username_key = $1 AND a.domain = $2 AND {_THERE}",
        username.lower(),
        domain.lower(),
    )
    if found is None:
        raise NotFound
    return (await accounts(reader, [found]))[found]


async def by_address(reader: Reader, _viewer: int | None, uri: str) -> int | None:
    """The account with this actor id."""
    found = await reader.value(f"SELECT a.id FROM accounts a WHERE a.uri = $1 AND {_THERE}", uri)
    return None if found is None else int(found)


async def prefixed(
    reader: Reader, viewer: int | None, text: str, part: Page, *, following: bool = False
) -> list[AccountRow]:
    """Accounts whose name, handle or shown name begins with a text: those the viewer follows first, then people here.

    `text`: 'name', 'name@dom' or a word; a page by offset. Only people whom `following` names, where it is set.
    """
    name, at, domain = text.lower().removeprefix("@").partition("@")
    if not name:
        return []
    sql = (
        "SELECT a.id FROM accounts a LEFT JOIN follows k ON k.follower = $1 AND k.followed = a.id AND "
        + _FOLLOWS
        + f" WHERE {_SHOWN} AND {no_block('$1', 'a.id')} AND NOT (a.type = 'Application' AND a.domain = '')"
    )
    values: list[object] = [viewer or NOBODY, part.limit, part.offset]
    if at:
        values += [name, _like(domain)]
        sql += " AND a.username_key = $4 AND a.domain LIKE $5 ESCAPE '!'"
    else:
        values.append(_like(name))
        sql += " AND (a.username_key LIKE $4 ESCAPE '!' OR LOWER(a.display_name) LIKE $4 ESCAPE '!')"
    if following:
        sql += " AND k.id IS NOT NULL"
    sql += (
        " ORDER BY CASE WHEN k.id IS NULL THEN 1 ELSE 0 END, CASE WHEN a.domain = '' THEN 0 ELSE 1 END,"
        " a.followers_count DESC, a.id LIMIT $2 OFFSET $3"
    )
    found = [row[0] for row in await reader.all(sql, *values)]
    known = await accounts(reader, found)
    return [known[identifier] for identifier in found]


async def followers(reader: Reader, viewer: int | None, account: int, part: Page) -> People:
    """Who follows an account, latest first; the cursors count follows."""
    if await _is_hidden(reader, viewer, account):
        return People([])
    return await _related(reader, viewer, part, "follows", "k.follower", f"k.followed = $5 AND {_FOLLOWS}", account)


async def following(reader: Reader, viewer: int | None, account: int, part: Page) -> People:
    """Whom an account follows, latest first; the cursors count follows."""
    if await _is_hidden(reader, viewer, account):
        return People([])
    return await _related(reader, viewer, part, "follows", "k.followed", f"k.follower = $5 AND {_FOLLOWS}", account)


async def blocked(reader: Reader, viewer: int, part: Page) -> People:
    """Whom the viewer blocks, latest first; the cursors count blocks."""
    order = "ASC" if part.ascending else "DESC"
    rows = await reader.all(
        "SELECT k.id, k.target FROM blocks k JOIN accounts a ON a.id = k.target WHERE k.account = $1"
        f" AND k.id < $2 AND k.id > $3 AND {_THERE} ORDER BY k.id {order} LIMIT $4",
        viewer,
        *_bounds(part),
        part.limit,
    )
    return await _people(reader, rows, part)


async def muted(reader: Reader, viewer: int, part: Page) -> Muted:
    """Whom the viewer muted, latest first, and until when; the cursors count mutes."""
    order = "ASC" if part.ascending else "DESC"
    rows = await reader.all(
        "SELECT k.id, k.target, k.expires_at FROM mutes k JOIN accounts a ON a.id = k.target WHERE k.account = $1"
        f" AND k.id < $2 AND k.id > $3 AND {_THERE} ORDER BY k.id {order} LIMIT $4",
        viewer,
        *_bounds(part),
        part.limit,
    )
    return Muted(await _people(reader, rows, part), {row[1]: row[2] for row in rows})


async def endorsed(reader: Reader, viewer: int | None, part: Page, account: int) -> People:
    """Whom an account shows on its profile, latest first; the cursors count rows."""
    if await _is_hidden(reader, viewer, account):
        return People([])
    return await _related(reader, viewer, part, "endorsements", "k.target", "k.account = $5", account)


async def own_endorsed(reader: Reader, viewer: int, part: Page) -> People:
    """Whom the viewer shows."""
    return await endorsed(reader, viewer, part, viewer)


async def on_list(reader: Reader, viewer: int, identifier: int, part: Page, *, whole: bool = False) -> People:
    """Who is on one of the viewer's lists, latest first; the cursors count rows; `whole`: all at once. `NotFound`."""
    if await reader.value("SELECT 1 FROM lists WHERE id = $1 AND owner = $2", identifier, viewer) is None:
        raise NotFound
    if whole:
        part = Page(MAX_ID)
    found = await _related(reader, viewer, part, "list_members", "k.account", "k.list = $5", identifier)
    return People(found.rows) if whole else found


async def familiar(reader: Reader, viewer: int, accounts_asked: Sequence[int]) -> list[tuple[int, list[AccountRow]]]:
    """For each of these accounts: whom the viewer follows among its followers, as far as both sides show whom they
    follow; at most 20 each."""
    there = await reader.all(f"SELECT a.id FROM accounts a WHERE a.id {{any_id:$1}} AND {_SHOWN}", list(accounts_asked))
    rows = await reader.all(
        "SELECT followed, follower FROM (SELECT k.followed, k.follower,"
        " ROW_NUMBER() OVER (PARTITION BY k.followed ORDER BY k.id DESC) AS place FROM follows k"
        " JOIN follows o ON o.followed = k.follower AND o.follower = $1 AND o.state IN ('admitted', 'paused')"
        " JOIN accounts a ON a.id = k.follower LEFT JOIN local_accounts l ON l.id = a.id"
        " LEFT JOIN local_accounts h ON h.id = k.followed"
        f" WHERE k.followed {{any_id:$2}} AND {_FOLLOWS} AND {_SHOWN} AND {no_block('$1', 'k.followed')}"
        " AND COALESCE(l.hide_collections, 0) = 0 AND COALESCE(h.hide_collections, 0) = 0) AS found"
        " WHERE place <= 20 ORDER BY followed, place",
        viewer,
        [row[0] for row in there],
    )
    known = await accounts(reader, {row[1] for row in rows})
    shown: dict[int, list[AccountRow]] = {row[0]: [] for row in there}
    for row in rows:
        shown[row[0]].append(known[row[1]])
    return [(account, shown[account]) for account in dict.fromkeys(accounts_asked) if account in shown]


async def line(reader: Reader, viewer: int, part: Page) -> People:
    """Who asked to follow the viewer and waits, for the owner's word or for a slot, in the order of admission.

    The cursors are places in the line, so `max_id` goes on behind one.
    """
    order = "DESC" if part.ascending else "ASC"
    after, before = part.max_id or 0, part.min_id or part.since_id or MAX_ID
    rows = await reader.all(
        f"SELECT {_PLACE} AS place, k.follower FROM follows k JOIN accounts a ON a.id = k.follower"
        f" WHERE k.followed = $1 AND k.state IN ('requested', 'held') AND {_SHOWN}"
        f" AND {_PLACE} > $2 AND {_PLACE} < $3 ORDER BY place {order} LIMIT $4",
        viewer,
        after,
        before,
        part.limit,
    )
    return await _people(reader, rows, part)


async def _is_hidden(reader: Reader, viewer: int | None, account: int) -> bool:
    """Does the account keep its relations, or all of itself, from the viewer? `NotFound` where there is none."""
    row = await reader.one(
        "SELECT a.suspended_at, l.hide_collections,"
        " EXISTS (SELECT 1 FROM blocks b WHERE b.account = a.id AND b.target = $2) AS blocks"
        f" FROM accounts a LEFT JOIN local_accounts l ON l.id = a.id WHERE a.id = $1 AND {_THERE}",
        account,
        viewer or NOBODY,
    )
    if row is None:
        raise NotFound
    if row["suspended_at"] is not None or row["blocks"]:
        return True
    return bool(row["hide_collections"]) and viewer != account


async def _related(
    reader: Reader, viewer: int | None, part: Page, table: str, other: str, where: str, account: int
) -> People:
    order = "ASC" if part.ascending else "DESC"
    rows = await reader.all(
        f"SELECT k.id, {other} FROM {table} k JOIN accounts a ON a.id = {other} WHERE {where}"
        f" AND k.id < $2 AND k.id > $3 AND {_SHOWN} AND {no_block('$1', other)} ORDER BY k.id {order} LIMIT $4",
        viewer or NOBODY,
        *_bounds(part),
        part.limit,
        account,
    )
    return await _people(reader, rows, part)


async def _people(reader: Reader, rows: Sequence[Row], part: Page) -> People:
    """Rows of (cursor, account) with the accounts loaded, turned round where they were selected the other way."""
    if not rows:
        return People([])
    if part.ascending:
        rows = rows[::-1]
    known = await accounts(reader, [row[1] for row in rows])
    return People([known[row[1]] for row in rows], rows[0][0], rows[-1][0], len(rows) >= part.limit)


def _bounds(part: Page) -> tuple[int, int]:
    return (MAX_ID if part.max_id is None else part.max_id, max(part.since_id or 0, part.min_id or 0))


def _like(text: str) -> str:
    """A pattern for what begins with a text."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
