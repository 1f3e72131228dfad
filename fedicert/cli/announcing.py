"""`fedicert announce`: say something to everybody here, in this server's name."""

import argparse
import asyncio

from fedicert.base.errors import BadRequest
from fedicert.cli.settings import Commands, read_config, with_config
from fedicert.config import Config
from fedicert.text.ladder import read_moment


def add(commands: Commands) -> None:
    """Add the command."""
    parser = with_config(commands.add_parser("announce", help="say something to everybody here", description=__doc__))
    parser.add_argument(
        "text", metavar="TEXT", nargs="?", default="", help="plain text; an empty line begins a paragraph"
    )
    parser.add_argument("--by", metavar="ACCOUNT", required=True, help="the owner or admin who says it")
    parser.add_argument(
        "--until", metavar="WHEN", help="shown up to then (90 days): 2026-12-01 or 2026-12-01T08:00, UTC"
    )
    parser.add_argument(
        "--withdraw", metavar="NUMBER", type=int, help="take the announcement of this number back instead"
    )
    parser.set_defaults(run=lambda arguments: asyncio.run(_announce(read_config(arguments), arguments)))


async def _announce(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    if bool(arguments.text.strip()) == (arguments.withdraw is not None):
        raise BadRequest("say a text, or --withdraw with the number of an announcement")
    try:
        until = None if arguments.until is None else read_moment(arguments.until)
    except ValueError as error:
        raise BadRequest(str(error)) from None
    async with open_gate(config) as gate:
        if arguments.withdraw is not None:
            await gate.call("announcement.withdraw", arguments.by, arguments.withdraw)
            print(f"withdrew announcement {arguments.withdraw}")
            return
        number = await gate.call("announcement.make", arguments.by, arguments.text, until)
    print(f"announced, as number {number}")
