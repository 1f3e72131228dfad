"""`fedicert tier …`: the ladder as the database holds it. A change is forecast first, then holds at once, on the ledger."""

import argparse
import sys
from typing import Any

from fedicert.base.errors import BadRequest
from fedicert.cli.settings import Commands, command, with_config
from fedicert.config import Config
from fedicert.model.ladder import Change, Window
from fedicert.model.tiers import KEYS, NOT_OFFERED, shown
from fedicert.text.ladder import moment, read_moment

SHOWN = 50

_KEYS_TOLD = (
    f"keys: {', '.join(key for key in KEYS if key != 'name')}. "
    'No limit is "none"; lists are separated by commas. Example: fedicert tier set personal followers=200 '
    '--by owner --reason "the hall is larger now" --yes'
)


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("tier", help="show the ladder, change it, lower it for a while", description=__doc__)
    inner = with_config(group).add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_showing(inner)
    _add_changing(inner)
    _add_windows(inner)


def _add_showing(inner: Commands) -> None:
    command(inner, "list", _list, "show the ladder as it holds, the lowest rung first")
    command(inner, "history", _history, "show every change of the ladder: version, when, by whom, why")
    command(inner, "windows", _windows, "show the windows to come, open and past")
    what = "say what a change of a tier would do now, and change nothing"
    forecast = command(inner, "forecast", _forecast, what, epilog=_KEYS_TOLD)
    forecast.add_argument("name", metavar="NAME", help="the tier")
    forecast.add_argument("changes", metavar="KEY=VALUE", nargs="+")


def _add_changing(inner: Commands) -> None:
    change = _deciding(
        inner,
        "set",
        lambda given: Change(act="set", name=given.name, values=read_changes(given.changes)),
        "change a tier. Nobody is dropped: who waits is let in where there is room now; an audience above a lowered "
        "limit settles: `fedicert settle --help`",
        epilog=_KEYS_TOLD,
    )
    change.add_argument("changes", metavar="KEY=VALUE", nargs="+")
    new = _deciding(
        inner,
        "add",
        lambda given: Change(act="add", name=given.name, values=read_changes(given.changes), place=given.place),
        "add a tier; what it doesn't say it has from the one below",
        epilog=_KEYS_TOLD,
    )
    new.add_argument("changes", metavar="KEY=VALUE", nargs="+")
    new.add_argument("--place", metavar="N", type=int, help="on the ladder, 1 is the lowest; left out: the highest")
    _deciding(
        inner,
        "remove",
        lambda given: Change(act="remove", name=given.name),
        "remove a tier that nobody stands on",
    )
    rename = _deciding(
        inner,
        "rename",
        lambda given: Change(act="rename", name=given.name, to=given.to),
        "give a tier that nobody stands on another name",
    )
    rename.add_argument("to", metavar="NEW", help="its new name")
    move = _deciding(
        inner,
        "move",
        lambda given: Change(act="move", name=given.name, place=given.place),
        "give a tier another place; limits never fall as one climbs",
    )
    move.add_argument("--place", metavar="N", type=int, required=True, help="on the ladder, 1 is the lowest")


def _add_windows(inner: Commands) -> None:
    window = _deciding(
        inner,
        "window",
        lambda given: Change(
            act="window",
            name=given.name,
            values=read_changes(given.changes),
            starts_at=_moment(given.starts),
            ends_at=_moment(given.ends),
        ),
        "lower a tier for a time, such as an election: announced 14 days ahead, it pauses at its start, restores at its "
        "end, and trims nobody",
    )
    window.add_argument("changes", metavar="KEY=VALUE", nargs="+")
    window.add_argument(
        "--from", dest="starts", metavar="WHEN", required=True, help="2026-12-01 or 2026-12-01T08:00, UTC"
    )
    window.add_argument("--until", dest="ends", metavar="WHEN", required=True, help="likewise")
    what = "cancel a window, before it begins or while it is open"
    cancel = command(inner, "cancel", _decide_by(lambda given: Change(act="cancel", window=given.number)), what)
    cancel.add_argument("number", metavar="NUMBER", type=int, help="as `fedicert tier windows` shows it")
    _signed(cancel)


