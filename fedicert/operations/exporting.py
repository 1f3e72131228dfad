"""Giving the ledger away (law 7): all of it, redacted so that it unmasks nobody, or one's own. It only reads.

Written page by page, each over a snapshot of its own: rows are only ever added, and an export ends with the checkpoint
that was the latest when it began; a redacted one has the rows of whole days, as far as they are closed. How its lines are
read and verified is `reach.exports`.
"""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import orjson

from fedicert.base.errors import NotFound
from fedicert.operations import checkpoints, records
from fedicert.operations.checkpoints import Signed
from fedicert.reach import chain, exports
from fedicert.store.tables import checkpoints as checkpoint_rows
from fedicert.store.tables import ledger
from fedicert.store.tables.checkpoints import Bound
from fedicert.store.unit import Database, Reader

PAGE = 1_000
CHECKPOINTS = 100


class Place(msgspec.Struct, frozen=True):
    """How far an export has come: a checkpoint, how many of its chains are written, and the last row of the next."""

    checkpoint: int = 0
    chains: int = 0
    seq: int = 0


async def everybody(db: Database, server: str, *, redacted: bool) -> AsyncIterator[bytes]:
    """Lines of the whole ledger, as far as the latest checkpoint binds it. Who may have it the caller knows."""
    head, latest = await db.read(_header, server, "", redacted)
    yield head
    place: Place | None = Place()
    while place is not None and latest:
        lines, place = await db.read(_page, place, latest, redacted)
        yield lines


async def own(db: Database, server: str, account: int) -> AsyncIterator[bytes]:
    """Lines of one account's own ledger, with names and salts. Raises NotFound."""
    found = await db.read(ledger.chain_of, account)
    if found is None:
        raise NotFound("only accounts of this server have a ledger")
    head, _ = await db.read(_header, server, f"@{found.username}", False)
    first = await db.read(_first_hash, account)
    more = {"salt": found.salt, "owner": found.uri} if found.salt else {}
    yield head + exports.chain_line(found.chain or first, None, **more)
    seq = 0
    while True:
        lines, reached = await db.read(_rows, account, seq, PAGE, found.seq, False)
        yield lines
        if reached == seq or reached >= found.seq:
            break
        seq = reached
    yield await db.read(_bound, account)


async def for_staff(reader: Reader, staff: int) -> None:
    """May this account of ours have the whole ledger? Raises Forbidden."""
    await records.check_staff(reader, staff)


async def _header(reader: Reader, server: str, of: str, redacted: bool) -> tuple[bytes, int]:
    """The first line, and the number of the latest checkpoint."""
    found = await checkpoints.published(reader)
    told = {
        "ledger": exports.FORM,
        "server": server,
        "of": of,
        "redacted": redacted,
        "at": reader.now,
        "keys": await checkpoint_rows.signing_keys(reader),
        "latest": _told(found[0]) if found else None,
    }
    return orjson.dumps(told) + b"\n", found[0].number if found else 0


async def _page(reader: Reader, place: Place, latest: int, redacted: bool) -> tuple[bytes, Place | None]:
    """Lines from a place on, about a page of rows, and where to go on."""
    lines: list[bytes] = []
    left = PAGE
    keys = await checkpoint_rows.signing_keys(reader)
    for _ in range(CHECKPOINTS):
        number = place.checkpoint or 1
        (sealed,) = await checkpoint_rows.sealed(reader, number - 1, 1)
        if not place.chains and not place.seq:
            lines.append(orjson.dumps({"checkpoint": _told(checkpoints.signed(sealed, keys))}) + b"\n")
        # An auditor gets the rows day by day, everybody else as they were bound.
        with_rows = bool(sealed.checkpoint.day) == redacted
        bound = in_order(await checkpoint_rows.bound_by(reader, number)) if with_rows else []
        for at in range(place.chains, len(bound)):
            one = bound[at]
            if left <= 0:
                return b"".join(lines), Place(number, at)
            if redacted and one.form < chain.FORM:
                lines.append(exports.older_line(one.leaf.chain, one.leaf))
                continue
            seq = place.seq if at == place.chains and place.seq else one.before
            if seq == one.before:
                more = {"salt": one.salt, "owner": one.owner} if one.salt and not redacted else {}
                lines.append(exports.chain_line(one.label, one.leaf, **more))
            while seq < one.leaf.seq:
                if left <= 0:
                    return b"".join(lines), Place(number, at, seq)
                told, reached = await _rows(reader, one.leaf.account, seq, left, one.leaf.seq, redacted)
                if reached == seq:
                    break  # rows are missing here, and whoever verifies the file will say so
                lines.append(told)
                left -= reached - seq
                seq = reached
        if number >= latest:
            return b"".join(lines), None
        place = Place(number + 1)
        if left <= 0:
            break
    return b"".join(lines), place


def in_order(bound: list[Bound]) -> list[Bound]:
    """As the leaves stand in the tree."""
    by_leaf = {one.leaf: one for one in bound}
    return [by_leaf[leaf] for leaf in chain.in_order(by_leaf)]


async def _rows(reader: Reader, account: int, after: int, count: int, upto: int, redacted: bool) -> tuple[bytes, int]:
    """Rows of a chain, and the number of the last."""
    if redacted:
        return await _redacted(reader, account, after, count, upto)
    found = await ledger.rows(reader, account, after, count, upto)
    if not found:
        return b"", after
    names: dict[int, dict[str, tuple[str, str]]] = {}
    for name in await ledger.names(reader, account, found[0].row.seq, found[-1].row.seq):
        names.setdefault(name.seq, {})[name.field] = (name.salt, name.value)
    lines = [exports.row_line(t.row, t.hash, names.get(t.row.seq, {})) for t in found]
    return b"".join(lines), found[-1].row.seq


async def _redacted(reader: Reader, account: int, after: int, count: int, upto: int) -> tuple[bytes, int]:
    """The same for an auditor; each row is looked at with the one before it."""
    found = await ledger.rows(reader, account, max(after - 1, 0), count + 1, upto)
    lines, older = [], False
    for told in found:
        if told.row.seq > after:
            lines.append(exports.redacted_line(told.row, told.hash, after_older=older))
        older = told.row.form < chain.FORM
    return b"".join(lines), found[-1].row.seq if found else after


async def _first_hash(reader: Reader, account: int) -> str:
    found = await ledger.rows(reader, account, 0, 1)
    return found[0].hash if found else ""


async def _bound(reader: Reader, account: int) -> bytes:
    """The last checkpoint that binds a chain, and the way to its root; nothing where none does yet."""
    last = await checkpoint_rows.last_bound(reader, account)
    if last is None:
        return b""
    number, seq = last
    leaves = chain.in_order(await checkpoint_rows.leaves_of(reader, number))
    place = next(at for at, leaf in enumerate(leaves) if leaf.account == account)
    (sealed,) = await checkpoint_rows.sealed(reader, number - 1, 1)
    told: dict[str, Any] = {
        "bound": _told(checkpoints.signed(sealed, await checkpoint_rows.signing_keys(reader))),
        "to": seq,
        "proof": chain.proof_of([chain.leaf_hash(leaf) for leaf in leaves], place),
    }
    if leaves[place].salt:
        told["blind"] = leaves[place].salt
    if not leaves[place].chain:
        told["leaf"] = chain.leaf_hash(leaves[place])
    return orjson.dumps(told) + b"\n"


def _told(signed: Signed) -> dict[str, Any]:
    return msgspec.structs.asdict(signed)
