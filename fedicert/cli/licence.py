"""`fedicert licence …`: credentials of people here: imported, shown after their consent, looked at again, withdrawn."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fedicert.base.errors import BadRequest, Unprocessable
from fedicert.cli.settings import Commands, command, with_config
from fedicert.config import Config

SHOWS = ("name", "number", "both")
LONGEST_FILE = 256 * 1024
VERDICTS = {
    "trusted": "valid, from an issuer on this server's trust list",
    "unlisted": "valid, issuer not on our list",
    "out_of_scope": "valid, but the issuer isn't trusted here for this trade or place",
    "unverifiable": "it can't be verified now",
    "invalid": "it isn't valid",
}

FILE_INSTEAD = "Give the address at which the issuer serves the credential itself, or its JSON as a file"
ADVICE = {
    "unusable": FILE_INSTEAD,
    "forbidden": FILE_INSTEAD,
    "form": FILE_INSTEAD,
    "unreachable": "Try again later, or give the credential's JSON as a file",
    "gone": "Its issuer took it away; ask them for a new one",
    "subject": "Ask its issuer for one about this account",
}
ASK = "Ask its issuer, if looking again later doesn't help"


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("licence", help="licences of people here: import, show, withdraw", description=__doc__)
    inner = with_config(group).add_subparsers(title="commands", metavar="COMMAND", required=True)

    bring = command(inner, "import", _import, "look at a credential, say what others would see; publishes nothing")
    bring.add_argument("account", metavar="ACCOUNT")
    bring.add_argument("source", metavar="FILE|URL", help="the credential as a JSON file, or where it is served")

    consent = command(inner, "consent", _consent, "in the holder's name: show it, and let the tier follow it")
    consent.add_argument("account", metavar="ACCOUNT")
    consent.add_argument("number", metavar="N", type=int)
    consent.add_argument("--show", choices=SHOWS, default="number", help="what profiles show of it (the number)")

    withdraw = command(inner, "withdraw", _withdraw, "take it off the profile; what rested on it falls")
    withdraw.add_argument("account", metavar="ACCOUNT")
    withdraw.add_argument("number", metavar="N", type=int)

    check = command(inner, "check", _check, "look at an account's licences again now")
    check.add_argument("account", metavar="ACCOUNT")

    listing = command(inner, "list", _list, "licences with their verdicts, of one account or of everybody here")
    listing.add_argument("account", metavar="ACCOUNT", nargs="?", default="")


async def _import(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    source, text = arguments.source, ""
    if not source.startswith(("https://", "http://")):
        source, text = "", _read(Path(source))
    async with open_gate(config) as gate:
        report = await gate.call("licence.import", arguments.account, source, text)
    _print_checks(report)
    if not report.number:
        raise Unprocessable(f"not imported: {VERDICTS[report.outcome]}: {_what_was_wrong(report)}")
    print(f"imported as licence {report.number} of @{report.account}; nobody sees it yet. Others would see:")
    print(f"  {report.shown.label}")
    print(f"  issued by {report.shown.issuer}; {report.href}")
    if report.tier:
        print(f"With consent it lifts to the tier {report.tier}, where this server's ladder lets a licence do that.")
    else:
        print(_lifts_nobody(report))
    print(f"To show it: fedicert licence consent {report.account} {report.number}")


async def _consent(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import urls_of

    urls = urls_of(config)
    async with open_gate(config) as gate:
        # Nobody rises by what was true an hour ago.
        await gate.call("licence.check", arguments.account)
        report = await gate.call("licence.consent", urls, arguments.account, arguments.number, arguments.show)
        stands = await gate.call("code.status", arguments.account)
    print(f"@{report.account} shows licence {report.number}: {urls.licence_page(report.account, report.number)}")
    print(f"@{report.account} stands on the tier {stands.tier}")
    if not report.tier:
        print(_lifts_nobody(report))
    elif stands.waits_for:
        print(
            f"The tier {stands.waits_for} waits until @{report.account} agrees to the code of responsibility:"
            f" fedicert code agree {report.account} --version {stands.code.version}"
        )
    elif stands.tier != report.tier:
        print(
            f"The trust list names the tier {report.tier} for it; whether a licence leads there, and which tier stands"
            " higher: fedicert tier list"
        )


async def _withdraw(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import urls_of

    async with open_gate(config) as gate:
        report = await gate.call("licence.withdraw", urls_of(config), arguments.account, arguments.number)
        person = await gate.call("account.find", arguments.account)
    print(f"@{report.account} no longer shows licence {report.number}, and stands on the tier {person.tier}")


async def _check(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        reports = await gate.call("licence.check", arguments.account)
        person = await gate.call("account.find", arguments.account)
    for report in reports:
        if report.ended_at is None:
            if report.unanswered:
                print(
                    f"licence {report.number}: no answer to this look ({report.reason}); what was found before stands:"
                )
            else:
                print(f"licence {report.number}: {VERDICTS[report.outcome]}")
            _print_checks(report)
        else:
            print(f"licence {report.number}: ended ({report.cause})")
    print(f"@{person.username} stands on the tier {person.tier}")


async def _list(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.cli.tables import table

    async with open_gate(config) as gate:
        reports = await gate.call("licence.list", arguments.account)
    rows = [("account", "n", "what", "issuer", "verdict", "shown", "checked")]
    for report in reports:
        shown = "ended" if report.ended_at is not None else "yes" if report.consented_at is not None else "no"
        rows.append(
            (
                report.account,
                str(report.number),
                report.shown.what if report.shown else report.href,
                report.shown.issuer if report.shown else "-",
                report.cause if report.ended_at is not None else report.outcome,
                shown,
                datetime.fromtimestamp(report.checked_at // 1000, UTC).strftime("%Y-%m-%d %H:%M")
                + (" (no answer since)" if report.unanswered else ""),
            )
        )
    print(table(rows))


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            held = file.read(LONGEST_FILE + 1)
    except OSError as error:
        raise BadRequest(f"{path}: it can't be read ({error.strerror})") from None
    if len(held) > LONGEST_FILE:
        raise BadRequest(f"{path}: a credential has at most {LONGEST_FILE} bytes")
    try:
        return held.decode()
    except UnicodeDecodeError:
        raise BadRequest(f"{path}: it isn't UTF-8 text") from None


def _made(report: Any) -> list[Any]:
    """The checks that were made, or that the look got stuck at; after that one nothing was looked at."""
    from fedicert.attestations.judge import NOT_MADE

    return [check for check in report.checks if check.sentence != NOT_MADE.sentence]


def _what_was_wrong(report: Any) -> str:
    """The check that it failed, and what the holder can do."""
    checks = _made(report)
    failed = [check for check in checks if check.passed is False and check.name != "trust"]
    stuck = [check for check in checks if check.passed is None]
    sentence = next((check.sentence for check in (*failed, *stuck)), report.reason)
    return f"{sentence}. {ADVICE.get(report.reason, ASK)}"


def _lifts_nobody(report: Any) -> str:
    why = next((check.sentence for check in report.checks if check.name == "trust"), "")
    listed = "whose licences count is said by [[trust]] in the configuration, shown by: fedicert trust list"
    return f"It lifts to no tier here, because {why or VERDICTS[report.outcome]}; {listed}"


def _print_checks(report: Any) -> None:
    from fedicert.cli.verifying import mark

    for check in _made(report):
        print(f"  {mark(check)} {check.name}: {check.sentence}")
