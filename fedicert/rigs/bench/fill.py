"""Puts people, follows and statuses into the database of an instance that is stopped, in bulk, by SQL.

What a bench measures never comes from here: this only makes the state before it, as the program itself would have left
it (the database's own triggers run, and count). The same statements serve both engines.
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from fedicert.rigs.sink import Sink, address

BEGINS = 1_700_000_000_000
"""Milliseconds: everything put in is as old as this, so that what the bench makes is newer."""

_LATER = 1 << 50
"""Milliseconds: no bench lasts until then."""

_PASSED = 1 << 16  # ids are milliseconds << 16


_LOCAL = {
    "login": "l.login",
    "role": "''",
    "tier": "l.tier",
    "cap_share": "l.cap_share",
    **dict.fromkeys(("admitted", "paused", "held", "requested", "kept_used", "admitted_seq"), "0"),
    "ledger_seq": "0",
    "ledger_at": "0",
    "ledger_head": "''",
    "told_locked": "0",
    "told_locked_at": "0",
    "note_text": "''",
    "fields_text": "'[]'",
    "default_visibility": "l.default_visibility",
    "default_sensitive": "l.default_sensitive",
    "default_language": "l.default_language",
    "hide_collections": "0",
    "created_at": "l.created_at",
    "disabled_at": "l.disabled_at",
}
"""A local account that has done nothing yet, of the tier and login of `l`."""


class Filler(Protocol):
    """Runs statements; what they did is there for good after `close`. `at_once`: follows in one statement, at most."""

    at_once: int

    def run(self, sql: str) -> None:
        """One statement."""
        ...

    def value(self, sql: str) -> Any:
        """The first column of the first row."""
        ...

    def triggers(self, table: str) -> list[str]:
        """Put a table's triggers out of force; the statements that put them into force again."""
        ...

    def close(self) -> None:
        """Commit and let go."""
        ...


class SqliteFiller:
    """A SQLite file that no process has open; all of it in one transaction."""

    at_once = 1 << 30

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA cache_size = -200000")
        self._connection.execute("BEGIN IMMEDIATE")

    def run(self, sql: str) -> None:
        """One statement."""
        self._connection.execute(sql)

    def value(self, sql: str) -> Any:
        """The first column of the first row."""
        return self._connection.execute(sql).fetchone()[0]

    def triggers(self, table: str) -> list[str]:
        """Dropped, and made anew by their own text."""
        sql = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
        found = self._connection.execute(sql, (table,)).fetchall()
        for name, _ in found:
            self._connection.execute(f"DROP TRIGGER {name}")
        return [str(text) for _, text in found]

    def close(self) -> None:
        """Commit, gather statistics, write the log back, let go."""
        self._connection.execute("COMMIT")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()


class PostgresFiller:
    """A PostgreSQL database; each statement is a transaction of its own.

    Every follow counts up in its account's row, and one transaction would walk along all the versions it has made of
    that row, a million times; those of an ended one are cleared away.
    """

    at_once = 500

    def __init__(self, url: str) -> None:
        import asyncpg

        self._runner = asyncio.Runner()
        self._connection = self._runner.run(asyncpg.connect(url, command_timeout=600))
        self.run("SET synchronous_commit = off")

    def run(self, sql: str) -> None:
        """One statement."""
        self._runner.run(self._connection.execute(sql))

    def value(self, sql: str) -> Any:
        """The first column of the first row."""
        return self._runner.run(self._connection.fetchval(sql))

    def triggers(self, table: str) -> list[str]:
        """Disabled, and enabled."""
        self.run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        return [f"ALTER TABLE {table} ENABLE TRIGGER USER"]

    def close(self) -> None:
        """Gather statistics, let go."""
        self.run("VACUUM ANALYZE")
        self._runner.run(self._connection.close())
        self._runner.close()


def account_of(filler: Filler, name: str) -> int:
    """The id of somebody local."""
    return int(filler.value(f"SELECT id FROM accounts WHERE username_key = '{name}' AND domain = ''"))


def on_tier(filler: Filler, account: int, tier: str) -> None:
    """Somebody local who has no audience yet stands on this tier."""
    filler.run(f"UPDATE local_accounts SET tier = (SELECT id FROM tiers WHERE name = '{tier}') WHERE id = {account}")


