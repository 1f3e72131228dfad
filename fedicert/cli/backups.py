"""`fedicert backup` and `fedicert restore`: a whole installation in one file, and back from it."""

import argparse
import asyncio
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from fedicert.base.errors import BadRequest
from fedicert.cli.settings import Commands, read_config, with_config
from fedicert.config import Config


def add(commands: Commands) -> None:
    """Add the two commands."""
    what = "write everything into one file, while the server runs"
    backup = with_config(
        commands.add_parser(
            "backup",
            help=what,
            description=f"{what.capitalize()}: the database in one consistent state, the pictures, and a list with "
            "digests. Without the master key, which is kept apart from it, nobody can use the keys in it.",
        )
    )
    backup.add_argument("file", metavar="FILE", type=Path, help="a new file")
    backup.add_argument(
        "--with-master-key", action="store_true", help="put the master key into it too; keep it secret then"
    )
    backup.set_defaults(run=lambda arguments: asyncio.run(_backup(read_config(arguments), arguments)))

    what = "put a backup into an empty place"
    restore = with_config(
        commands.add_parser(
            "restore",
            help=what,
            description=f"{what.capitalize()}: an empty data folder and database, as the configuration names them. "
            "Afterwards nobody is admitted until the other servers are in step with it, 72 hours at most.",
        )
    )
    restore.add_argument("file", metavar="FILE", type=Path)
    restore.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="the latest checkpoint of the ledger kept elsewhere"
    )
    restore.set_defaults(run=lambda arguments: asyncio.run(_restore(read_config(arguments), arguments)))


async def _backup(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.base.clock import SystemClock
    from fedicert.base.ids import SystemEntropy
    from fedicert.jobs.backups import backup

    done = await backup(config, SystemClock(), SystemEntropy(), arguments.file, with_key=arguments.with_master_key)
    print(f"{arguments.file}: {done.rows} rows, {done.pictures} pictures, {done.bytes} bytes, as of {_moment(done.at)}")
    if done.has_key:
        print("The master key is in it: whoever has this file can sign as everybody here. Keep it as a secret.")
    else:
        print(f"Keep the master key ({config.master_key_file}) somewhere else too: without it this file can't be used.")


async def _restore(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.base.clock import SystemClock
    from fedicert.base.ids import SystemEntropy
    from fedicert.jobs.backups import restore
    from fedicert.operations.checkpoints import Kept

    kept = None
    if arguments.checkpoint is not None:
        try:
            kept = msgspec.json.decode(arguments.checkpoint.read_bytes(), type=Kept)
        except (OSError, msgspec.MsgspecError) as error:
            raise BadRequest(f"{arguments.checkpoint} isn't a checkpoint that can be read: {error}") from None
    done = await restore(config, SystemClock(), SystemEntropy(), arguments.file, kept, print)
    print(f"{done.rows} rows and {done.pictures} pictures are back, as of {_moment(done.at)}.")
    print("Nobody is admitted until the other servers are in step with it, 72 hours at most. Now: fedicert serve")


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
