import asyncio
from typing import Any

import pytest

from fedicert.base.errors import CapExceeded, Duplicate, NotFound
from fedicert.store.unit import Database, Reader, Tx


@pytest.fixture
async def things(db: Database) -> Database:
    async def make(tx: Tx) -> None:
        await tx.run(
            "CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT NOT NULL, shelf TEXT, UNIQUE (name, shelf))"
        )

    await db.write(make)
    return db


async def put(tx: Tx, number: int, name: str = "thing") -> int:
    return await tx.run("INSERT INTO things (id, name, shelf) VALUES ($1, $2, 'a')", number, f"{name}{number}")


async def numbers(reader: Reader) -> list[int]:
    return [row["id"] for row in await reader.all("SELECT id FROM things ORDER BY id")]


async def put_and_fail(tx: Tx, number: int) -> None:
    await put(tx, number)
    raise NotFound("no such thing")


async def test_a_unit_is_kept_and_read_back(things: Database) -> None:
    assert await things.write(put, 1) == 1

    async def look(reader: Reader) -> tuple[Any, ...]:
        row = await reader.one("SELECT id, name FROM things WHERE id = $1", 1)
        assert row is not None
        missing = await reader.one("SELECT id FROM things WHERE id = $1", 2)
        return (
            row["id"],
            row[1],
            missing,
            await reader.value("SELECT name FROM things WHERE id = $2 OR id = $1", 9, 1),
        )

    assert await things.read(look) == (1, "thing1", None, "thing1")


async def test_a_unit_that_raises_leaves_nothing(things: Database) -> None:
    with pytest.raises(NotFound):
        await things.write(put_and_fail, 1)
    assert await things.read(numbers) == []


async def test_one_failing_unit_does_not_spoil_its_batch(things: Database) -> None:
    units = [things.write(put_and_fail if number % 3 == 0 else put, number) for number in range(30)]
    results = await asyncio.gather(*units, return_exceptions=True)
    assert [isinstance(result, NotFound) for result in results] == [number % 3 == 0 for number in range(30)]
    assert await things.read(numbers) == [number for number in range(30) if number % 3]


async def test_attempt_undoes_only_its_part(things: Database) -> None:
    async def operation(tx: Tx) -> None:
        await put(tx, 1)
        with pytest.raises(NotFound):
            await tx.attempt(put_and_fail, 2)
        with pytest.raises(Duplicate):
            await tx.attempt(put, 1)

        async def outer(tx: Tx) -> None:
            await put(tx, 3)
            with pytest.raises(Duplicate):
                await tx.attempt(put, 3)
            await tx.attempt(put, 4)

        await tx.attempt(outer)

    await things.write(operation)
    assert await things.read(numbers) == [1, 3, 4]


async def test_a_swallowed_failure_fails_the_unit(things: Database) -> None:
    async def operation(tx: Tx) -> str:
        await put(tx, 1)
        try:
            await put(tx, 1)
        except Duplicate:
            return "fine"
        return "never"

    with pytest.raises(Duplicate):
        await things.write(operation)
    assert await things.read(numbers) == []


async def test_promises_are_kept_after_commit_in_order_and_never_when_undone(things: Database) -> None:
    heard: list[Any] = []
    things.signals.subscribe("thing", heard.append)

    async def part(tx: Tx) -> None:
        tx.after_commit(lambda: heard.append("part"))
        tx.signal("thing", 99)
        raise NotFound("undone")

    async def operation(tx: Tx) -> None:
        tx.after_commit(lambda: heard.append("first"))
        tx.after_commit(lambda: heard.append(1 / 0))  # one that fails stops no other
        tx.signal("thing", 7, 8)
        tx.signal("thing", 7, 8)
        with pytest.raises(NotFound):
            await tx.attempt(part)
        tx.after_commit(lambda: heard.append("second"))
        assert heard == []

    await things.write(operation)
    assert heard == ["first", "second", (7, 8)]
    with pytest.raises(NotFound):
        await things.write(part)
    assert heard == ["first", "second", (7, 8)]


