"""Work on what strangers made, in a child process that can't hurt: bounded memory, time, files, and no way out.

A parser of pictures or of graphs can be made to eat the machine, or be broken into. It runs as a module with
`answer(request: bytes) -> bytes` under `python -m fedicert.base.limited_child`. A request that kills the child or
outlasts its deadline fails alone: the next one gets a fresh child. One request at a time; what waits is bounded.
The child is started when first needed, and ended after a while without work.
"""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

from fedicert.base.errors import ChildFailed, ChildTimeout, Unavailable

START_SECONDS = 60.0
"""For the interpreter and the module's imports, on a machine that is busy."""
IDLE_SECONDS = 300.0
"""A child without work for so long is ended; memory is scarcer than the half second of a start."""
LARGEST = 64 << 20
"""Bytes of a request or an answer."""
WAITING = 64

HEAD = 5
"""Four bytes of length, one of what it is."""
READY, ANSWERED, REFUSED, LAST = range(4)
"""What a frame of the child is. LAST: an answer after which the child ends by itself, its processor time used up."""

_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")


class LimitedChild:
    """Answers requests in a child. Close it in the end; it may be used by many tasks of one loop."""

    def __init__(self, module: str, *, memory: int, seconds: float, waiting: int = WAITING) -> None:
        """`module`: has `answer`. `memory`: bytes of address space, the interpreter's own included (~100 MiB).

        `seconds`: for one request, from when the child has it; also the processor time it may use. `waiting`: how
        many may stand in line.
        """
        self._module = module
        self._memory = memory
        self._seconds = seconds
        self._waiting = waiting
        self._line = asyncio.Lock()
        self._standing = 0
        self._process: asyncio.subprocess.Process | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._closed = False
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        return self._process.pid if self._process is not None else None

    async def ask(self, request: bytes) -> bytes:
        """The child's answer.

        Raises `ChildTimeout` past the deadline, `ChildFailed` where it refused (its sentence), died or doesn't start,
        `Unavailable` where too many wait already.
        """
        if len(request) > LARGEST:
            raise ChildFailed(f"{len(request)} bytes are too many to be looked at")
        if self._standing >= self._waiting:
            raise Unavailable()
        self._standing += 1
        try:
            async with self._line:
                return await self._ask(request)
        finally:
            self._standing -= 1

    async def close(self) -> None:
        """End the child; whoever waits gets `ChildFailed`."""
        self._closed = True
        await self._end()

    async def _ask(self, request: bytes) -> bytes:
        if self._closed:
            raise ChildFailed("It is being stopped")
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        try:
            process = self._process
            if process is None or process.returncode is not None:
                process = await self._start()
            kind, answer = await self._exchange(process, request)
        except BaseException:
            # Dead, late, or in the middle of what nobody waits for any more: what it says next would be a wrong answer.
            await self._end()
            raise
        if kind == LAST:
            await self._end()
        elif not self._closed:
            self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._rest)
        if kind == REFUSED:
            raise ChildFailed(answer.decode("utf-8", "replace"))
        return answer

    async def _exchange(self, process: asyncio.subprocess.Process, request: bytes) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(self._seconds):
                assert process.stdin is not None
                process.stdin.write(len(request).to_bytes(HEAD - 1) + bytes((ANSWERED,)) + request)
                await process.stdin.drain()
                return await self._read(process)
        except TimeoutError:
            raise ChildTimeout(f"It took longer than {self._seconds:g} s") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ChildFailed(f"The process that looked at it died{await _how(process)}") from None

    async def _read(self, process: asyncio.subprocess.Process) -> tuple[int, bytes]:
        assert process.stdout is not None
        head = await process.stdout.readexactly(HEAD)
        size = int.from_bytes(head[: HEAD - 1])
        if size > LARGEST:
            raise ChildFailed("The process that looked at it answered too much")
        return head[HEAD - 1], await process.stdout.readexactly(size)

    async def _start(self) -> asyncio.subprocess.Process:
        if self._closed:
            raise ChildFailed("It is being stopped")
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "fedicert.base.limited_child",
                self._module,
                str(self._memory),
                str(max(1, int(self._seconds))),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C at a terminal is for the server alone
                env=_environment(),
            )
            self.starts += 1
            async with asyncio.timeout(START_SECONDS):
                kind, said = await self._read(self._process)
        except TimeoutError:
            raise ChildFailed("The process that would look at it doesn't come up") from None
        except (OSError, asyncio.IncompleteReadError):
            raise ChildFailed("The process that would look at it can't be started") from None
        if kind != READY:
            raise ChildFailed(said.decode("utf-8", "replace"))
        return self._process

    def _rest(self) -> None:
        """Without work: its end of file lets it end by itself, and the next request finds it gone."""
        process, self._process, self._idle = self._process, None, None
        if process is not None and process.stdin is not None:
            process.stdin.close()

    async def _end(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        # Shielded: a child isn't left a zombie because who asked has gone.
        await asyncio.shield(process.wait())
        if process.stdin is not None:
            process.stdin.close()


async def _how(process: asyncio.subprocess.Process) -> str:
    """By which signal, as far as it can be told at once."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1):
            code = await process.wait()
            if code < 0:
                return f" ({signal.Signals(-code).name})"
    return ""


def _environment() -> dict[str, str]:
    """The child finds the program where this process found it, and nothing else is handed on."""
    root = str(Path(__file__).resolve().parents[2])
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    kept["MALLOC_ARENA_MAX"] = "2"  # each further heap would reserve address space
    return {**kept, "PYTHONPATH": os.pathsep.join([root, *(part for part in sys.path if part)])}
