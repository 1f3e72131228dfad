"""`fedicert ledger …`: read the record of every decision, bind it, give it away, and verify it.

`show`, `export` and `verify` read the database themselves, beside a running server or without one; `checkpoint` signs
with the instance's key and has the running server write it down. `verify FILE` needs no database at all.
"""

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from fedicert.base.errors import BadRequest, NotFound
from fedicert.base.log import iso
from fedicert.cli.settings import Commands, read_config, with_config
from fedicert.config import Config

if TYPE_CHECKING:
    from fedicert.operations.records import Told
    from fedicert.store.unit import Database


def add(commands: Commands) -> None:
    """Add the command with its verbs."""
    group = commands.add_parser(
        "ledger", help="show, bind, export and verify the record of every decision", description=__doc__
    )
    verbs = group.add_subparsers(metavar="VERB", required=True)
    show = with_config(verbs.add_parser("show", help="the decisions about one account, or about the instance"))
    show.add_argument("name", nargs="?", help="an account here; without one, the instance's own chain")
    show.add_argument("--last", type=int, default=50, metavar="N", help="so many rows from the end (default 50)")
    show.add_argument("--json", action="store_true", help="one JSON object a line, with hashes")
    show.add_argument("--words", action="store_true", help="each row as a sentence")
    show.set_defaults(run=lambda arguments: asyncio.run(_show(read_config(arguments), arguments)))
    bind = with_config(
        verbs.add_parser(
            "checkpoint",
            help="bind the chains now, and print the latest checkpoint as JSON",
            description="Give the file to somebody else to keep: with it, `ledger verify --checkpoint FILE` finds even "
            "rows that were removed together with the checkpoints over them.",
        )
    )
    bind.set_defaults(run=lambda arguments: asyncio.run(_checkpoint(read_config(arguments))))
    export = with_config(
        verbs.add_parser(
            "export",
            help="write the ledger to a file that verifies by itself",
            description="All of it, or with --account one account's own. With --redacted it names nobody and "
            "says of nothing when in its day it happened, and still verifies: for an auditor. It has the days that are "
            "over and closed (ten minutes after midnight, UTC). The latest checkpoint stands in it.",
        )
    )
    export.add_argument("file", metavar="FILE", help="- for the standard output")
    export.add_argument("--redacted", action="store_true", help="without names, salts and written words")
    export.add_argument("--account", metavar="NAME", default="", help="one account's own, with the names in it")
    export.add_argument("--force", action="store_true", help="write over a file that is there")
    export.set_defaults(run=lambda arguments: asyncio.run(_export(read_config(arguments), arguments)))
    verify = with_config(
        verbs.add_parser(
            "verify",
            help="check every row, chain and checkpoint, here or in an exported file",
            description="Names the first row altered or missing in each chain. Exit code 0: the ledger verifies; 1: it "
            "doesn't.",
        )
    )
    verify.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, help="an exported ledger, instead of the database"
    )
    verify.add_argument(
        "--checkpoint",
        metavar="FILE|URL",
        action="append",
        default=[],
        help="what somebody else kept: a checkpoint, several, or a server's published ones; may be said again",
    )
    verify.set_defaults(run=lambda arguments: asyncio.run(_verify(read_config(arguments), arguments)))


