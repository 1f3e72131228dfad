"""`fedicert demo`: instances, a board, an independent server, and what a cap and a licence do, told while it happens."""

import argparse
import os

from fedicert.base.errors import FedicertError
from fedicert.cli.settings import Commands


def add(commands: Commands) -> None:
    """Add the command. It takes no configuration: it makes instances of its own, and takes them away."""
    parser = commands.add_parser(
        "demo",
        help="show what a cap does and how a licence lifts it, with servers on this machine",
        description="Start three instances, a licensing board and an independent server on this machine, and show "
        "what a cap on an audience does, and how a licence lifts it. Everything is left up to look at; Ctrl-C ends it and "
        "takes the data away. Needs what `make demo` installs.",
    )
    parser.add_argument("--check", action="store_true", help="check every step and exit (so does CHECK=1)")
    parser.set_defaults(run=_demo)


def _demo(arguments: argparse.Namespace) -> int:
    try:
        from fedicert.rigs import demo
    except ModuleNotFoundError as error:
        if str(error.name).startswith("fedicert"):
            raise
        raise FedicertError(
            f"the demo needs the Python package of {error.name}, which the server itself doesn't: `make demo` "
            "installs all it needs, as does tools/bootstrap.sh dev"
        ) from None
    return demo.run(check=arguments.check or os.environ.get("CHECK", "") not in {"", "0"})
