"""`fedicert listing …`: relays, mirrors, bridges and groups that may follow people who have a cap (law 3)."""

import argparse
from datetime import UTC, datetime

from fedicert.cli.settings import Commands, command, with_config
from fedicert.config import Config


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("listing", help="relays and groups that may follow capped people", description=__doc__)
    inner = with_config(group).add_subparsers(title="commands", metavar="COMMAND", required=True)
    command(inner, "list", _list, "who is listed, by whom and why")
    for name, what in (
        ("add", "list one: where it waits, it is let in when its turn comes"),
        ("remove", "strike one off: it is told Reject, and following again it waits first"),
    ):
        change = command(inner, name, _change, what)
        change.add_argument("account", metavar="ACCOUNT", help="name@domain, as it is known here")
        change.add_argument("--by", metavar="ACCOUNT", required=True, help="the owner or admin who decides")
        change.add_argument("--reason", metavar="TEXT", required=True, help="why; it stands on the ledger")
        change.set_defaults(command=f"listing.{name}", done="listed" if name == "add" else "struck off")


async def _list(config: Config, _: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.cli.tables import table

    rows = [("account", "type", "by", "since", "why")]
    after = 0
    async with open_gate(config) as gate:
        while page := await gate.call("listing.list", after, 100):
            for one in page:
                since = datetime.fromtimestamp(one.created_at // 1000, UTC).date().isoformat()
                rows.append((one.acct, one.type, one.by, since, one.reason))
            after = page[-1].account
    print(table(rows) if len(rows) > 1 else "nobody is listed")


async def _change(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        await gate.call(arguments.command, arguments.account, arguments.by, arguments.reason)
    print(f"{arguments.done}: {arguments.account.removeprefix('@')}")
