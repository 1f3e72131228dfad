"""The two engines' schemas are one: tables, columns, what may be empty, what is unique."""

from typing import Any

import pytest

from fedicert.base.clock import SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.store.database import open_database
from fedicert.store.unit import Reader
from tests.conftest import _schema_key, fill

Shape = dict[str, dict[str, Any]]


async def sqlite_shape(reader: Reader) -> Shape:
    shape: Shape = {}
    names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    for (table,) in [tuple(row) for row in await reader.all(names)]:  # type: ignore[call-overload]
        columns, keys, primary = {}, set(), []
        for row in await reader.all(f"PRAGMA table_info({table})"):
            columns[row["name"]] = (bool(row["notnull"]) or row["pk"] > 0, kind(row["type"]))
            if row["pk"]:
                primary.append((row["pk"], row["name"]))
        if primary:
            keys.add(frozenset(name for _, name in primary))
        for index in await reader.all(f"PRAGMA index_list({table})"):
            if index["unique"]:
                parts = await reader.all(f"PRAGMA index_xinfo({index['name']})")
                keys.add(frozenset(part["name"] or "(expression)" for part in parts if part["key"]))
        shape[table] = {"columns": columns, "unique": keys}
    return shape


async def postgres_shape(reader: Reader) -> Shape:
    shape: Shape = {}
    for row in await reader.all(
        "SELECT table_name, column_name, is_nullable, data_type FROM information_schema.columns "
        "WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
    ):
        table = shape.setdefault(row["table_name"], {"columns": {}, "unique": set()})
        table["columns"][row["column_name"]] = (row["is_nullable"] == "NO", kind(row["data_type"]))
    for row in await reader.all(
        "SELECT c.relname AS name, array(SELECT coalesce((SELECT attname FROM pg_attribute WHERE attrelid = i.indrelid "
        "AND attnum = k.n), '(expression)') FROM unnest(i.indkey[0:i.indnkeyatts - 1]) AS k(n)) AS columns "
        "FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace s ON s.oid = c.relnamespace "
        "WHERE s.nspname = 'public' AND i.indisunique"
    ):
        shape[row["name"]]["unique"].add(frozenset(row["columns"]))
    return shape


def kind(declared: str) -> str:
    declared = declared.upper()
    if declared in {"INTEGER", "BIGINT", "SMALLINT", "INT"}:
        return "integer"
    return {"BLOB": "bytes", "BYTEA": "bytes", "DOUBLE PRECISION": "real"}.get(declared, declared.lower())


async def test_the_two_schemas_are_one(sqlite_template: Any, postgres: Any) -> None:
    shapes = []
    template = postgres.create_database(postgres.template(_schema_key(), fill))
    for url, view in ((f"sqlite:///{sqlite_template}", sqlite_shape), (template, postgres_shape)):
        db = await open_database(url, clock=SystemClock(), entropy=SystemEntropy(), slot=0)
        shapes.append(await db.read(view))
        await db.close()
    postgres.drop(template)
    one, other = shapes
    assert one.keys() == other.keys()
    for table, shape in one.items():
        assert shape["columns"] == other[table]["columns"], table
        assert shape["unique"] == other[table]["unique"], table


@pytest.mark.parametrize("declared", ["INTEGER", "BIGINT", "smallint"])
def test_sizes_of_integers_are_one_kind(declared: str) -> None:
    assert kind(declared) == "integer"
