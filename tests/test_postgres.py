"""The tests' own PostgreSQL: fresh databases, copies of a template, and nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from tests import postgres
from tests.postgres import PostgresCluster


def fill(dsn: str) -> None:
    """What a migration would do, over a connection of its own."""
    cluster = PostgresCluster(Path(dsn.split("host=")[1]).parent)
    admin = postgres._Admin(dsn)
    admin.execute("CREATE TABLE word (said TEXT)")
    admin.execute("INSERT INTO word VALUES ('hello')")
    admin.close()
    assert cluster.pid is not None


async def said(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return [row["said"] for row in await connection.fetch("SELECT said FROM word")]
    finally:
        await connection.close()


async def test_copies_of_a_template_are_apart(
    postgres_cluster: PostgresCluster, postgres_url: Callable[..., str]
) -> None:
    template = postgres_cluster.template("of_this_test", fill)
    one, other = postgres_url(template), postgres_url(template)
    connection = await asyncpg.connect(one)
    await connection.execute("INSERT INTO word VALUES ('again')")
    await connection.close()
    assert await said(one) == ["hello", "again"]
    assert await said(other) == ["hello"]
    assert postgres_cluster.template("of_this_test", fill) == template


async def test_a_new_database_is_empty_and_utf8(postgres_url: Callable[..., str]) -> None:
    connection = await asyncpg.connect(postgres_url())
    try:
        assert await connection.fetchval("SHOW server_encoding") == "UTF8"
        assert await connection.fetchval("SELECT lower('ÄÖ')") == "äö"
        assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    finally:
        await connection.close()


async def test_a_dropped_database_is_gone_whoever_uses_it(postgres_cluster: PostgresCluster) -> None:
    dsn = postgres_cluster.create_database()
    connection = await asyncpg.connect(dsn)
    postgres_cluster.drop(dsn)
    connection.terminate()
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(dsn)


async def test_a_killed_server_starts_again_with_what_was_committed() -> None:
    cluster = PostgresCluster.start(durable=True)
    try:
        dsn = cluster.create_database()
        fill(dsn)
        cluster.close()
        cluster.kill()
        cluster.launch()
        assert await said(dsn) == ["hello"]
    finally:
        cluster.stop()
    assert not cluster.directory.exists()


@pytest.fixture
def passable() -> Iterator[Path]:
    """A temporary folder that another uid may pass through, as pytest's own isn't."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_what_a_killed_run_left_is_swept(passable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(passable))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = PostgresCluster.attach(passable / f"{postgres.PREFIX}left", owner=gone.pid)
    kept = passable / f"{postgres.PREFIX}kept"
    kept.mkdir()
    (kept / "owner").write_text(str(os.getpid()))
    pid = left.pid
    assert pid is not None
    postgres.sweep()
    assert not postgres._alive(pid)
    assert not left.directory.exists()
    assert kept.exists()
