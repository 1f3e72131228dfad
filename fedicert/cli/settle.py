"""`fedicert settle …`: audiences larger than their caps, stage by stage: grace, throttle, trim (docs/law.md, 4)."""

import argparse
from datetime import UTC, datetime

from fedicert.cli.settings import Commands, command, with_config
from fedicert.config import Config

WAITS = {
    "": "",
    "appeal": "waits for an appeal",
    "clock": "waits: fedicert settle confirm",
    "suspended": "stands still",
}


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("settle", help="audiences above their caps: who is kept, when", description=__doc__)
    inner = with_config(group).add_subparsers(title="commands", metavar="COMMAND", required=True)

    status = command(inner, "status", _status, "what settles, in which stage and until when")
    status.add_argument("account", metavar="ACCOUNT", nargs="?", default="")

    preview = command(inner, "preview", _preview, "who would be kept; changes nothing")
    preview.add_argument("account", metavar="ACCOUNT")
    preview.add_argument("--stage", choices=("throttle", "trim"), default="throttle")

    pin = command(inner, "pin", _pin, "keep a follower before others, in the order of pinning")
    pin.add_argument("account", metavar="ACCOUNT")
    pin.add_argument("follower", metavar="FOLLOWER", help="name, or name@domain")
    pin.add_argument("--place", metavar="N", type=int, help="among the pins, from 1 (the last)")

    unpin = command(inner, "unpin", _unpin, "keep a follower before others no longer")
    unpin.add_argument("account", metavar="ACCOUNT")
    unpin.add_argument("follower", metavar="FOLLOWER")

    cause = command(inner, "for-cause", _for_cause, "a fall was for cause: its grace ends at once")
    cause.add_argument("account", metavar="ACCOUNT")
    cause.add_argument("--by", metavar="ACCOUNT", required=True, help="the owner or admin who says so")
    cause.add_argument(
        "--reason", metavar="TEXT", required=True, help="why; it stands on the ledger, and can be appealed"
    )

    confirm = command(inner, "confirm", _confirm, "after a jump of the clock: it is right, and trims may begin")
    confirm.add_argument("--by", metavar="ACCOUNT", required=True, help="the owner or admin who says so")
    confirm.add_argument("--reason", metavar="TEXT", required=True, help="how they know; it stands on the ledger")


async def _status(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.cli.tables import table

    async with open_gate(config) as gate:
        found = await gate.call("settle.status", arguments.account)
    if found.settlings:
        rows = [("account", "stage", "cause", "until", "count", "cap", "paused", "")]
        for one in found.settlings:
            cap = "none" if one.cap is None else str(one.cap)
            numbers = (_day(one.until), str(one.count), cap, str(one.paused), WAITS[one.waits])
            rows.append((one.account, one.stage, one.cause, *numbers))
        print(table(rows))
    else:
        print("nothing settles")
    print(f"reach bound: {found.reach_bound} trimmed and not confirmed gone at servers that still get copies")


async def _preview(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        seen = await gate.call("settle.preview", arguments.account, arguments.stage)
    cap = "no cap" if seen.cap is None else f"a cap of {seen.cap}"
    print(f"@{seen.account}: {seen.count} followers, {cap}; {seen.stage} would keep {seen.kept}")
    for name in seen.people:
        print(f"  {name}")
    for host in seen.hosts:
        print(f"  everybody at {host.host} ({host.people})")
    for name in seen.too_large:
        print(f"the pin of {name} takes effect at trim: that server has too many followers to keep whole")


async def _pin(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        pins = await gate.call("settle.pin", arguments.account, arguments.follower, arguments.place)
    _print_pins(pins)


async def _unpin(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        pins = await gate.call("settle.unpin", arguments.account, arguments.follower)
    _print_pins(pins)


async def _for_cause(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        await gate.call("settle.for_cause", arguments.account, arguments.by, arguments.reason)
    print(f"the grace of @{arguments.account} is over")


async def _confirm(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        waited = await gate.call("settle.confirm", arguments.by, arguments.reason)
    print(f"{waited} settling{'' if waited == 1 else 's'} may go on to trim when the time comes")


def _print_pins(pins: list[str]) -> None:
    print("pinned, in this order: " + ", ".join(pins) if pins else "nobody is pinned")


def _day(moment: int) -> str:
    return datetime.fromtimestamp(moment // 1000, UTC).strftime("%Y-%m-%d %H:%M")
