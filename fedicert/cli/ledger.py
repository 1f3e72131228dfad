"""`fedicert ledger …`: read the record of every decision, bind it, and verify it.

`show` and `verify` read the database themselves, beside a running server or without one; `checkpoint` signs with the
instance's key and has the running server write it down.
"""

import argparse
import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from fedicert.base.errors import BadRequest, FedicertError, NotFound
from fedicert.cli.settings import Commands, read_config, with_config
from fedicert.config import Config
from fedicert.text.counted import counted

if TYPE_CHECKING:
    from fedicert.operations.audit import CheckSignature, Report
    from fedicert.operations.checkpoints import Kept
    from fedicert.operations.ledger import Told
    from fedicert.store.unit import Database

PAGE = 500


def add(commands: Commands) -> None:
    """Add the command with its three verbs."""
    group = commands.add_parser(
        "ledger", help="show, bind and verify the record of every decision", description=__doc__
    )
    verbs = group.add_subparsers(metavar="VERB", required=True)
    show = with_config(verbs.add_parser("show", help="the decisions about one account, or about the instance"))
    show.add_argument("name", nargs="?", help="an account here; without one, the instance's own chain")
    show.add_argument("--last", type=int, default=50, metavar="N", help="so many rows from the end (default 50)")
    show.add_argument("--json", action="store_true", help="one JSON object a line, with hashes")
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
    verify = with_config(
        verbs.add_parser(
            "verify",
            help="check every row, chain and checkpoint",
            description="Names the first row altered or missing in each chain. Exit code 0: the ledger verifies; 1: it "
            "doesn't.",
        )
    )
    verify.add_argument("--checkpoint", type=Path, metavar="FILE", help="a checkpoint that somebody else kept")
    verify.set_defaults(run=lambda arguments: asyncio.run(_verify(read_config(arguments), arguments.checkpoint)))


async def _show(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.operations.ledger import last_rows

    async with _reading(config) as db:
        told = await db.read(last_rows, (arguments.name or "").removeprefix("@"), arguments.last)
    for each in told:
        print(_line_of_json(each) if arguments.json else _line(each))


def _line(told: "Told") -> str:
    moment = datetime.fromtimestamp(told.at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    who = ", ".join(f"{role} {name or '(erased)'}" for role, name in told.parties.items())
    body = ", ".join(f"{key} {_plain(value)}" for key, value in told.body.items())
    return f"{told.seq:>6}  {moment}  {told.kind:<16} {told.rule:<28} {'; '.join(part for part in (who, body) if part)}"


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={_plain(each)}" for key, each in value.items())
    return "none" if value is None else str(value)


def _line_of_json(told: "Told") -> str:
    return msgspec.json.encode(told).decode()


async def _checkpoint(config: Config) -> None:
    from fedicert.base.ids import SystemEntropy
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import vault_of
    from fedicert.keys.pairs import sign
    from fedicert.operations import checkpoints
    from fedicert.reach.chain import checkpoint_bytes
    from fedicert.store.views import signers

    vault = vault_of(config, SystemEntropy())
    async with open_gate(config) as gate:
        while (drafted := await gate.call("ledger.draft")) is not None:
            async with _reading(config) as db:
                key = await db.read(signers.ledger_key)
            if key is None:
                raise NotFound("the instance has no key to sign its ledger with")
            signature = sign(vault.open(key.id, key.sealed), checkpoint_bytes(drafted.checkpoint))
            await gate.call("ledger.seal", drafted, key.kid, signature.hex())
    async with _reading(config) as db:
        latest = await db.read(checkpoints.latest)
    if latest is None:
        raise NotFound("there is nothing to bind yet: the ledger is empty")
    print(json.dumps(msgspec.to_builtins(latest), indent=1))


async def _verify(config: Config, file: Path | None) -> int:
    from fedicert.operations import audit

    kept = None if file is None else _read_kept(file)
    async with _reading(config) as db:
        report = await db.read(audit.verify, await _checker(db), kept)
    _tell(report)
    return 1 if report.findings else 0


def _tell(report: "Report") -> None:
    for finding in report.findings:
        print(f"WRONG  {finding}")
    for note in report.notes:
        print(f"note   {note}")
    found = (
        f"{counted(report.rows, 'row')} of {counted(report.accounts, 'account')},"
        f" {counted(report.checkpoints, 'checkpoint')}"
    )
    print(f"{found}: {'DOES NOT VERIFY' if report.findings else 'verified'}")


async def _checker(db: "Database") -> "CheckSignature":
    from fedicert.keys.verify import verify
    from fedicert.store.views import signers

    public = await db.read(signers.public_keys)

    def check(kid: str, signed: bytes, signature: str) -> bool:
        try:
            return kid in public and verify(public[kid], signed, bytes.fromhex(signature))
        except (ValueError, FedicertError):
            return False

    return check


def _read_kept(file: Path) -> "Kept":
    from fedicert.operations.checkpoints import Kept

    try:
        return msgspec.json.decode(file.read_bytes(), type=Kept)
    except OSError as error:
        raise BadRequest(f"{file} can't be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise BadRequest(f"{file} isn't a checkpoint as `fedicert ledger checkpoint` prints it: {error}") from None


@contextlib.asynccontextmanager
async def _reading(config: Config) -> "AsyncIterator[Database]":
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