def remote_people(filler: Filler, sink: Sink, count: int, hosts: int, first: int = 0) -> None:
    """The sink's actors u`first`, u`first + 1`, …, known here with inboxes and keys, dealt out over so many hosts."""
    if first % hosts or (hosts > 1 and count > hosts * 65_536):
        raise ValueError("actors are dealt out in whole rounds")
    place = f"(i % {hosts} + 1)"
    host = (
        f"'127.' || (10 + {place} / 65536) || '.' || ({place} / 256 % 256) || '.' || ({place} % 256) || ':{sink.port}'"
    )
    actor = f"'http://' || {host} || '/users/u' || i"
    numbers = _numbers(first, count)
    filler.run(
        f"{numbers} INSERT INTO accounts (id, uri, username, username_key, domain, type, display_name, note_html, url,"
        " avatar_url, header_url, fields, emojis, locked, discoverable, indexable, memorial, followers_uri, featured_uri,"
        " also_known_as, created_at, fetched_at, followers_count, following_count, statuses_count, version)"
        f" SELECT {_remote_id('i')}, {actor}, 'u' || i, 'u' || i, {host}, 'Person', 'Actor ' || i, '<p>Somebody.</p>',"
        f" {actor}, '', '', '[]', '[]', 0, 1, 1, 0, {actor} || '/followers', '', '[]', {BEGINS}, {_now(filler)}, 0, 0, 0, 1"
        " FROM numbers"
    )
    filler.run(
        f"{numbers} INSERT INTO inboxes (account, inbox, shared_inbox, host)"
        f" SELECT {_remote_id('i')}, {actor} || '/inbox', 'http://' || {host} || '/inbox', {host} FROM numbers"
    )
    if address(0) != "127.10.0.1":  # the sum above and `address` say the same
        raise ValueError("the sink's hosts begin elsewhere")


def followers(filler: Filler, followed: int, count: int, first: int = 0) -> None:
    """The remote people from u`first` on are in the audience of somebody local, whose tier has room for all."""
    before = int(filler.value(f"SELECT admitted_seq FROM local_accounts WHERE id = {followed}"))
    for begin in range(first, first + count, filler.at_once):
        filler.run(
            f"{_numbers(begin, min(filler.at_once, first + count - begin))} INSERT INTO follows (follower, followed,"
            " state, uri, domain, kept, was_trimmed, reblogs, notify, languages, admitted_seq, created_at, state_at)"
            f" SELECT {_remote_id('i')}, {followed}, 'admitted', 'urn:bench:' || i || ':{followed}', '', 0, 0, 1, 0,"
            f" '[]', {before} + i - {first} + 1, {BEGINS}, {BEGINS} FROM numbers"
        )
    filler.run(f"UPDATE local_accounts SET admitted_seq = admitted_seq + {count} WHERE id = {followed}")


def hold_deliveries(filler: Filler) -> None:
    """Nothing is sent to any host of the people known here, as if each had failed lately: a bench of what comes before
    the sending counts no signatures."""
    filler.run(
        "INSERT INTO lanes (host, due, not_before, lease_until, token, breaker, failures, failures_since, proven_at,"
        f" created_at) SELECT DISTINCT host, CAST(NULL AS BIGINT), {_LATER}, 0, 0, 'closed', 0, 0, 0, {BEGINS} FROM inboxes"
    )


def follows_of(filler: Filler, follower: int, count: int, first: int = 0) -> None:
    """Somebody local follows the remote people from u`first` on."""
    filler.run(
        f"{_numbers(first, count)} INSERT INTO follows (follower, followed, state, uri, domain, kept, was_trimmed,"
        " reblogs, notify, languages, created_at, state_at)"
        f" SELECT {follower}, {_remote_id('i')}, 'admitted', 'urn:bench:{follower}:' || i, '', 0, 0, 1, 0, '[]',"
        f" {BEGINS}, {BEGINS} FROM numbers"
    )


def statuses(filler: Filler, count: int, authors: int) -> None:
    """So many public posts of the first remote people, one a second; each about as long as such posts are."""
    words = "This is what somebody had to say about the day, the weather and the price of bread. " * 3
    filler.run(
        f"{_numbers(0, count)} INSERT INTO statuses (id, uri, url, author, local, state, text, content_html,"
        " spoiler_text, sensitive, visibility, listed, language, conversation, mentions, tags, emojis, attachments,"
        " created_at, replies_count, reblogs_count, favourites_count, admitted_through, standing, version)"
        f" SELECT {_status_id('i')}, 'urn:bench:status:' || i, 'http://127.0.0.1/notes/' || i,"
        f" {_remote_id(f'(i % {authors})')}, 0, 'published', '', '<p>' || i || ': {words}</p>', '', 0, 'public', 1, 'en',"
        f" 'urn:bench:talk:' || i, '[]', '[]', '[]', '[]', {BEGINS} + i * 1000, i % 3, i % 5, i % 7, 0, '{{}}', 1"
        " FROM numbers"
    )


