"""The option `--config` that every command takes, and the configuration it leads to."""

import argparse
import os
from pathlib import Path
from typing import Any

from fedicert.config import Config, find, load

Commands = Any
"""What argparse gives for adding subcommands; its type isn't public."""


def with_config(parser: argparse.ArgumentParser, default: Any = argparse.SUPPRESS) -> argparse.ArgumentParser:
    """Let this parser take `--config`, before the command or after it."""
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
