"""Reading the ledger (law 7): an account its own rows, an owner or admin all of them; with names where they still are.

It only reads. What a row says in words is `text.decisions`; who may see whose is decided here.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import orjson

from fedicert.base.errors import Forbidden, NotFound
from fedicert.operations.ledger import NUMBER, TEXT
from fedicert.reach.chain import GENESIS, MOMENT
from fedicert.store.tables import ledger, people, seats
from fedicert.store.tables.ledger import Name
from fedicert.store.unit import Reader
from fedicert.text.decisions import WRITTEN, sentence

STAFF = ("owner", "admin")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A row for reading. `parties`: role → actor id, '' where the name was erased; `names`: role → handle, likewise.

    `owner`: whose chain it is, `@name`; '' for the instance's own. `id`: the cursor. `sentence`: the row in words.
    """

    id: str
    account: int
    owner: str
    seq: int
    at: int
    kind: str
    rule: str
    sentence: str
    parties: dict[str, str]
    names: dict[str, str]
    body: dict[str, Any]
    hash: str
    prev: str


async def own_rows(reader: Reader, account: int, before: str, count: int) -> list[Told]:
    """What was decided about an account of ours, newest first, behind the row with the id `before` ('': from the end)."""
    return await _rows(reader, account, before, count)


async def all_rows(reader: Reader, staff: int, before: str, count: int, name: str = "") -> list[Told]:
    """The rows of every chain, or of one, newest first: for owners and admins. `name`: whose; `instance` for its own.

    Raises Forbidden, NotFound.
    """
    await check_staff(reader, staff)
    return await _rows(reader, await chain_named(reader, name) if name else None, before, count)


async def last_rows(reader: Reader, username: str, count: int) -> list[Told]:
    """The last rows of a local account's chain, oldest first; '' is the instance's own. Raises NotFound."""
    found = await _rows(reader, await chain_named(reader, username), "", count)
    return found[::-1]


async def check_staff(reader: Reader, account: int) -> None:
    """Raises Forbidden for whoever is neither owner nor admin here."""
    seat = await seats.read(reader, account)
    if seat is None or seat.closed or seat.role not in STAFF:
        raise Forbidden("The whole ledger is for this server's owner and admins")


async def chain_named(reader: Reader, name: str) -> int:
    """Whose chain: an account here by its name, the instance's own for '' or `instance`. Raises NotFound."""
    name = name.removeprefix("@")
    if name in ("", "instance"):
        return await people.instance(reader)
    person = await people.by_handle(reader, name, "")
    if person is None:
        raise NotFound(f"there is no account {name} here; `fedicert account list` shows them")
    return person.id


async def _rows(reader: Reader, account: int | None, before: str, count: int) -> list[Told]:
    rows = await ledger.latest(reader, account, _cursor(before), count)
    beside = await ledger.handles(reader, [(told.row.account, told.row.seq) for told in rows])
    owners = await ledger.owners(reader, {told.row.account for told in rows})
    return [
        _told(told, owners.get(told.row.account, ""), beside.get((told.row.account, told.row.seq), ())) for told in rows
    ]


def _told(told: ledger.Told, owner: str, beside: Sequence[Name]) -> Told:
    row = told.row
    there = {name.field: name for name in beside}
    fields = [field for field in orjson.loads(row.parties) if field != MOMENT]
    parties = {field: there[field].value if field in there else "" for field in fields if not _is_said(field)}
    names = {field: _handle(there.get(field)) for field in parties}
    body = orjson.loads(row.body)
    for field in fields:
        if _is_said(field):
            value = there[field].value if field in there else ""
            number = value and field.startswith(NUMBER)
            body[field.removeprefix(TEXT).removeprefix(NUMBER)] = int(value) if number else value
    return Told(
        id=f"{row.at}-{row.account}-{row.seq}",
        account=row.account,
        owner=owner,
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        rule=row.rule,
        sentence=sentence(row.kind, names, body),
        parties=parties,
        names=names,
        body=body,
        hash=told.hash,
        prev="" if row.prev == GENESIS else row.prev,
    )


def _is_said(field: str) -> bool:
    """Beside a row lie names, and what would else stand in its body: words that somebody wrote, and moments."""
    return field.startswith((TEXT, NUMBER)) or field in WRITTEN


def _handle(name: Name | None) -> str:
    if name is None:
        return ""
    if not name.username:
        return name.value
    return f"@{name.username}@{name.domain}" if name.domain else f"@{name.username}"


def _cursor(before: str) -> tuple[int, int, int] | None:
    parts = before.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts):
        return None
    at, account, seq = (min(int(part), 2**62) for part in parts)
    return at, account, seq
