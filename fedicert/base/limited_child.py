"""The process of `base.limited`: takes limits on itself, imports one module, and answers request by request.

Started as `python -m fedicert.base.limited_child MODULE MEMORY SECONDS`. Frames come on standard input and go to what
was standard output. It never opens a connection and starts no process: Python's own ways to do so are shut before
the module is imported.
"""

import importlib
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import BinaryIO

from fedicert.base.limited import ANSWERED, HEAD, LARGEST, LAST, READY, REFUSED

FILES = 64
LIFETIME_SECONDS = 600
"""Of processor time, for the whole process; from half of it on the child ends after an answer, and a new one starts."""

_SHUT = (
    *("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "pty.spawn", "os.system", "os.exec"),
    *("os.fork", "os.forkpty", "os.posix_spawn", "os.kill", "os.remove", "os.rename", "os.mkdir", "os.rmdir"),
)


def main(arguments: list[str]) -> None:
    """The process."""
    module, memory, seconds = arguments[1], int(arguments[2]), int(arguments[3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    incoming, outgoing = _pipes()
    limit(memory)
    sys.addaudithook(_refuse)
    try:
        answer: Callable[[bytes], bytes] = importlib.import_module(module).answer
    except Exception as error:  # whatever it is, the other side has to hear it
        _write(outgoing, REFUSED, f"The module {module} can't be used: {error!r}".encode())
        return
    _write(outgoing, READY, b"")
    while True:
        head = incoming.read(HEAD)
        if len(head) < HEAD:
            return
        request = incoming.read(int.from_bytes(head[: HEAD - 1]))
        _allow(seconds)
        try:
            result = answer(request)
        except MemoryError:
            return  # what is left of this process isn't to be trusted
        except Exception as error:  # a refusal; the next request may well be answered
            _write(outgoing, REFUSED, (str(error) or type(error).__name__).encode("utf-8", "replace"))
            continue
        if len(result) > LARGEST:
            _write(outgoing, REFUSED, b"The answer is too large")
            continue
        spent = _processor_seconds() > LIFETIME_SECONDS / 2
        _write(outgoing, LAST if spent else ANSWERED, result)
        if spent:
            return


def limit(memory: int) -> None:
    """Take the limits: address space, processor time, open files, no core, no file written."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (LIFETIME_SECONDS, LIFETIME_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _allow(seconds: int) -> None:
    """So much processor time from now on, and a second for rounding; SIGXCPU ends the process past it."""
    until = min(int(_processor_seconds()) + seconds + 1, LIFETIME_SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (until, LIFETIME_SECONDS + 1))


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two ends, out of reach of what prints or reads by itself."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return incoming, outgoing


def _write(outgoing: BinaryIO, kind: int, data: bytes) -> None:
    outgoing.write(len(data).to_bytes(HEAD - 1) + bytes((kind,)) + data)
    outgoing.flush()


def _refuse(event: str, _: tuple[object, ...]) -> None:
    if event in _SHUT:
        raise PermissionError(f"{event} is shut in this process")


if __name__ == "__main__":
    main(sys.argv)