async def _show(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.operations.records import last_rows

    async with reading(config) as db:
        told = await db.read(last_rows, arguments.name or "", arguments.last)
    for each in told:
        print(_line_of_json(each) if arguments.json else _in_words(each) if arguments.words else _line(each))


def _line(told: "Told") -> str:
    who = ", ".join(f"{role} {name or '(erased)'}" for role, name in told.parties.items())
    body = ", ".join(f"{key} {_plain(value)}" for key, value in told.body.items())
    said = "; ".join(part for part in (who, body) if part)
    return f"{told.seq:>6}  {_moment(told)}  {told.kind:<16} {told.rule:<28} {said}"


def _in_words(told: "Told") -> str:
    return f"{told.seq:>6}  {_moment(told)}  {told.sentence} ({told.rule})"


def _moment(told: "Told") -> str:
    return iso(told.at)[:19].replace("T", " ")


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={_plain(each)}" for key, each in value.items())
    return "none" if value is None else "(erased)" if value == "" else str(value)


def _line_of_json(told: "Told") -> str:
    return msgspec.json.encode(told).decode()


async def bind_now(config: Config) -> None:
    """Make checkpoints until every chain that grew is bound. Raises NotFound: no key."""
    from fedicert.base.ids import SystemEntropy
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import vault_of
    from fedicert.keys.pairs import sign
    from fedicert.reach.chain import checkpoint_bytes
    from fedicert.store.views import signers

    vault = vault_of(config, SystemEntropy())
    async with open_gate(config) as gate:
        while (drafted := await gate.call("ledger.draft")) is not None:
            async with reading(config) as db:
                key = await db.read(signers.ledger_key)
            if key is None:
                raise NotFound("the instance has no key to sign its ledger with")
            signature = sign(vault.open(key.id, key.sealed), checkpoint_bytes(drafted.checkpoint))
            await gate.call("ledger.seal", drafted, key.kid, signature.hex())


async def _checkpoint(config: Config) -> None:
    from fedicert.operations import checkpoints

    await bind_now(config)
    async with reading(config) as db:
        latest = await db.read(checkpoints.latest)
    if latest is None:
        raise NotFound("there is nothing to bind yet: the ledger is empty")
    print(json.dumps(msgspec.to_builtins(latest), indent=1))


async def _export(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.operations import checkpoints, exporting, records

    if arguments.redacted and arguments.account:
        raise BadRequest("--redacted is for the ledger of everybody; one account's own has the names in it")
    if arguments.file != "-" and not arguments.force and Path(arguments.file).exists():
        raise BadRequest(f"{arguments.file} is there already; name another file, or write over it with --force")
    await bind_now(config)
    async with reading(config) as db:
        if arguments.account:
            lines = exporting.own(db, config.domain, await db.read(records.chain_named, arguments.account))
        else:
            lines = exporting.everybody(db, config.domain, redacted=arguments.redacted)
        until = await db.read(checkpoints.closed_until)
        with _opened(arguments.file, over=arguments.force) as file:
            size = 0
            async for part in lines:
                size += file.write(part)
    if arguments.file != "-":
        print(f"{arguments.file}: {size} bytes; `fedicert ledger verify {arguments.file}` checks it, here or elsewhere")
        if arguments.redacted:
            print(
                f"It ends with {until} (UTC): what was decided since is in it once that day is over and closed."
                if until
                else "No day is over and closed yet, so there is no row in it: a file for an auditor has whole days."
            )


@contextlib.contextmanager
def _opened(name: str, *, over: bool) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdout.buffer
        return
    try:
        with Path(name).open("wb" if over else "xb") as file:
            yield file
    except OSError as error:
        raise BadRequest(f"{name} can't be written: {error.strerror}") from None


async def _verify(config: Config, arguments: argparse.Namespace) -> int:
    from fedicert.cli import ledger_verifying as verifying

    kept = [one for said in arguments.checkpoint for one in await verifying.kept_of(config, said)]
    if arguments.file is not None:
        return verifying.tell_export(verifying.verify_file(arguments.file, kept))
    async with reading(config) as db:
        return verifying.tell(await verifying.verify_database(db, kept))


@contextlib.asynccontextmanager
async def reading(config: Config) -> "AsyncIterator[Database]":
    """The database, to be read alone; a server may have it open."""
    from fedicert.base.clock import SystemClock
    from fedicert.base.ids import SystemEntropy
    from fedicert.store.database import open_database

    file = Path(config.database.removeprefix("sqlite:///"))
    if config.on_sqlite and not file.exists():
        raise NotFound(f"there is no database at {file}: nothing was started there yet")
    db = await open_database(config.database, clock=SystemClock(), entropy=SystemEntropy())
    try:
        yield db
    finally:
        await db.close()
