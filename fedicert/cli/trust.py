"""`fedicert trust …`: whose licences count here, and what is known of those issuers: when met, which keys, what changed.

The list itself is the configuration's ([[trust]]); nothing here changes it.
"""

import argparse
import asyncio

from fedicert.base.log import iso
from fedicert.cli.settings import Commands, read_config, with_config
from fedicert.config import Config
from fedicert.model.trust_list import shown

PIN_SHOWN = 16


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("trust", help="show whose licences count here", description=__doc__)
    inner = with_config(group).add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = with_config(
        inner.add_parser(
            "list",
            help="the trust list, and what is known of each issuer",
            description="Show the trust list of the configuration. Of an issuer that was met: since when, the "
            "thumbprint of its keys, and each change of them. A change that it didn't announce is a reason to ask.",
        )
    )
    listing.set_defaults(run=_list)


def _list(arguments: argparse.Namespace) -> None:
    config = read_config(arguments)
    if not config.trust:
        print("The trust list is empty: nobody's licence lifts anybody. config.example.toml explains [[trust]].")
        return
    print("\n\n".join(asyncio.run(_entries(config))))


async def _entries(config: Config) -> list[str]:
    from fedicert.cli.gate import open_gate

    dids = list(dict.fromkeys(entry.issuer for entry in config.trust))
    async with open_gate(config) as gate:
        met = {issuer.did: issuer for issuer in await gate.call("trust.met", dids)}
    blocks = []
    for entry in config.trust:
        lines = [entry.name, *(f"  {key + ':':<15}{said}" for key, said in shown(entry).items() if key != "name")]
        issuer = met.get(entry.issuer)
        if issuer is None:
            lines.append("  not met yet")
        else:
            lines.append(f"  {'met:':<15}{iso(issuer.first_met)}, last asked {iso(issuer.fetched_at)}")
            lines.append(f"  {'keys:':<15}{issuer.pin[:PIN_SHOWN]}")
            lines += [
                f"  keys changed:  {iso(change.changed_at)}, {change.old_pin[:PIN_SHOWN]} -> {change.new_pin[:PIN_SHOWN]}"
                for change in issuer.changes
            ]
        blocks.append("\n".join(lines))
    return blocks
