"""How a command reaches the database: through the running server where one holds it, else by opening it itself.

On SQLite there is one writer, so a command hands its operation over the socket in the data folder. On PostgreSQL it
opens a connection of its own, and other processes learn of the change by NOTIFY.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

from fedicert.base.clock import SystemClock
from fedicert.base.errors import FedicertError, StoreUnavailable
from fedicert.base.ids import SystemEntropy
from fedicert.config import Config
from fedicert.jobs.errands import ERRANDS
from fedicert.jobs.journeys import JOURNEYS, Journeys
from fedicert.jobs.opening import House, open_house, socket_path
from fedicert.operations.commands import (
    COMMANDS,
    LENGTH_BYTES,
    LONGEST_ANSWER,
    Command,
    read_answer,
    run_here,
    socket_address,
    write_call,
)

ANSWER_SECONDS = 60.0
STARTING_SECONDS = 10.0
AGAIN_SECONDS = 0.2


class Gate(Protocol):
    """Runs one operation of `operations/commands.py` by its name."""

    async def call(self, name: str, *values: Any) -> Any:
        """The operation's result. Raises what the operation raises."""
        ...


class SocketGate:
    """A running server does it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def call(self, name: str, *values: Any) -> Any:
        """One connection, one call, one answer. FedicertError where the server ends meanwhile."""
        frame = write_call(name, values)
        reader, writer = await connect(self._path)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                writer.write(frame)
                await writer.drain()
                size = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
                if size > LONGEST_ANSWER:
                    raise FedicertError("the running server answered more than a command can read")
                return read_answer(_command(name), await reader.readexactly(size))
        except (asyncio.IncompleteReadError, ConnectionError):
            raise FedicertError("the running server broke off; its log says why, and whether it was done") from None
        except TimeoutError:
            raise FedicertError("the running server didn't answer in time; it may still do it") from None
        finally:
            writer.close()


class OwnGate:
    """This process does it, on a database that it opened itself."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def call(self, name: str, *values: Any) -> Any:
        """The operation's result."""
        if name in COMMANDS:
            return await run_here(self._house.db, name, values)
        # What asks the network needs nearly all of a server, which other commands don't.
        from fedicert.server import certifying_alone, meeting_alone

        if name in JOURNEYS:
            async with meeting_alone(self._house) as peers:
                return await JOURNEYS[name].run(Journeys(peers, self._house.blobs), *values)
        async with certifying_alone(self._house) as certifying:
            return await ERRANDS[name].run(certifying, *values)


def _command(name: str) -> Command:
    return COMMANDS.get(name) or ERRANDS.get(name) or JOURNEYS[name]


@contextlib.asynccontextmanager
async def open_gate(config: Config, *, instance_too: bool = True) -> AsyncIterator[Gate]:
    """The way to the database. Raises StoreUnavailable where another process holds it and takes no commands.

    `instance_too`: as in `open_house`.
    """
    if not config.on_sqlite:
        async with _own(config, instance_too) as gate:
            yield gate
        return
    path = socket_path(config)
    loop = asyncio.get_running_loop()
    until = loop.time() + STARTING_SECONDS
    while True:
        if await answers(path):
            yield SocketGate(path)
            return
        try:
            house = await open_house(config, SystemClock(), SystemEntropy(), _tell, instance_too=instance_too)
        except StoreUnavailable:
            # A server that is starting or ending holds the file and doesn't listen yet, or no longer.
            if loop.time() > until or not config.data_dir.is_dir():
                raise
            await asyncio.sleep(AGAIN_SECONDS)
            continue
        try:
            yield OwnGate(house)
        finally:
            await house.close()
        return


async def connect(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a running server. Raises OSError where none listens."""
    with socket_address(path) as address:
        return await asyncio.open_unix_connection(address)


async def answers(path: Path) -> bool:
    """Does a server listen there?"""
    try:
        _, writer = await connect(path)
    except OSError:
        return False
    writer.close()
    return True


def _tell(sentence: str) -> None:
    """What had to be made first is said, beside a command's own output: it may be the wrong folder."""
    print(sentence, file=sys.stderr)


@contextlib.asynccontextmanager
async def _own(config: Config, instance_too: bool) -> AsyncIterator[Gate]:
    house = await open_house(config, SystemClock(), SystemEntropy(), _tell, instance_too=instance_too)
    try:
        yield OwnGate(house)
    finally:
        await house.close()
