"""`fedicert post …`: a moderator's mark on posts that aren't within their author's licence (docs/law.md, 6)."""

import argparse
import asyncio
from datetime import UTC, datetime
from typing import Any

from fedicert.cli.settings import Commands, command, read_config, with_config
from fedicert.config import Config


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("post", help="mark posts as outside their author's licence", description=__doc__)
    inner = with_config(group).add_subparsers(title="commands", metavar="COMMAND", required=True)
    _decision(inner, "mark", "its permit comes off everywhere, the lowest tier's limits hold; three in 90 days suspend")
    _decision(inner, "unmark", "undo a mark: the post is within its author's licence again")
    command(inner, "marks", _marks, "the latest marks")


def _decision(inner: Any, name: str, what: str) -> None:
    parser = with_config(inner.add_parser(name, help=what, description=what))
    parser.add_argument("post", metavar="POST", help="its id, or its address")
    parser.add_argument("--by", metavar="ACCOUNT", required=True, help="the moderator, admin or owner who decides")
    parser.add_argument("--reason", metavar="TEXT", required=True, help="why; its author is told")
    parser.set_defaults(run=lambda arguments: asyncio.run(_decide(read_config(arguments), f"post.{name}", arguments)))


async def _decide(config: Config, command: str, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import urls_of

    async with open_gate(config) as gate:
        found = await gate.call(command, urls_of(config), arguments.by, arguments.post, arguments.reason)
    done = "marked" if found.undone_at is None else "no longer marked"
    print(f"{found.post or found.status} by @{found.account} is {done}; {found.standing} within 90 days stand")
    if found.suspended:
        print(f"@{found.account} stands on the lowest tier as long as three do")


async def _marks(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.cli.tables import table

    async with open_gate(config) as gate:
        found = await gate.call("post.marks")
    if not found:
        print("no post was ever marked")
        return
    rows = [("post", "account", "by", "at", "undone", "reason")]
    for one in found:
        undone = "" if one.undone_at is None else _day(one.undone_at)
        rows.append((str(one.status), one.account, one.by, _day(one.at), undone, one.reason))
    print(table(rows))


def _day(moment: int) -> str:
    return datetime.fromtimestamp(moment // 1000, UTC).strftime("%Y-%m-%d %H:%M")
