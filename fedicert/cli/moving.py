"""`fedicert account alias | move | unmove | export`: other names of an account, moving, and taking everything out."""

import argparse
import asyncio
import shutil
from pathlib import Path

from fedicert.base.errors import Conflict, FedicertError, NotFound
from fedicert.cli.settings import Commands, command
from fedicert.config import Config

POLL_SECONDS = 0.3


def add(inner: Commands) -> None:
    """Add them to the group of `fedicert account`."""
    for name, run, what in (
        ("alias", _alias, "say which other accounts are somebody's own, so that they can move here"),
        ("move", _move, "move somebody out: their followers go to the new account, this one is for reading alone"),
        ("unmove", _unmove, "take a move back"),
        ("export", _export, "write everything that somebody said and is into a file"),
    ):
        parser = command(inner, name, run, what)
        parser.add_argument("name", metavar="NAME")
        if name == "alias":
            parser.add_argument("other", metavar="OTHER", nargs="?", help="name@its.server; left out, they are listed")
            parser.add_argument("--remove", action="store_true", help="take it off, by the address that the list shows")
        elif name == "move":
            parser.add_argument("target", metavar="TARGET", help="name@its.server, which must name NAME as its own")
            parser.add_argument("--yes", action="store_true", help="the person wants it; all who follow them are told")
        elif name == "export":
            parser.add_argument("file", metavar="FILE", type=Path, help="a new zip file")


async def _alias(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import urls_of

    async with open_gate(config) as gate:
        if arguments.other is None:
            known = await gate.call("account.aliases", arguments.name)
        elif arguments.remove:
            known = await gate.call("account.unalias", urls_of(config), arguments.name, arguments.other)
        else:
            known = await gate.call("account.alias", arguments.name, arguments.other)
    print("\n".join(known) if known else "no other names")


async def _move(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    if not arguments.yes:
        raise Conflict("everybody who follows the account is told, and it will be for reading alone: add --yes")
    async with open_gate(config) as gate:
        target = await gate.call("account.move", arguments.name, arguments.target)
    print(f"@{arguments.name.removeprefix('@')} has moved to {target}; the followers' servers are being told")


async def _unmove(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import urls_of

    async with open_gate(config) as gate:
        await gate.call("account.unmove", urls_of(config), arguments.name)
    print(f"@{arguments.name.removeprefix('@')} is here; who left by the move stays away")


async def _export(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.base.ids import SystemEntropy
    from fedicert.cli.gate import OwnGate, open_gate
    from fedicert.store.archive_files import ArchiveFiles, new_archive_name

    if arguments.file.exists():
        raise Conflict(f"{arguments.file} is there already; name another file")
    if not (folder := arguments.file.absolute().parent).is_dir():
        raise NotFound(f"there is no folder {folder}; make it first, or name another")
    async with open_gate(config) as gate:
        if isinstance(gate, OwnGate):
            size = await gate.call("account.export", arguments.name, str(arguments.file.absolute()))
        else:
            # The running server makes it in its own time; a large one takes longer than a command waits for an answer.
            identifier = await gate.call("account.ask_export", arguments.name, new_archive_name(SystemEntropy()))
            while (found := await gate.call("account.export_state", identifier)).state == "asked":
                await asyncio.sleep(POLL_SECONDS)
            path = ArchiveFiles(config.data_dir).path(found.file)
            if found.state != "ready" or path is None:
                raise FedicertError("the archive couldn't be made; the server's log says why")
            await asyncio.to_thread(shutil.copyfile, path, arguments.file)
            size = found.bytes
    arguments.file.chmod(0o600)
    print(f"{arguments.file}: {size} bytes")
