"""`fedicert code …`: the code of responsibility that whoever leaves the lowest tier agrees to."""

import argparse
import sys
from pathlib import Path
from typing import Any

from fedicert.base.errors import BadRequest
from fedicert.cli.settings import Commands, command, with_config
from fedicert.config import Config


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("code", help="the code of responsibility, and who agreed to it", description=__doc__)
    inner = with_config(group).add_subparsers(title="commands", metavar="COMMAND", required=True)

    show = command(inner, "show", _show, "the text of the version that holds, or of another")
    show.add_argument("version", metavar="VERSION", type=int, nargs="?")

    publish = command(
        inner, "publish", _publish, "publish a newer version: whoever stands above the lowest tier has to agree anew"
    )
    publish.add_argument("file", metavar="FILE", help="the text, UTF-8; - is the standard input")
    publish.add_argument("--by", metavar="ACCOUNT", required=True, help="the owner or admin who decides")
    publish.add_argument("--reason", metavar="TEXT", required=True, help="why; it stands on the ledger")

    agree = command(inner, "agree", _agree, "agree in the name of one's own account")
    agree.add_argument("account", metavar="ACCOUNT")
    agree.add_argument("--version", metavar="VERSION", type=int, required=True, help="the version that was read")

    status = command(inner, "status", _status, "what an account agreed to, and what waits for it")
    status.add_argument("account", metavar="ACCOUNT")


async def _show(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        code = await gate.call("code.show", arguments.version)
    print(f"version {code.version}, SHA-256 {code.digest}\n")
    print(code.text, end="")


async def _publish(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    try:
        text = sys.stdin.read() if arguments.file == "-" else Path(arguments.file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"{arguments.file} can't be read: {error}") from None
    async with open_gate(config) as gate:
        code = await gate.call("code.publish", text, arguments.by, arguments.reason)
    print(f"version {code.version} holds, SHA-256 {code.digest}")


async def _agree(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import urls_of

    async with open_gate(config) as gate:
        _print(await gate.call("code.agree", urls_of(config), arguments.account, arguments.version), arguments.account)


async def _status(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        _print(await gate.call("code.status", arguments.account), arguments.account)


def _print(found: Any, name: str) -> None:
    agreed = f"agreed to version {found.agreed}" if found.agreed else "agreed to none"
    print(f"@{name.removeprefix('@')}: {agreed}; version {found.code.version} holds; tier {found.tier}")
    if found.waits_for:
        print(f"tier {found.waits_for} waits: fedicert code agree NAME --version {found.code.version}")
