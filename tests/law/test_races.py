"""Law 1: any number of follows racing for the last slot admits exactly one: 200 of 200 in every run, 10,000 of 10,000 in
`make soak`, on each engine, in one process and in two."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec
import pytest

from fedicert.model.standing import Newcomer
from fedicert.operations import seating
from fedicert.reach import admission
from fedicert.store.tables import follows as rows
from fedicert.store.tables import people, seats
from fedicert.store.unit import Database, Reader, Tx
from tests.law import races

RACES = [pytest.param(200, id="200"), pytest.param(10_000, id="10000", marks=pytest.mark.soak)]


@pytest.mark.law("1.2", "1.3")
@pytest.mark.parametrize("number_of_races", RACES)
async def test_exactly_one_of_64_gets_the_last_slot(db: Database, number_of_races: int) -> None:
    owners, runners = await db.write(races.lay_out, number_of_races)
    for owner in owners:
        assert await races.run(db, owner, runners) == 1
        await races.check(db, owner)


@pytest.mark.law("1.3")
@pytest.mark.parametrize("number_of_races", RACES)
@pytest.mark.parametrize("engine", ["postgres"], indirect=False)
async def test_exactly_one_across_two_processes(
    db: Database, database_url: str, engine: str, number_of_races: int
) -> None:
    owners, runners = await db.write(races.lay_out, number_of_races)
    half = races.RUNNERS // 2
    other = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.law.races",
        database_url,
        str(half),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert other.stdin is not None and other.stdout is not None
    try:
        assert await other.stdout.readline() == b"ready\n"
        for number, owner in enumerate(owners):
            other.stdin.write(f"race {number}\n".encode())
            here = await races.run(db, owner, runners[:half])
            there = int(await other.stdout.readline())
            assert here + there == 1
            await races.check(db, owner)
        other.stdin.close()
        assert await other.wait() == 0
    finally:
        if other.returncode is None:
            other.kill()
            await other.wait()


async def _drop_guards(tx: Tx) -> None:
    """The mutant has neither the lock nor the database's own refusal; the counts go on being kept."""
    if tx.engine == "sqlite":
        await tx.run("DROP TRIGGER follows_cap_insert")
        await tx.run("DROP TRIGGER follows_cap_update")
    else:
        source = await tx.value("SELECT pg_get_functiondef('follows_keep_counts'::regproc)")
        await tx.run(source.replace("admitted + paused < cap", "TRUE"))


async def _check_then_insert(db: Database, runner: int, owner: int) -> str:
    """The mutant: counts are read in one unit of work, and the follower is seated in another."""

    async def look(reader: Reader) -> str:
        seat = await seats.read(reader, owner)
        assert seat is not None
        newcomer = Newcomer(followed_by_owner=False)
        return admission.place(newcomer, seat.counts, seat.limits).state

    async def sit(tx: Tx) -> str:
        person, host = await people.by_id(tx, runner), await people.by_id(tx, owner)
        seat = await seats.read(tx, owner)
        assert person is not None and host is not None and seat is not None
        wide = msgspec.structs.replace(seat, limits=msgspec.structs.replace(seat.limits, cap=None))
        newcomer = Newcomer(followed_by_owner=False)
        await rows.insert(
            tx, follower=runner, followed=owner, state="held", uri="x", domain="", kept=False, admitted_seq=None
        )
        row = await rows.between(tx, runner, owner)
        assert row is not None
        await seating.admit(tx, races.URLS, wide, host, person, row, newcomer)
        return "admitted"

    return await db.write(sit) if await db.read(look) == "admitted" else "held"


async def test_check_then_insert_fails_the_race(db: Database) -> None:
    """The race finds what it is for: a mutant with check-then-insert overshoots."""
    owners, runners = await db.write(races.lay_out, 5)
    await db.write(_drop_guards)
    with pytest.raises(AssertionError):
        for owner in owners:
            assert await races.run(db, owner, runners, _check_then_insert) == 1
            await races.check(db, owner)
