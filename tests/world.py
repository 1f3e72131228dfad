"""A small invented world for tests: tiers, people here, people elsewhere, written straight into a database."""

from __future__ import annotations

from typing import Any

from fedicert.model.urls import Urls
from fedicert.store.unit import Reader, Tx

URLS = Urls("https://home.example", "home.example")
START = 1_790_000_000_000


async def make_tier(tx: Tx, name: str = "small", **limits: Any) -> int:
    """A tier with a cap of 3 and no other rule of the line, unless said otherwise."""
    values: dict[str, Any] = {
        "position": 0,
        "followers": 3,
        "kept_permille": 0,
        "strangers_per_domain_day": 0,
        "when_full": "hold",
        "visibility": "listed",
        "boosts": "anyone",
        "following": None,
        "strangers": None,
        "answers_per_day": None,
        **limits,
    }
    await tx.run(
        "INSERT INTO tiers (name, position, enter, followers, following, strangers, answers_per_day, visibility, boosts,"
        " kept_permille, strangers_per_domain_day, when_full, version, updated_at)"
        " VALUES ($1, $2, '[\"signup\"]', $3, $9, $10, $11, $4, $5, $6, $7, $8, 1, 0)",
        name,
        values["position"],
        values["followers"],
        values["visibility"],
        values["boosts"],
        values["kept_permille"],
        values["strangers_per_domain_day"],
        values["when_full"],
        values["following"],
        values["strangers"],
        values["answers_per_day"],
    )
    return int(await tx.value("SELECT id FROM tiers WHERE name = $1", name))


async def _account(tx: Tx, username: str, domain: str, uri: str, kind: str, locked: bool) -> int:
    account = tx.new_id()
    await tx.run(
        "INSERT INTO accounts (id, uri, username, username_key, domain, type, display_name, note_html, url, avatar_url,"
        " header_url, fields, emojis, locked, discoverable, indexable, memorial, followers_uri, featured_uri,"
        " also_known_as, created_at, fetched_at, followers_count, following_count, statuses_count, version)"
        " VALUES ($1, $2, $3, $3, $4, $5, '', '', $2, '', '', '[]', '[]', $6, 0, 0, 0, '', '', '[]', $7, $7, 0, 0, 0, 1)",
        account,
        uri,
        username,
        domain,
        kind,
        int(locked),
        tx.now,
    )
    return account


async def make_local(tx: Tx, username: str, tier: int, *, locked: bool = False, kind: str = "Person") -> int:
    """Somebody here, on a tier."""
    uri = URLS.instance_actor if kind == "Application" else URLS.actor(username)
    account = await _account(tx, username, "", uri, kind, locked)
    await tx.run(
        "INSERT INTO local_accounts (id, role, tier, admitted, paused, held, requested, kept_used, admitted_seq,"
        " ledger_seq, ledger_at, ledger_head, told_locked, told_locked_at, note_text, fields_text, default_sensitive,"
        " default_language, hide_collections, created_at)"
        " VALUES ($1, '', $2, 0, 0, 0, 0, 0, 0, 0, 0, '', $3, 0, '', '[]', 0, 'en', 0, $4)",
        account,
        tier,
        int(locked),
        tx.now,
    )
    return account


async def make_remote(tx: Tx, username: str, host: str = "far.example", *, kind: str = "Person") -> int:
    """Somebody elsewhere, with an inbox and a shared inbox."""
    uri = f"https://{host}/users/{username}"
    account = await _account(tx, username, host, uri, kind, False)
    await tx.run(
        "INSERT INTO inboxes (account, inbox, shared_inbox, host) VALUES ($1, $2, $3, $4)",
        account,
        f"{uri}/inbox",
        f"https://{host}/inbox",
        host,
    )
    return account


async def counts(reader: Reader, account: int) -> dict[str, int]:
    """The integers of an account's seat beside the rows they count."""
    row = await reader.one(
        "SELECT admitted, paused, held, requested, kept_used FROM local_accounts WHERE id = $1", account
    )
    assert row is not None
    found = {key: int(row[key]) for key in ("admitted", "paused", "held", "requested", "kept_used")}
    for state in ("admitted", "paused", "held", "requested"):
        rows = await reader.value("SELECT COUNT(*) FROM follows WHERE followed = $1 AND state = $2", account, state)
        assert found[state] == rows, f"{state}: {found[state]} counted, {rows} rows"
    return found


async def states(reader: Reader, account: int) -> dict[str, str]:
    """Who follows the account, or asks to: username → state."""
    rows = await reader.all(
        "SELECT a.username, f.state FROM follows f JOIN accounts a ON a.id = f.follower WHERE f.followed = $1 ORDER BY f.id",
        account,
    )
    return {row[0]: row[1] for row in rows}


async def told(reader: Reader, account: int) -> list[str]:
    """The kinds of the rows on an account's ledger, in order."""
    return [row[0] for row in await reader.all("SELECT kind FROM ledger WHERE account = $1 ORDER BY seq", account)]


async def sent(reader: Reader, kind: str) -> list[tuple[str, str]]:
    """Deliveries of activities of a type: (host, inbox), in order."""
    rows = await reader.all(
        "SELECT d.host, d.inbox, b.body FROM deliveries d JOIN bodies b ON b.id = d.body ORDER BY d.id"
    )
    return [(row[0], row[1]) for row in rows if f'"type":"{kind}"' in row[2].split('"object"')[0]]


async def admit(tx: Tx, follower: int, followed: int) -> None:
    """One follows the other, admitted, whatever the caps of tests say."""
    seq = await tx.value("SELECT COALESCE(MAX(admitted_seq), 0) + 1 FROM follows WHERE followed = $1", followed)
    await tx.run(
        "INSERT INTO follows (follower, followed, state, uri, domain, kept, was_trimmed, reblogs, notify, languages,"
        " admitted_seq, created_at, state_at) VALUES ($1, $2, 'admitted', $3, '', 0, 0, 1, 0, '[]', $4, $5, $5)",
        follower,
        followed,
        f"https://x.example/{follower}/{followed}",
        seq,
        tx.now,
    )
    await tx.run("UPDATE local_accounts SET admitted_seq = $2 WHERE id = $1", followed, seq)


async def homes(reader: Reader, reader_account: int) -> list[int]:
    """The posts in somebody's home, newest first."""
    rows = await reader.all("SELECT post FROM feed WHERE reader = $1 ORDER BY post DESC", reader_account)
    return [row[0] for row in rows]


async def fan_out(tx: Tx) -> None:
    """Do what the waiting fan-outs would do."""
    from fedicert.operations import dispatch

    for row in await tx.all("SELECT id FROM activities WHERE done = 0 ORDER BY id"):
        work: dispatch.FanOut | None = dispatch.FanOut(row[0])
        while work is not None:
            work = await dispatch.fan_out(tx, work)


async def notified(reader: Reader, account: int) -> list[tuple[str, int]]:
    """What somebody was told: (type, from), in order."""
    rows = await reader.all("SELECT type, from_account FROM notifications WHERE account = $1 ORDER BY id", account)
    return [(row[0], row[1]) for row in rows]
