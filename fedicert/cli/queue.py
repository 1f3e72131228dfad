"""`fedicert queue dead …`: jobs and deliveries that failed for good. They are kept for 30 days."""

import argparse
from typing import TYPE_CHECKING, Any

import msgspec

from fedicert.base.errors import BadRequest
from fedicert.base.log import iso
from fedicert.cli.settings import Commands, command, with_config
from fedicert.config import Config
from fedicert.text.counted import counted

if TYPE_CHECKING:
    from fedicert.cli.gate import Gate
    from fedicert.operations.dead_letters import Letter


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser(
        "queue", help="what failed for good: see it, try it again, drop it", description=__doc__
    )
    dead = with_config(group).add_subparsers(metavar="VERB", required=True).add_parser("dead", help="dead letters")
    inner = with_config(dead).add_subparsers(title="commands", metavar="COMMAND", required=True)
    listed = _command(inner, "list", _list, "what failed for good, why and when")
    listed.add_argument("--json", action="store_true", help="one JSON object a line")
    _command(inner, "retry", _retry, "try it again, from the start")
    _command(inner, "drop", _drop, "forget it")


def _command(inner: Commands, name: str, run: Any, what: str) -> argparse.ArgumentParser:
    parser = command(inner, name, run, what)
    if name != "list":
        parser.add_argument("names", metavar="NAME", nargs="*", help="as `fedicert queue dead list` shows them: job-12")
        parser.add_argument("--all", action="store_true", help="every one, or every delivery to --host")
    parser.add_argument("--host", metavar="HOST", default="", help="deliveries to this host alone")
    return parser


async def _list(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.cli.tables import table

    async with open_gate(config) as gate:
        found = await _all(gate, arguments.host)
    if arguments.json:
        for one in found:
            print(msgspec.json.encode(one).decode())
        return
    if not found:
        print("nothing failed for good")
        return
    rows = [("name", "what", "where", "tries", "given up", "error")]
    for one in found:
        rows.append((one.name, one.what, one.where, str(one.attempts), iso(one.buried_at)[:16], one.error[:120]))
    print(table(rows))


async def _all(gate: "Gate", host: str) -> "list[Letter]":
    """Every dead letter, page by page."""
    from fedicert.operations.dead_letters import MOST

    found: list[Letter] = []
    while True:
        page = await gate.call("queue.dead", found[-1].name if found else "", host)
        found += page
        if len(page) < MOST:
            return found


async def _retry(config: Config, arguments: argparse.Namespace) -> None:
    print(f"{counted(await _do(config, arguments, 'queue.retry'), 'dead letter')} will be tried again")


async def _drop(config: Config, arguments: argparse.Namespace) -> None:
    print(f"{counted(await _do(config, arguments, 'queue.drop'), 'dead letter')} dropped")


async def _do(config: Config, arguments: argparse.Namespace, command: str) -> int:
    from fedicert.cli.gate import open_gate
    from fedicert.operations.dead_letters import MOST

    if bool(arguments.names) == arguments.all or (arguments.host and not arguments.all):
        raise BadRequest("name dead letters, or say --all (and --host HOST for the deliveries to one host)")
    async with open_gate(config) as gate:
        names = [one.name for one in await _all(gate, arguments.host)] if arguments.all else list(arguments.names)
        return sum([await gate.call(command, names[at : at + MOST]) for at in range(0, len(names), MOST)])
