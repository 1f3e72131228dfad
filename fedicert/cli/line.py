"""`fedicert line …`: an audience and who waits before it (law 3)."""

import argparse
from datetime import UTC, datetime
from typing import Any

from fedicert.cli.settings import Commands, command, with_config
from fedicert.config import Config


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("line", help="who waits before a full audience; swap", description=__doc__)
    inner = with_config(group).add_subparsers(title="commands", metavar="COMMAND", required=True)
    status = command(inner, "status", _status, "how full an audience is, how many wait, how often may be swapped")
    status.add_argument("account", metavar="ACCOUNT")
    swap = command(inner, "swap", _swap, "give a follower's slot to somebody who waits, in one step")
    swap.add_argument("account", metavar="ACCOUNT")
    swap.add_argument("out", metavar="OUT", help="the follower who goes: name, or name@domain")
    swap.add_argument("in_", metavar="IN", help="who waits and comes in")


async def _status(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        _tell(await gate.call("line.status", arguments.account))


async def _swap(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import urls_of

    async with open_gate(config) as gate:
        report = await gate.call("line.swap", urls_of(config), arguments.account, arguments.out, arguments.in_)
    print(f"{arguments.out} is out, {arguments.in_} is in")
    _tell(report)


def _tell(report: Any) -> None:
    print(f"audience: {report.count} of {'any number' if report.cap is None else report.cap}")
    print(f"waiting: {report.held} for a slot, {report.requested} for the owner's word")
    if report.limit:
        print(f"slots freed by the owner may be filled again {report.left} of {report.limit} times in 30 days", end="")
        if report.along:
            print(f"; {report.along} came along with slots of another account", end="")
        if report.left == 0 and report.frees_at is not None:
            moment = datetime.fromtimestamp(report.frees_at // 1000, UTC)
            print(f"; again from {moment:%Y-%m-%d %H:%M} UTC on", end="")
        print()
