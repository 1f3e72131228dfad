"""`fedicert bench`: how fast this program is on this machine, set against what the machine could do at best.

It starts instances of its own in temporary folders and touches none of yours.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from fedicert.base.clock import SystemClock
from fedicert.base.errors import BadRequest, FedicertError
from fedicert.cli.settings import Commands

NAMES = ("fanout", "home", "post", "follow", "inbox", "admit", "settle", "ledger", "issue", "verify", "start")


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "bench",
        help="measure the program on this machine",
        description="Measure the running program from outside. Ratios compare it with what this machine could do at "
        "best, measured in the same run; they are what stays comparable between machines.",
        epilog="benches: fanout (one post to many servers), home (reading), post (posting), follow and inbox (what "
        "others send), admit (a place in an audience), settle (an audience beyond "
        "its cap), ledger (verifying it), issue and verify (a licence's proofs), start (cold start, "
        "memory). Left out: all of them.",
    )
    parser.add_argument("names", metavar="BENCH", nargs="*", help=", ".join(NAMES))
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="how often each; the median counts (3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured there, too")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: that the benches run, not how fast")
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument(
        "--server", metavar="URL", default="", help="with --engine postgres: a server on which databases may be made"
    )
    parser.add_argument("--keep", action="store_true", help="leave the instances' folders, with their logs")
    parser.set_defaults(run=_bench)


def _bench(arguments: argparse.Namespace) -> int:
    from fedicert.rigs.bench.runner import measure

    unknown = [name for name in arguments.names if name not in NAMES]
    if unknown:
        raise BadRequest(f"there is no bench {unknown[0]!r}; there are {', '.join(NAMES)}")
    if arguments.runs < 1:
        raise BadRequest("--runs: at least 1")
    if (arguments.engine == "postgres") != bool(arguments.server):
        raise BadRequest(
            "--engine postgres and --server URL go together, as in --server postgresql://user@host/postgres"
        )
    begun = datetime.fromtimestamp(SystemClock().now() // 1000, UTC)
    results, kept, failed = measure(
        arguments.names,
        runs=arguments.runs,
        quick=arguments.quick,
        postgres=arguments.server,
        keep=arguments.keep,
        tell=lambda sentence: print(sentence, file=sys.stderr, flush=True),
    )
    results.machine = {"begun": begun.isoformat(timespec="minutes"), **results.machine}
    print("  ".join(f"{key}: {value}" for key, value in results.machine.items()) + "\n")
    print(results.as_text())
    for folder in kept:
        print(f"left: {folder}")
    if arguments.json is not None:
        arguments.json.write_text(results.as_json() + "\n")
    if failed:
        raise FedicertError("; ".join(["not everything could be measured", *failed]))
    return 0
