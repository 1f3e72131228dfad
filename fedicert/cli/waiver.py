"""`fedicert waiver …`: a limit raised for one account, for a reason, by somebody else, for at most 30 days."""

import argparse
from datetime import UTC, datetime
from typing import Any

from fedicert.cli.settings import Commands, command, with_config
from fedicert.config import Config
from fedicert.model.standing import WAIVABLE


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("waiver", help="limits raised for one account for a while", description=__doc__)
    inner = with_config(group).add_subparsers(title="commands", metavar="COMMAND", required=True)

    ask = command(inner, "ask", _ask, "ask for a waiver; somebody else gives it")
    ask.add_argument("account", metavar="ACCOUNT")
    for limit in WAIVABLE:
        ask.add_argument(f"--{limit}", metavar="N", type=int, help=f"raise {limit} to so many")
    ask.add_argument("--days", metavar="N", type=int, default=30, help="for how long, at most 30")
    ask.add_argument("--reason", metavar="TEXT", required=True, help="why; it stands on the ledger")
    ask.add_argument("--by", metavar="ACCOUNT", help="who asks: the account itself, unless said, or an owner or admin")

    for name, run, what in (
        ("give", _give, "give one that is asked for: not by whom it concerns, nor by who asked"),
        ("refuse", _refuse, "refuse one that is asked for"),
        ("end", _end, "end one before its time; the audience settles"),
    ):
        one = command(inner, name, run, what)
        one.add_argument("waiver", metavar="NUMBER", type=int, help="as `fedicert waiver list` shows it")
        one.add_argument("--by", metavar="ACCOUNT", required=True, help="the owner or admin who decides")
        if name != "give":
            one.add_argument("--reason", metavar="TEXT", required=True, help="why; it stands on the ledger")

    listing = command(inner, "list", _list, "waivers, newest first")
    listing.add_argument("account", metavar="ACCOUNT", nargs="?", default="")


async def _ask(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    limits = {name: value for name in WAIVABLE if (value := getattr(arguments, name)) is not None}
    by = arguments.by or arguments.account
    async with open_gate(config) as gate:
        waiver = await gate.call("waiver.ask", arguments.account, limits, arguments.days, arguments.reason, by)
    print(f"asked for: {_said(waiver)}")
    print(f"somebody else gives it: fedicert waiver give {waiver.id} --by ACCOUNT")


async def _give(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        waiver = await gate.call("waiver.give", arguments.waiver, arguments.by)
    print(f"in force until {_moment(waiver.until)}: {_said(waiver)}")
    if waiver.alone:
        print("given alone: this server has nobody else who could, and everybody can read that at /waivers")


async def _refuse(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        waiver = await gate.call("waiver.refuse", arguments.waiver, arguments.by, arguments.reason)
    print(f"refused: {_said(waiver)}")


async def _end(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        waiver = await gate.call("waiver.end", arguments.waiver, arguments.by, arguments.reason)
    print(f"ended: {_said(waiver)}")


async def _list(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.cli.tables import table

    async with open_gate(config) as gate:
        found = await gate.call("waiver.list", arguments.account)
    if not found:
        print("there is no waiver")
        return
    rows = [("number", "account", "state", "limits", "until", "asked by", "decided by", "reason")]
    for one in found:
        until = "" if one.until is None else _moment(one.until)
        by = f"{one.decided_name} (alone)" if one.alone else one.decided_name
        rows.append((str(one.id), one.username, one.state, _limits(one), until, one.asked_name, by, one.reason))
    print(table(rows))


def _said(waiver: Any) -> str:
    return f"waiver {waiver.id} for @{waiver.username}, {_limits(waiver)}, {waiver.days} days"


def _limits(waiver: Any) -> str:
    return " ".join(f"{name}={value}" for name, value in waiver.limits.items())


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M")