async def test_duplicates_name_table_and_columns_on_both_engines(things: Database) -> None:
    async def same_name(tx: Tx) -> None:
        await tx.run("INSERT INTO things (id, name, shelf) VALUES (1, 'n', 's')")
        await tx.run("INSERT INTO things (id, name, shelf) VALUES (2, 'n', 's')")

    async def same_id(tx: Tx) -> None:
        await tx.many("INSERT INTO things (id, name) VALUES ($1, $2)", [(1, "x"), (1, "y")])

    with pytest.raises(Duplicate) as error:
        await things.write(same_name)
    assert error.value.constraint == "things(name, shelf)"
    with pytest.raises(Duplicate) as error:
        await things.write(same_id)
    assert error.value.constraint == "things(id)"


async def test_what_the_cap_trigger_says_is_its_own_error(things: Database) -> None:
    async def guard(tx: Any) -> None:
        if tx.engine == "sqlite":
            await tx.statement(
                "CREATE TRIGGER full BEFORE INSERT ON things BEGIN SELECT RAISE(ABORT, 'cap_exceeded'); END"
            )
        else:
            await tx.statement(
                "CREATE FUNCTION full_up() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'cap_exceeded'; END $$"
            )
            await tx.statement("CREATE TRIGGER t BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION full_up()")

    await things.write(guard)
    with pytest.raises(CapExceeded):
        await things.write(put, 1)


async def test_lists_are_arguments_on_both_engines(things: Database) -> None:
    async def operation(tx: Tx) -> list[list[Any]]:
        await tx.many("INSERT INTO things (id, name) VALUES ($1, $2)", [(n, f"n{n}") for n in (1, 2, 3, 2**62)])
        by_id = await tx.all("SELECT id FROM things WHERE id {any_id:$2} AND id > $1 ORDER BY id", 1, [1, 2, 2**62, 9])
        by_text = await tx.all("SELECT id FROM things WHERE name {any_text:$1} ORDER BY id", ["n1", "n3", 'it\'s "x"'])
        without = await tx.all("SELECT id FROM things WHERE NOT id {any_id:$1} ORDER BY id", [1, 2])
        none = await tx.all("SELECT id FROM things WHERE id {any_id:$1}", [])
        joined = await tx.all("SELECT t.id FROM {each_id:$1} w JOIN things t ON t.id = w.value ORDER BY t.id", [3, 1])
        return [[row["id"] for row in rows] for rows in (by_id, by_text, without, none, joined)]

    assert await things.write(operation) == [[2, 2**62], [1, 3], [3, 2**62], [], [1, 3]]


async def test_row_counts(things: Database) -> None:
    async def operation(tx: Tx) -> list[int]:
        for number in (1, 2, 3):
            await put(tx, number)
        return [
            await tx.run("UPDATE things SET shelf = 'b' WHERE id > $1", 1),
            await tx.run("DELETE FROM things WHERE id = $1", 9),
            await tx.run("INSERT INTO things (id, name) VALUES ($1, 'x') ON CONFLICT DO NOTHING", 1),
        ]

    assert await things.write(operation) == [2, 0, 0]


async def test_a_unit_kept_beyond_its_end_is_useless(things: Database) -> None:
    kept: list[Tx] = []

    async def operation(tx: Tx) -> None:
        kept.append(tx)

    await things.write(operation)
    with pytest.raises(RuntimeError, match="has ended"):
        await kept[0].value("SELECT 1")


async def test_ids_rise_and_now_stands_still(things: Database, clock: Any) -> None:
    async def operation(tx: Tx) -> tuple[list[int], bool]:
        before = tx.now
        clock.advance(1)
        return [tx.new_id() for _ in range(5)], before == tx.now

    made, still = await things.write(operation)
    assert made == sorted(set(made)) and still
    assert len(made) == 5


