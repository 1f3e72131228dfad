"""`fedicert verify`: is this licence genuine, whose is it, does it hold, and does our trust list speak for it?

Works without an instance: then there is no trust list, and a genuine licence is "valid, its issuer not on our list".
It asks the network anew each time and remembers nothing.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fedicert.base.errors import BadRequest, FedicertError, RemoteUnreachable
from fedicert.cli.settings import Commands, read_config, with_config
from fedicert.config import Config
from fedicert.model.attestations import Outcome

if TYPE_CHECKING:
    from fedicert.cli.verifying import Shown

LARGEST_FILE = 256 * 1024

GENUINE, INVALID, MISUSED, UNVERIFIABLE = 0, 1, 2, 3

CODES: dict[Outcome, int] = {
    "trusted": GENUINE,
    "unlisted": GENUINE,
    "out_of_scope": GENUINE,
    "invalid": INVALID,
    "unverifiable": UNVERIFIABLE,
}
"""Exit codes: genuine is 0 whoever issued it, the verdict says whether our list speaks for it."""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = with_config(
        commands.add_parser(
            "verify",
            help="check somebody's licence, or a credential",
            description="Check a licence: its form, digest, proofs, issuer, subject, dates and status, each told in words; "
            "then whether the trust list of the configuration speaks for it. Nothing has to be running.",
            epilog="exit codes: 0 genuine (trusted, or valid with an issuer that isn't on our list or is trusted for "
            "something else), 1 not valid (or nothing to check), 2 misused, 3 it can't be verified now. Of several "
            "licences the worst counts, in the order 1, 3, 0.",
        )
    )
    parser.add_argument(
        "target", metavar="TARGET", help="@user@host, an actor's address, a credential's address, or a file"
    )
    parser.add_argument("--subject", metavar="ACTOR", help="with a credential: the actor it has to be about")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    config = read_config(arguments)
    try:
        shown = asyncio.run(_look(config, arguments.target, arguments.subject))
    except RemoteUnreachable as error:
        print(f"fedicert: {error}", file=sys.stderr)
        return UNVERIFIABLE
    if not shown:
        raise FedicertError(f"{arguments.target} shows no licence")
    if arguments.json:
        from fedicert.base import json

        print(json.dump_text([one.as_json() for one in shown]))
    else:
        print("\n\n".join(one.as_text() for one in shown))
    codes = {CODES[one.verdict.outcome] for one in shown}
    return next(code for code in (INVALID, UNVERIFIABLE, GENUINE) if code in codes)


async def _look(config: Config, target: str, subject: str | None) -> "list[Shown]":
    from fedicert.cli.verifying import Verifier

    async with Verifier.open(config) as verifier:
        document = _file(target)
        if document is not None:
            return [await verifier.document(document, subject)]
        if "://" in target:
            return await verifier.address(target, subject)
        if subject is not None:
            raise BadRequest("--subject goes with a credential; a handle names the actor itself")
        if "@" not in target:
            raise BadRequest(
                f"there is no file {target!r}, and it is neither a handle, as @ada@social.example, nor an address"
            )
        return await verifier.handle(target)


def _file(target: str) -> dict[str, Any] | None:
    """The credential in a file (`-`: standard input), or None where the target isn't one."""
    from fedicert.base import json

    if target == "-":
        return json.parse_object(sys.stdin.buffer.read(LARGEST_FILE + 1))
    path = Path(target)
    if not path.is_file():
        return None
    if path.stat().st_size > LARGEST_FILE:
        raise BadRequest(f"{target} is larger than {LARGEST_FILE // 1024} KiB, and no licence is")
    return json.parse_object(path.read_bytes())
