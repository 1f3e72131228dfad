"""`fedicert queue dead …` as a person gives it: what failed for good is seen, tried again, dropped."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from fedicert.base.clock import SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.store.database import open_database
from fedicert.store.unit import Reader, Tx
from tests.cli.here import Here


async def _dead(tx: Tx) -> None:
    errors = json.dumps([{"at": 1, "error": "answered 404"}])
    for number in (1, 2):
        await tx.run("INSERT INTO bodies (id, body, created_at) VALUES ($1, '{}', $2)", number, tx.now)
        await tx.run(
            "INSERT INTO deliveries (host, inbox, body, signer, object_key, pair_key, due, attempts, errors, created_at,"
            " buried_at) VALUES ($1, $2, $3, 1, '', '', NULL, 14, $4, $5, $5)",
            f"h{number}.example",
            f"https://h{number}.example/inbox",
            number,
            errors,
            tx.now,
        )
    await tx.run(
        "INSERT INTO jobs (kind, lane, payload, due, attempts, lease_until, token, errors, created_at, buried_at)"
        " VALUES ('gone', '', '{}', NULL, 3, 0, 0, $1, $2, $2)",
        errors,
        tx.now,
    )


async def _state(reader: Reader) -> tuple[int, int, int]:
    posts = await reader.one("SELECT COUNT(*), COUNT(due) FROM deliveries")
    assert posts is not None
    return posts[0], posts[1], int(await reader.value("SELECT COUNT(due) FROM jobs WHERE kind = 'gone'"))


def _in(url: str, work: str, unit: Any) -> Any:
    async def inside() -> Any:
        db = await open_database(url, clock=SystemClock(), entropy=SystemEntropy())
        try:
            return await getattr(db, work)(unit)
        finally:
            await db.close()

    return asyncio.run(inside())


@pytest.fixture
def here(tmp_path: Path, database_url: str) -> Here:
    return Here(tmp_path, database_url)


def test_dead_letters_are_listed_tried_again_and_dropped(here: Here, database_url: str) -> None:
    assert "nothing failed" in here.does("queue", "dead", "list")
    _in(database_url, "write", _dead)
    told = [json.loads(line) for line in here.does("queue", "dead", "list", "--json").splitlines()]
    assert [one["where"] for one in told] == ["", "https://h1.example/inbox", "https://h2.example/inbox"]
    assert (told[0]["what"], told[1]["attempts"], told[1]["error"]) == ("gone", 14, "answered 404")
    assert told[2]["name"] in here.does("queue", "dead", "list", "--host", "h2.example")

    assert "1 dead letter will be tried again" in here.does("queue", "dead", "retry", told[0]["name"])
    assert _in(database_url, "read", _state) == (2, 0, 1)
    assert "1 dead letter will" in here.does("queue", "dead", "retry", "--all", "--host", "h1.example")
    assert _in(database_url, "read", _state) == (2, 1, 1)
    assert "1 dead letter dropped" in here.does("queue", "dead", "drop", "--all")
    assert _in(database_url, "read", _state) == (1, 1, 1)
    assert "names no dead letter" in here.run("queue", "dead", "drop", "everything").stderr
    assert "no such dead letter" in here.run("queue", "dead", "retry", "post-4711").stderr
    assert "--all" in here.run("queue", "dead", "drop").stderr
