"""`fedicert relay …`: relays that pass public posts on; they hear what tiers list, and nothing else (docs/law.md, 5)."""

import argparse
import asyncio
from datetime import UTC, datetime

from fedicert.cli.settings import Commands, command, read_config, with_config
from fedicert.config import Config


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("relay", help="relays that pass public posts on", description=__doc__)
    inner = with_config(group).add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, what, named in (
        ("add", "subscribe to a relay", "its inbox (as relays for Mastodon give it) or its actor's address"),
        ("remove", "subscribe to it no longer", "its actor's address, as `fedicert relay list` shows it"),
    ):
        parser = with_config(inner.add_parser(name, help=what, description=what))
        parser.add_argument("relay", metavar="ADDRESS", help=named)
        parser.add_argument("--by", metavar="ACCOUNT", required=True, help="the owner or admin who decides")
        parser.add_argument("--reason", metavar="TEXT", required=True, help="why; it stands on the ledger")
        parser.set_defaults(
            run=lambda arguments, name=name: asyncio.run(_decide(read_config(arguments), name, arguments))
        )
    command(inner, "list", _list, "the relays")


async def _decide(config: Config, name: str, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import urls_of

    async with open_gate(config) as gate:
        if name == "add":
            found = await gate.call("relay.add", arguments.by, arguments.relay, arguments.reason)
        else:
            found = await gate.call("relay.remove", urls_of(config), arguments.by, arguments.relay, arguments.reason)
    print(f"{found.actor}: {found.state}")


async def _list(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.cli.tables import table

    async with open_gate(config) as gate:
        found = await gate.call("relay.list")
    if not found:
        print("there are no relays")
        return
    rows = [("actor", "style", "state", "since")]
    for one in found:
        since = datetime.fromtimestamp(one.since // 1000, UTC).strftime("%Y-%m-%d %H:%M")
        rows.append((one.actor, one.style, one.state, since))
    print(table(rows))
