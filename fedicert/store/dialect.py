"""One SQL text for both engines: what differs is put in here, once per text.

Texts use `$1, $2, …`. SQLite reads `$1` as a name and binds it wrongly without an error, so it gets `?1`. Braces stand
for what the engines say differently; an unknown brace is an error. Quoted strings, quoted names and comments are left
alone. It never looks at values, except that a list becomes JSON text on SQLite.

| brace | SQLite | PostgreSQL |
|---|---|---|
| `{for_update}` `{for_share}` `{skip_locked}` | nothing: there is one writer | `FOR UPDATE` `FOR SHARE` `SKIP LOCKED` |
| `column {any_id:$1}` | `IN (SELECT value FROM json_each(?1))` | `= ANY($1::bigint[])` |
| `column {any_text:$1}` | the same | `= ANY($1::text[])` |
| `{each_id:$1}` | a row source with the column `value` | `unnest($1::bigint[])` likewise |
| `{each_text:$1}` | the same | `unnest($1::text[])` likewise |
| `LIMIT $1` | `LIMIT (?1 + 0)`: bare, SQLite plans the statement anew at each binding | as it is |
| `{db_now}` | the unit's own clock, ms | the database server's clock, ms |
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

# Texts are constants of the program; the bound only keeps a mistake (text built from values) from eating memory.
MOST_TEXTS = 4_096

_PIECES = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\b(?P<bound>LIMIT\s+)\$(?P<most>\d+)|\$(?P<place>\d+)"""
    r"""|\{(?P<brace>[a-z_]+)(?::\$(?P<of>\d+))?\}""",
    re.DOTALL,
)

_WRITES = re.compile(r"\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?P<table>\w+)", re.IGNORECASE)
_READS = re.compile(r"\b(?:SELECT|RETURNING|USING|WITH)\b", re.IGNORECASE)

_LISTS = {"any_id", "any_text", "each_id", "each_text"}

_SQLITE: dict[str, Callable[[str], str]] = {
    "for_update": lambda _: "",
    "for_share": lambda _: "",
    "skip_locked": lambda _: "",
    "db_now": lambda _: "(SELECT fedicert_now())",
    "any_id": lambda place: f"IN (SELECT value FROM json_each(?{place}))",
    "any_text": lambda place: f"IN (SELECT value FROM json_each(?{place}))",
    "each_id": lambda place: f"(SELECT value FROM json_each(?{place}))",
    "each_text": lambda place: f"(SELECT value FROM json_each(?{place}))",
}

_POSTGRES: dict[str, Callable[[str], str]] = {
    "for_update": lambda _: "FOR UPDATE",
    "for_share": lambda _: "FOR SHARE",
    "skip_locked": lambda _: "SKIP LOCKED",
    "db_now": lambda _: "(CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT))",
    "any_id": lambda place: f"= ANY(${place}::bigint[])",
    "any_text": lambda place: f"= ANY(${place}::text[])",
    "each_id": lambda place: f"(SELECT unnest(${place}::bigint[]) AS value)",
    "each_text": lambda place: f"(SELECT unnest(${place}::text[]) AS value)",
}


class Text(NamedTuple):
    """A text as one engine wants it, and which arguments (from 0) are lists to pass as JSON."""

    sql: str
    lists: tuple[int, ...]


def translate(engine: str, sql: str) -> Text:
    """The text for `sqlite` or `postgres`. ValueError names a brace that isn't known or lacks its argument."""
    table = _SQLITE if engine == "sqlite" else _POSTGRES
    lists: set[int] = set()

    def put(match: re.Match[str]) -> str:
        if most := match["most"]:
            return f"{match['bound']}(?{most} + 0)" if engine == "sqlite" else match[0]
        if place := match["place"]:
            return f"?{place}" if engine == "sqlite" else match[0]
        brace = match["brace"]
        if brace is None:
            return match[0]
        if brace not in table or (brace in _LISTS) != (match["of"] is not None):
            raise ValueError(f"{match[0]} is not known to the dialect, in: {sql}")
        if brace in _LISTS and engine == "sqlite":
            lists.add(int(match["of"]) - 1)
        return table[brace](match["of"] or "")

    return Text(_PIECES.sub(put, sql), tuple(sorted(lists)))


class Texts(dict[str, Text]):
    """The translated texts of one engine, each translated when first asked for."""

    def __init__(self, engine: str) -> None:
        super().__init__()
        self._engine = engine

    def __missing__(self, sql: str) -> Text:
        if len(self) >= MOST_TEXTS:
            self.clear()
        text = self[sql] = translate(self._engine, sql)
        return text


def table_written(sql: str) -> str:
    """The table of a statement that writes it and reads no other. ValueError where it may read another, or gives back."""
    match = _WRITES.match(sql)
    if match is None or _READS.search(sql):
        raise ValueError(f"only what writes one table and reads no other can wait for others: {sql}")
    return match["table"]


class Tables(dict[str, str]):
    """Statement → the table it writes, each looked at once."""

    def __missing__(self, sql: str) -> str:
        if len(self) >= MOST_TEXTS:
            self.clear()
        table = self[sql] = table_written(sql)
        return table


class Folds(dict[tuple[str, ...], str]):
    """Several statements as one for PostgreSQL, their arguments one after another; each folded when first asked for.

    They all see the database as it was before; so no two may write one table, and none may read another's.
    """

    def __missing__(self, statements: tuple[str, ...]) -> str:
        if len(self) >= MOST_TEXTS:
            self.clear()
        text = self[statements] = _folded(statements)
        return text


def _folded(statements: Sequence[str]) -> str:
    texts, before = [], 0
    for sql in statements:
        text, count = _moved(translate("postgres", sql).sql, before)
        texts.append(text)
        before += count
    # PostgreSQL runs the one at the end first, and then the others from the last to the first: so they stand backwards,
    # and locks are taken in the order in which they were asked for.
    others = [f"w{number} AS ({text})" for number, text in enumerate(texts[1:], 1)]
    return f"WITH {', '.join(reversed(others))} {texts[0]}"


def _moved(text: str, by: int) -> tuple[str, int]:
    """The text with every `$n` become `$(n + by)`, and how many arguments it has."""
    most = 0

    def move(match: re.Match[str]) -> str:
        nonlocal most
        place = match["place"] or match["most"]
        if place is None:
            return match[0]
        most = max(most, int(place))
        return f"{match['bound'] or ''}${int(place) + by}"

    return _PIECES.sub(move, text), most


def lists_as_json(args: Sequence[Any], lists: tuple[int, ...]) -> list[Any]:
    """The arguments with those that are lists written as JSON text."""
    written = list(args)
    for place in lists:
        written[place] = msgspec.json.encode(list(written[place])).decode()
    return written
