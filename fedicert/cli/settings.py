"""What all commands share: how one is added, its option `--config`, and the configuration that leads to."""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fedicert.config import Config, find, load

Commands = Any
"""What argparse gives for adding subcommands; its type isn't public."""


Run = Callable[[Config, argparse.Namespace], Awaitable[None]]


def command(inner: Commands, name: str, run: Run, what: str, epilog: str = "") -> argparse.ArgumentParser:
    """Add a command that takes `--config` and runs on an event loop. `what`: what it does, in a line."""
    parser: argparse.ArgumentParser = with_config(
        inner.add_parser(name, help=what, description=what, epilog=epilog or None)
    )

    async def ran(arguments: argparse.Namespace) -> None:
        await run(read_config(arguments), arguments)

    parser.set_defaults(run=lambda arguments: asyncio.run(ran(arguments)))
    return parser


def with_config(parser: argparse.ArgumentParser, default: Any = argparse.SUPPRESS) -> argparse.ArgumentParser:
    """Let this parser take `--config`, before the command or after it; what it can't read, it says with its own usage."""
    parser.set_defaults(grammar=parser)
    parser.add_argument(
        "--config",
        metavar="PATH",
        default=default,
        help="the configuration (else FEDICERT_CONFIG, else config.toml where you are, else defaults for this machine)",
    )
    return parser


def read_config(arguments: argparse.Namespace) -> Config:
    """The configuration a command runs with. Raises ConfigError."""
    return load(find(arguments.config, os.environ, Path.cwd()), os.environ)
