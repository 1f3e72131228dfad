"""`fedicert appeal …`: decisions that somebody appealed against, answered and decided by who didn't take them."""

import argparse
from datetime import UTC, datetime
from typing import Any

from fedicert.cli.settings import Commands, command, with_config
from fedicert.config import Config


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("appeal", help="decisions that somebody appealed against", description=__doc__)
    inner = with_config(group).add_subparsers(title="commands", metavar="COMMAND", required=True)

    listing = command(inner, "list", _list, "appeals, newest first")
    listing.add_argument("--open", action="store_true", help="those that wait for an outcome alone")

    show = command(inner, "show", _show, "an appeal with all that was said")
    show.add_argument("appeal", metavar="NUMBER", type=int)

    answer = command(inner, "answer", _answer, "answer whoever appealed")
    decide = command(inner, "decide", _decide, "the outcome, in writing; not by who took the decision")
    decide.add_argument("outcome", choices=("granted", "dismissed"))
    for parser in (answer, decide):
        parser.add_argument("appeal", metavar="NUMBER", type=int, help="as `fedicert appeal list` shows it")
        parser.add_argument("--by", metavar="ACCOUNT", required=True, help="the owner or admin who speaks")
        parser.add_argument("--text", metavar="TEXT", required=True, help="the words")


async def _list(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.cli.tables import table
    from fedicert.text.cases import OUTCOMES, kind_in_words

    async with open_gate(config) as gate:
        found = await gate.call("appeal.list", arguments.open)
    if not found:
        print("there is no appeal" if not arguments.open else "no appeal is open")
        return
    rows = [("number", "account", "about", "opened", "state", "decided by")]
    for one in found:
        by = f"{one.decided_name} (alone)" if one.alone else one.decided_name
        about = kind_in_words(one.kind)
        rows.append((str(one.id), one.username, about, _moment(one.opened_at), OUTCOMES[one.outcome], by))
    print(table(rows))


async def _show(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        _print_case(await gate.call("appeal.show", arguments.appeal))


async def _answer(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        _print_case(await gate.call("appeal.answer", arguments.appeal, arguments.by, arguments.text))


async def _decide(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import urls_of

    granted = arguments.outcome == "granted"
    async with open_gate(config) as gate:
        done = await gate.call(
            "appeal.decide", urls_of(config), arguments.appeal, arguments.by, arguments.text, granted
        )
    _print_case(done.case)
    if done.undone:
        print("what was decided is undone")
    elif granted:
        print("the program can't undo this decision by itself: somebody has to do what the outcome says")


def _print_case(case: Any) -> None:
    from fedicert.text.cases import OUTCOMES, in_words, kind_in_words

    appeal, decision = case.appeal, case.decision
    print(f"appeal {appeal.id} of @{appeal.username}: {kind_in_words(appeal.kind)} ({OUTCOMES[appeal.outcome]})")
    if decision.at:
        told = in_words(decision.body)
        print(f"  decided {_moment(decision.at)}, {decision.rule}" + (f": {told}" if told else ""))
    for said in case.words:
        print(f"  {_moment(said.at)} @{said.username} ({said.role}): {said.text}")


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M")
