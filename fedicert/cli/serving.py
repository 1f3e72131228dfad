"""`fedicert serve`, `fedicert work`, `fedicert migrate`: the program itself, a worker apart, and the schema alone."""

import argparse
import asyncio
import signal
import socket
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from fedicert.base.errors import ConfigError, FedicertError
from fedicert.cli.settings import Commands, read_config, with_config
from fedicert.config import Config, relaxed

if TYPE_CHECKING:
    from fedicert.jobs.opening import FirstOwner, House


def add(commands: Commands) -> None:
    """Add the three commands."""
    for name, run, what, more in (
        ("serve", _serve, "serve this instance", "The first start makes the data folder, the database, the keys and "
         "an owner account, whose password is shown once. Ctrl-C ends it."),
        ("work", _work, "do background work in a process of its own (PostgreSQL)", "Start as many as you like beside "
         "`fedicert serve` with workers = false. On SQLite the server does the work itself."),
        ("migrate", _migrate, "bring the database to this version's schema", "`serve` does it too; this does it and "
         "ends, and founds the instance where it is the first start."),
    ):  # fmt: skip
        parser = with_config(commands.add_parser(name, help=what, description=f"{what.capitalize()}. {more}"))
        parser.set_defaults(run=run)


def _serve(arguments: argparse.Namespace) -> int:
    config = read_config(arguments)
    listener = listen_on(config)
    _tell(f"fedicert for {config.domain}, data in {config.data_dir}")
    return _run(_serve_house(config, listener))


async def _serve_house(config: Config, listener: socket.socket) -> int:
    from fedicert import server
    from fedicert.base.clock import SystemClock
    from fedicert.base.ids import SystemEntropy
    from fedicert.base.log import log
    from fedicert.jobs.opening import make_first_owner, open_house

    log.configure(level=config.log_level)
    house = await open_house(config, SystemClock(), SystemEntropy(), _tell)
    try:
        owner = await make_first_owner(house)
        for warning in (*house.warnings, *relaxed(config)):
            _tell(f"warning: {warning}")
        await server.serve(house, listener, ready=lambda: _welcome(house, owner))
    finally:
        _is_ending()
        await house.close()
    _tell("Ended.")
    return 0


def _work(arguments: argparse.Namespace) -> int:
    config = read_config(arguments)
    if config.on_sqlite:
        raise ConfigError(
            "database: it is a SQLite file, which one process alone may write; `fedicert serve` does the background "
            "work itself there. A worker of its own needs PostgreSQL",
            key="database",
        )
    return _run(_work_house(config))


async def _work_house(config: Config) -> int:
    from fedicert import server
    from fedicert.base.clock import SystemClock
    from fedicert.base.ids import SystemEntropy
    from fedicert.base.log import log
    from fedicert.jobs.opening import open_house

    log.configure(level=config.log_level)
    house = await open_house(config, SystemClock(), SystemEntropy(), _tell)
    try:
        await server.work(house, ready=lambda: _tell(f"Working for {config.domain}. Ctrl-C ends it."))
    finally:
        _is_ending()
        await house.close()
    _tell("Ended.")
    return 0


def _migrate(arguments: argparse.Namespace) -> int:
    return _run(_migrate_house(read_config(arguments)))


async def _migrate_house(config: Config) -> int:
    from fedicert.base.clock import SystemClock
    from fedicert.base.ids import SystemEntropy
    from fedicert.jobs.opening import open_house

    house = await open_house(config, SystemClock(), SystemEntropy(), _tell)
    await house.close()
    _tell("The database is up to date.")
    return 0


def listen_on(config: Config) -> socket.socket:
    """Take the port before anything is made: a password is shown once, and not for a start that fails."""
    host = "127.0.0.1" if config.bind == "localhost" else config.bind
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, config.port))
    except OSError as error:
        listener.close()
        raise FedicertError(
            f"can't listen on {host} port {config.port} ({error.strerror}): is the server running already? "
            "Another one needs another port (port, or FEDICERT_PORT) and another data_dir"
        ) from None
    return listener


def _run(main: Coroutine[Any, Any, int]) -> int:
    """Run on the faster loop."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def _is_ending() -> None:
    """Another Ctrl-C says nothing new, and mustn't break off the closing of the house."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _tell(sentence: str) -> None:
    print(sentence, flush=True)


def _welcome(house: "House", owner: "FirstOwner | None") -> None:
    """What somebody has to know to use it, once it listens."""
    address = house.urls.base
    where = f"in any Mastodon app, choose {address} as the server"
    if address.startswith("http:"):
        where = f"in a Mastodon app on this machine that accepts http://, choose {address} as the server"
    lines = ["", f"  address    {address}"]
    if owner is not None:
        lines.append(f"  login      {owner.email}   (@{owner.name})")
        if owner.password:
            lines.append(f"  password   {owner.password}   (shown this once)")
        lines.append(f"  a client   {where} and log in with the above")
    else:
        lines.append(f"  a client   {where} and log in")
    lines += ["  Ctrl-C ends it. What follows is the log: a line per request, job and decision.", ""]
    _tell("\n".join(lines))