def feed(filler: Filler, reader: int, length: int, last: int, step: int) -> None:
    """A reader's home: every `step`th status from number `last` downwards."""
    filler.run(
        f"{_numbers(0, length)} INSERT INTO feed (reader, post, shown)"
        f" SELECT {reader}, {_status_id(f'({last} - i * {step})')}, {_status_id(f'({last} - i * {step})')} FROM numbers"
    )


def locals_like(filler: Filler, name: str, count: int) -> list[str]:
    """`count` more local people of the same tier as `name`, each with a token as theirs; returns the tokens.

    They can do what a token lets them do; they have no keys and no login, so nobody can be asked for theirs.
    """
    model = account_of(filler, name)
    root = str(filler.value(f"SELECT uri FROM accounts WHERE id = {model}")).rpartition("/users/")[0]
    numbers = _numbers(0, count)
    filler.run(
        f"{numbers} INSERT INTO accounts (id, uri, username, username_key, domain, type, display_name, note_html, url,"
        " avatar_url, header_url, fields, emojis, locked, discoverable, indexable, memorial, followers_uri, featured_uri,"
        " also_known_as, created_at, fetched_at, followers_count, following_count, statuses_count, version)"
        f" SELECT {_local_id('i')}, '{root}/users/p' || i, 'p' || i, 'p' || i, '', 'Person', '', '', '{root}/@p' || i,"
        f" '', '', '[]', '[]', 0, 1, 1, 0, '{root}/users/p' || i || '/followers', '', '[]', {BEGINS}, {BEGINS}, 0, 0, 0, 1"
        " FROM numbers"
    )
    filler.run(
        f"{numbers} INSERT INTO local_accounts (id, {', '.join(_LOCAL)}) SELECT {_local_id('i')},"
        f" {', '.join(_LOCAL.values())} FROM numbers, local_accounts l WHERE l.id = {model}"
    )
    app = int(filler.value(f"SELECT app FROM tokens WHERE account = {model} ORDER BY id DESC LIMIT 1"))
    scopes = filler.value(f"SELECT scopes FROM tokens WHERE account = {model} ORDER BY id DESC LIMIT 1")
    tokens = [f"bench-token-{number}" for number in range(count)]
    for begin in range(0, count, 500):
        rows = ", ".join(
            f"('{hashlib.sha256(token.encode()).hexdigest()}', {app}, {_local_id(str(begin + place))}, '{scopes}',"
            f" {BEGINS})"
            for place, token in enumerate(tokens[begin : begin + 500])
        )
        filler.run(f"INSERT INTO tokens (hash, app, account, scopes, created_at) VALUES {rows}")
    return tokens


def local_id(number: int) -> int:
    """The id of the local person p`number` of `locals_like`."""
    return (BEGINS - 2_000_000_000 + number) * _PASSED


def remote_id(filler: Filler, number: int) -> int:
    """The id of the remote person u`number`."""
    return int(filler.value(f"SELECT {_remote_id(str(number))}"))


@contextmanager
def without_triggers(filler: Filler, *tables: str) -> Iterator[None]:
    """For what the program leaves in a state that its own triggers let nobody jump to; they stand again afterwards."""
    kept = {table: filler.triggers(table) for table in tables}
    yield
    for table in tables:
        for sql in kept[table]:
            filler.run(sql)


def _numbers(first: int, count: int) -> str:
    """A common table of the numbers from `first` on, big enough for products with them."""
    return (
        f"WITH RECURSIVE numbers (i) AS (SELECT CAST({first} AS BIGINT) UNION ALL"
        f" SELECT i + 1 FROM numbers WHERE i < {first + count - 1})"
    )


def _local_id(number: str) -> str:
    return f"({BEGINS - 2_000_000_000} + {number}) * {_PASSED}"


def _remote_id(number: str) -> str:
    return f"({BEGINS - 1_500_000_000} + {number}) * {_PASSED}"


def _status_id(number: str) -> str:
    return f"({BEGINS} + {number} * 1000) * {_PASSED}"


def _now(filler: Filler) -> int:
    """Milliseconds, about now: that of the newest account. An actor just fetched isn't fetched again."""
    return int(filler.value("SELECT MAX(created_at) FROM accounts"))
