"""`fedicert domain …`: other servers that are blocked or silenced for everybody here."""

import argparse

from fedicert.cli.settings import Commands, command, with_config
from fedicert.config import Config
from fedicert.model.domain_blocks import SEVERITIES, DomainBlock


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("domain", help="block other servers, or take it back", description=__doc__)
    inner = with_config(group).add_subparsers(title="commands", metavar="COMMAND", required=True)
    command(inner, "list", _list, "which domains, how severely and why")

    block = command(
        inner,
        "block",
        _block,
        "block a domain and all below it. suspend: nothing is taken from there and nothing new said to it, and its people "
        "keep their slots for 30 days without getting anything; silence: its posts stand in no public timeline",
    )
    block.add_argument("domain", metavar="DOMAIN")
    block.add_argument("--severity", choices=SEVERITIES, default="suspend")
    block.add_argument("--reject-media", action="store_true", help="fetch no pictures from there")
    block.add_argument("--obfuscate", action="store_true", help="hide part of the name in the public list")
    block.add_argument("--by", metavar="ACCOUNT", required=True, help="the owner or admin who decides")
    block.add_argument(
        "--reason", metavar="TEXT", required=True, help="why; it stands on the ledger and in the public list"
    )

    unblock = command(inner, "unblock", _unblock, "take it back; who was paused for it is restored within 30 days")
    unblock.add_argument("domain", metavar="DOMAIN")
    unblock.add_argument("--by", metavar="ACCOUNT", required=True, help="the owner or admin who decides")


async def _list(config: Config, _: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.cli.tables import table

    async with open_gate(config) as gate:
        found = await gate.call("domain.list")
    rows = [("domain", "severity", "pictures", "why")]
    rows += [
        (one.domain, one.severity, "no" if one.reject_media or one.severity == "suspend" else "yes", one.public_comment)
        for one in found
    ]
    print(table(rows) if found else "no domain is blocked")


async def _block(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import urls_of

    wanted = DomainBlock(
        id=0,
        domain=arguments.domain,
        severity=arguments.severity,
        reject_media=arguments.reject_media,
        obfuscate=arguments.obfuscate,
        public_comment=arguments.reason,
    )
    async with open_gate(config) as gate:
        made = await gate.call("domain.block", urls_of(config), wanted, arguments.by)
    print(f"{made.domain}: {made.severity}")


async def _unblock(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        ended = await gate.call("domain.unblock", arguments.domain, arguments.by)
    print(f"{ended.domain} is blocked no longer")