async def test_a_view_sees_one_snapshot(things: Database) -> None:
    await things.write(put, 1)
    if things.engine == "sqlite":
        return  # the view runs whole in the reader's thread: nothing can come between its statements

    async def look(reader: Reader) -> tuple[list[int], list[int]]:
        before = await numbers(reader)
        await things.write(put, 2)
        return before, await numbers(reader)

    assert await things.read(look) == ([1], [1])


async def test_a_view_cannot_write(things: Database) -> None:
    async def view(reader: Reader) -> None:
        await reader.all("INSERT INTO things (id, name) VALUES (5, 'x') RETURNING id")

    with pytest.raises(Exception, match=r"readonly|read-only"):
        await things.read(view)
    assert await things.read(numbers) == []


async def test_many_units_at_once_are_all_kept(things: Database) -> None:
    await asyncio.gather(*(things.write(put, number) for number in range(500)))
    assert await things.read(numbers) == list(range(500))


PUT = "INSERT INTO things (id, name, shelf) VALUES ($1, $2, 'b')"


async def test_what_may_wait_is_there_for_whatever_comes_next(things: Database) -> None:
    async def operation(tx: Tx) -> list[Any]:
        await tx.later(PUT, 1, "one")
        seen = [await tx.value("SELECT COUNT(*) FROM things")]
        await tx.later(PUT, 2, "two")
        seen.append(await tx.run("UPDATE things SET shelf = 'c'"))
        await tx.later_many(PUT, [(3, "three"), (4, "four")])
        await tx.later_many(PUT, [])
        await tx.later("UPDATE things SET name = 'last' WHERE id = $1", 4)
        await tx.later("DELETE FROM things WHERE id = $1", 3)
        return seen

    assert await things.write(operation) == [1, 2]
    assert await things.read(numbers) == [1, 2, 4]

    async def name(reader: Reader) -> Any:
        return await reader.value("SELECT name FROM things WHERE id = 4")

    assert await things.read(name) == "last"


async def test_what_waits_for_several_tables_goes_out_together(things: Database) -> None:
    async def another(tx: Tx) -> None:
        await tx.run("CREATE TABLE shelves (name TEXT PRIMARY KEY, full_since BIGINT)")

    async def operation(tx: Tx) -> None:
        await tx.later(PUT, 1, "$3 {one}")
        await tx.later("INSERT INTO shelves (name, full_since) VALUES ($2, $1)", 5, "b")
        await tx.later("DELETE FROM things WHERE id {any_id:$1}", [7, 8])

    async def left(reader: Reader) -> list[Any]:
        return [tuple(await reader.one(sql) or ()) for sql in ("SELECT id, name FROM things", "SELECT * FROM shelves")]

    await things.write(another)
    await things.write(operation)
    assert await things.read(left) == [(1, "$3 {one}"), ("b", 5)]


async def test_a_fault_of_what_waited_undoes_its_attempt_or_the_unit(things: Database) -> None:
    async def twice(tx: Tx) -> None:
        await tx.later(PUT, 1, "one")
        await tx.later(PUT, 1, "one")

    async def kept(tx: Tx) -> None:
        await tx.later(PUT, 2, "two")
        with pytest.raises(Duplicate):
            await tx.attempt(twice)
        await tx.later(PUT, 3, "three")

    with pytest.raises(Duplicate):
        await things.write(twice)
    await things.write(kept)
    assert await things.read(numbers) == [2, 3]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "INSERT INTO things (id, name) SELECT 1, 'a'",
        "DELETE FROM things WHERE id IN (SELECT 1)",
        "UPDATE things SET name = 'x' RETURNING id",
    ],
)
async def test_what_reads_or_gives_back_may_not_wait(things: Database, sql: str) -> None:
    async def operation(tx: Tx) -> None:
        await tx.later(sql)

    with pytest.raises(ValueError, match="reads no other"):
        await things.write(operation)