def _deciding(inner: Commands, name: str, change: Any, what: str, epilog: str = "") -> argparse.ArgumentParser:
    parser = command(inner, name, _decide_by(change), what, epilog)
    parser.add_argument("name", metavar="NAME", help="the tier")
    _signed(parser)
    return parser


def _signed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", metavar="ACCOUNT", required=True, help="the owner or admin who decides")
    parser.add_argument("--reason", metavar="TEXT", required=True, help="why; it is announced and stands on the ledger")
    parser.add_argument("--yes", action="store_true", help="apply it without asking, once its forecast was shown")


def _decide_by(change: Any) -> Any:
    async def run(config: Config, arguments: argparse.Namespace) -> None:
        await _decide(config, arguments, change(arguments))

    return run


async def _decide(config: Config, arguments: argparse.Namespace, change: Change) -> None:
    """Show the forecast, ask, and apply what was forecast."""
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        forecast = await gate.call("tier.forecast", change)
        if not arguments.yes:
            _print_forecast(forecast, file=sys.stderr)
            if not _agreed():
                raise BadRequest("nothing was changed; add --yes to apply it")
        applied = await gate.call("tier.decide", change, arguments.by, arguments.reason, forecast.token)
    if arguments.yes:
        _print_forecast(forecast, file=sys.stdout)
    window = f", window {applied.window}" if applied.window is not None else ""
    print(f"done: version {applied.version} of the ladder{window}; it is announced")


def _agreed() -> bool:
    """Ask; whoever doesn't sit at a terminal can't say yes."""
    if not sys.stdin.isatty():
        return False
    print("Apply it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


async def _forecast(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    change = Change(act="set", name=arguments.name, values=read_changes(arguments.changes))
    async with open_gate(config) as gate:
        _print_forecast(await gate.call("tier.forecast", change), file=sys.stdout)


def _print_forecast(forecast: Any, *, file: Any) -> None:
    for sentence in forecast.sentences:
        print(sentence, file=file)


async def _list(config: Config, _: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.cli.tables import table

    async with open_gate(config) as gate:
        rungs = await gate.call("tier.list")
    columns = [shown(rung.tier) for rung in rungs]
    rows = [("", *(column["name"] for column in columns)), ("people", *(str(rung.people) for rung in rungs))]
    for key in KEYS[1:]:
        rows.append((key, *(column[key] for column in columns)))
    print(table(rows))
    for rung in rungs:
        if rung.lowered_until is not None:
            print(f"a window lowers {rung.tier.name} until {moment(rung.lowered_until)}")
    named = [way for way in NOT_OFFERED if any(way in rung.tier.enter for rung in rungs)]
    if named:
        print(f"not offered yet: {', '.join(named)}")


async def _history(config: Config, _: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.cli.tables import table

    async with open_gate(config) as gate:
        found = await gate.call("tier.history", SHOWN)
    rows = [("version", "when", "what", "by", "digest", "why")]
    rows += [(str(one.number), moment(one.at), one.act, one.by, one.digest[:12], one.why) for one in found]
    print(table(rows))


async def _windows(config: Config, _: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.cli.tables import table

    async with open_gate(config) as gate:
        found = await gate.call("tier.windows", SHOWN)
    if not found:
        print("no window was ever announced")
        return
    rows = [("number", "tier", "lowers", "from", "until", "", "why")]
    for one in found:
        lowers = " ".join(f"{key}={value}" for key, value in one.limits.items())
        times = (moment(one.starts_at), moment(one.ends_at))
        rows.append((str(one.id), one.tier_name, lowers, *times, state_of(one), one.why))
    print(table(rows))


def state_of(window: Window) -> str:
    """Where a window stands, in a word."""
    if window.cancelled_at is not None:
        return "cancelled"
    if window.ended_at is not None:
        return "over"
    return "to come" if window.begun_at is None else "open"


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
            raise BadRequest("name: to give a tier another name, fedicert tier rename NAME NEW")
        changes[key] = value
    return changes


def _moment(text: str) -> int:
    try:
        return read_moment(text)
    except ValueError as error:
        raise BadRequest(str(error)) from None
