"""`fedicert tier …`: the ladder as the database holds it. A change holds at once, and is on the ledger."""

import argparse
import asyncio

from fedicert.base.errors import BadRequest
from fedicert.cli.settings import Commands, read_config, with_config
from fedicert.config import Config
from fedicert.model.tiers import KEYS, NOT_ENFORCED, shown


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("tier", help="show the ladder, change a tier's limits", description=__doc__)
    inner = with_config(group).add_subparsers(title="commands", metavar="COMMAND", required=True)

    listing = with_config(
        inner.add_parser("list", help="the ladder, the lowest rung first", description="Show the ladder as it holds.")
    )
    listing.set_defaults(run=lambda arguments: asyncio.run(_list(read_config(arguments))))

    change = with_config(
        inner.add_parser(
            "set",
            help="change a tier",
            description="Change a tier. Nobody is dropped: who waits is let in where there is room now; an audience "
            "above a lowered limit settles: `fedicert settle --help`.",
            epilog=f"keys: {', '.join(key for key in KEYS if key != 'name')}. "
            'No limit is "none"; lists are separated by commas. Example: fedicert tier set personal followers=200 '
            '--by owner --reason "the hall is larger now"',
        )
    )
    change.add_argument("name", metavar="NAME", help="the tier")
    change.add_argument("changes", metavar="KEY=VALUE", nargs="+")
    change.add_argument("--by", metavar="ACCOUNT", required=True, help="the owner or admin who decides")
    change.add_argument("--reason", metavar="TEXT", required=True, help="why; it stands on the ledger")
    change.set_defaults(run=lambda arguments: asyncio.run(_set(read_config(arguments), arguments)))


async def _list(config: Config) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.cli.tables import table

    async with open_gate(config) as gate:
        rungs = await gate.call("tier.list")
    columns = [shown(rung.tier) for rung in rungs]
    rows = [("", *(column["name"] for column in columns)), ("people", *(str(rung.people) for rung in rungs))]
    for key in KEYS[1:]:
        label = f"{key} *" if key in NOT_ENFORCED else key
        rows.append((label, *(column[key] for column in columns)))
    print(table(rows))
    if NOT_ENFORCED:
        print("\n* not enforced yet")


async def _set(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    changes = read_changes(arguments.changes)
    async with open_gate(config) as gate:
        report = await gate.call("tier.set", arguments.name, changes, arguments.by, arguments.reason)
    for key, value in report.after.items():
        note = " (not enforced yet)" if key in NOT_ENFORCED else ""
        print(f"{report.tier}: {key} {report.before[key]} -> {value}{note}")
    print(f"it touches {report.touched} account{'' if report.touched == 1 else 's'}")
    if report.over:
        print(f"{report.over} of them have a larger audience than that, which settles: fedicert settle status")


def read_changes(words: list[str]) -> dict[str, str]:
    """`KEY=VALUE` words as a mapping. Raises BadRequest."""
    changes: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise BadRequest(f"{word!r} isn't KEY=VALUE; write it as in followers=200")
        if key in changes:
            raise BadRequest(f"{key} is given twice")
        if key == "name":
            raise BadRequest("name: a tier is never renamed")
        changes[key] = value
    return changes
