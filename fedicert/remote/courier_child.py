"""The courier's own process: an engine without a database, fed over an inherited socket.

Started by `remote.courier` as `python -m fedicert.remote.courier_child FD`. It ends when the other end of the socket
does. Private keys come over the socket, never in arguments or the environment. The function that signs is named by
the server (`module:function`), since this room doesn't know the keys' room.
"""

import asyncio
import contextlib
import importlib
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any

from fedicert.base.clock import SystemClock
from fedicert.model.signing import SignBatch
from fedicert.remote.courier_depot import Depot
from fedicert.remote.courier_engine import Engine
from fedicert.remote.frames import Frames
from fedicert.remote.guard import Guard
from fedicert.remote.parcels import Hello, Outcomes, ToChild

FILES_WANTED = 8192


async def serve(end: socket.socket) -> None:
    """Work until the socket's other end is closed."""
    over = asyncio.Event()
    depot: Depot | None = None

    def received(message: Any) -> None:
        nonlocal depot
        if isinstance(message, Hello):
            depot = _depot(message, frames)
        elif depot is not None:
            depot.handle(message)

    frames = Frames(ToChild, received, over.set)
    await asyncio.get_running_loop().create_connection(lambda: frames, sock=end)
    await over.wait()
    if depot is not None:
        depot.engine.close()


def _depot(hello: Hello, frames: Frames) -> Depot:
    engine = Engine(
        Guard(hello.policy),
        _Signer(hello.signer),
        clock=SystemClock(),
        user_agent=hello.user_agent,
        limits=hello.limits,
        ca_file=hello.ca_file,
    )

    def tell(outcomes: Outcomes) -> None:
        frames.send(outcomes)

    return Depot(engine, tell)


class _Signer:
    """A `SignBatch` by name, imported when there is something to sign: an idle child stays small."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._function: SignBatch | None = None

    def __call__(self, batch: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        if self._function is None:
            module, _, function = self._name.partition(":")
            self._function = getattr(importlib.import_module(module), function)
        return self._function(batch)


def main(arguments: list[str]) -> None:
    """The process. Ctrl-C and a polite end are the server's to handle: it drains first, then closes the socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(FILES_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    end = socket.socket(fileno=int(arguments[1]))
    end.setblocking(False)
    try:
        import uvloop
    except ImportError:
        asyncio.run(serve(end))
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(end))


if __name__ == "__main__":
    main(sys.argv)
