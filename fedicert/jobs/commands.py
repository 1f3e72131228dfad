"""Answers the commands of this machine's admin over a socket in the data folder, so that there is one writer.

The socket's mode is 0600 in a folder of mode 0700: who may open it may open the database as well. Only operations of
`operations/commands.py` and errands of `jobs/errands.py` run. Used on SQLite; on PostgreSQL a command writes by a
connection of its own.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from fedicert.base.log import log
from fedicert.operations.commands import LENGTH_BYTES, LONGEST_CALL, Command, answer_call, socket_address
from fedicert.store.unit import Database

SECONDS = 60.0
LAST_SECONDS = 2.0
"""How long calls under way may go on once the server ends."""


@contextlib.asynccontextmanager
async def listening(db: Database, path: Path, errands: Mapping[str, Command] | None = None) -> AsyncIterator[None]:
    """Answer commands at `path` while inside. The caller holds the database, so a socket lying there is a dead one."""
    open_calls: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_converse(db, errands, reader, writer))
        open_calls.add(task)
        task.add_done_callback(open_calls.discard)

    server = await asyncio.start_unix_server(connected, sock=_bound(path))
    try:
        yield
    finally:
        server.close()
        _remove(path)
        if open_calls:
            # A write that was begun is finished and answered; who sent nothing isn't waited for.
            _, silent = await asyncio.wait(set(open_calls), timeout=LAST_SECONDS)
            for task in silent:
                task.cancel()


def _bound(path: Path) -> socket.socket:
    _remove(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.setblocking(False)
    with socket_address(path) as address:
        listener.bind(address)
    path.chmod(0o600)  # before anybody can connect: it doesn't listen yet
    return listener


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _converse(
    db: Database,
    errands: Mapping[str, Command] | None,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """One call, one answer."""
    try:
        async with asyncio.timeout(SECONDS):
            size = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
            if size > LONGEST_CALL:
                log("command_refused", "warning", size=size)
                return
            writer.write(await answer_call(db, await reader.readexactly(size), errands))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, TimeoutError) as error:
        if isinstance(error, asyncio.IncompleteReadError) and not error.partial:
            return  # somebody only looked whether a server is here
        log("command_broken_off", "warning", error=type(error).__name__)
    except Exception as error:
        # A bug in an operation: its unit was undone, the caller sees the connection end, and the server goes on.
        log.failure("command_failed", error)
    finally:
        writer.close()
