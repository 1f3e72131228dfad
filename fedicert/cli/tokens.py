"""`fedicert token …`: a token of the client API, made by command, for scripts and tests."""

import argparse
import asyncio

from fedicert.cli.settings import Commands, read_config, with_config
from fedicert.config import Config


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("token", help="make a token of the client API", description=__doc__)
    inner = with_config(group).add_subparsers(title="commands", metavar="COMMAND", required=True)
    make = with_config(
        inner.add_parser(
            "create",
            help="print a new token for an account",
            description="Print a new token, and nothing else, on standard output. It doesn't expire; it can be revoked.",
        )
    )
    make.add_argument("name", metavar="NAME", help="the account it acts for")
    make.add_argument("--scopes", required=True, help='what it may do, such as "read write follow"')
    make.set_defaults(run=lambda arguments: asyncio.run(_create(read_config(arguments), arguments)))


async def _create(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.base.ids import SystemEntropy
    from fedicert.cli.gate import open_gate
    from fedicert.keys.tokens import new_token, token_hash

    entropy = SystemEntropy()
    token = new_token(entropy)
    async with open_gate(config) as gate:
        await gate.call(
            "token.create",
            arguments.name,
            arguments.scopes,
            new_token(entropy),
            token_hash(new_token(entropy)),
            token_hash(token),
        )
    print(token)
