"""`fedicert signups …`: how people join."""

import argparse
import asyncio

from fedicert.cli.settings import Commands, read_config, with_config
from fedicert.config import SIGNUPS, Config


def add(commands: Commands) -> None:
    """Add the command."""
    parser = with_config(
        commands.add_parser(
            "signups",
            help="who may sign up: open, approval or closed",
            description="Say who may sign up: anybody (open), who is approved (approval), nobody (closed). Without a "
            "word, say how it is now.",
        )
    )
    parser.add_argument("how", nargs="?", choices=SIGNUPS)
    parser.set_defaults(run=lambda arguments: asyncio.run(_signups(read_config(arguments), arguments)))


async def _signups(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        if arguments.how is None:
            print(await gate.call("signups.get"))
            return
        before = await gate.call("signups.set", arguments.how, None)
    print(f"signups are {arguments.how}" + ("" if before == arguments.how else f", they were {before}"))
