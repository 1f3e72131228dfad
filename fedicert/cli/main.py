"""The command line: `fedicert COMMAND …`. Exit codes: 0 done, 1 refused or failed (one sentence says why), 2 misused.

Parsing imports nothing heavy; what a command needs is imported when it runs.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from fedicert import __version__
from fedicert.base.errors import ConfigError, FedicertError
from fedicert.cli import (
    accounts,
    announcing,
    appeal,
    authority,
    backups,
    bench,
    code,
    demo,
    domains,
    ladder,
    ledger,
    licence,
    line,
    listings,
    post,
    queue,
    relay,
    serving,
    settle,
    signups,
    tokens,
    trust,
    verify,
    waiver,
)
from fedicert.cli.settings import with_config

GROUPS = (
    serving, accounts, tokens, ladder, announcing, line, listings, domains, settle, waiver, appeal, code, post, relay,
    signups, licence, trust, verify, authority, ledger, backups, queue, demo, bench,
)  # fmt: skip
"""Each adds its commands to the parser with `add(commands)`; the order is that of the help."""

DONE, FAILED, MISUSED = 0, 1, 2

EPILOG = """\
A first start: `fedicert serve` makes everything and shows the owner's password once.
Commands may be used while the server runs; nothing has to be restarted.
`fedicert COMMAND --help` explains each. Settings: config.example.toml.
"""


def build_parser() -> argparse.ArgumentParser:
    """The whole grammar."""
    parser = argparse.ArgumentParser(
        prog="fedicert",
        description="A small fediverse server where reach is licensed the way trades are.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"fedicert {__version__}")
    with_config(parser, default=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in GROUPS:
        group.add(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    arguments, unknown = build_parser().parse_known_args(words)
    if unknown:
        # By the command's own parser, which shows what it takes; argparse would show the usage of `fedicert` itself.
        arguments.grammar.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        return int(arguments.run(arguments) or DONE)
    except ConfigError as error:
        return _say(error, MISUSED)
    except FedicertError as error:
        return _say(error, FAILED)
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        # Whoever read our output has had enough (`fedicert account list | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _say(error: FedicertError, code: int) -> int:
    print(f"fedicert: {error}", file=sys.stderr)
    return code
