"""Is this process alive, and is it fit to be sent requests? Two questions, kept apart (reliability.md §6).

Alive: the event loop runs. Fit: the database answers in time, the disk has room, nothing is being shut down.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from fedicert.base.errors import FedicertError
from fedicert.operations import instance
from fedicert.store.unit import Database

PROBE_SECONDS = 2.0
PROBED_FOR = 1.0
LEAST_DISK = 64 * 1024 * 1024
LOOP_SECONDS = 1.0

Check = Callable[[], Awaitable[str]]


class Health:
    """Asks what was registered. Each check answers '' or, in a few words, what is wrong."""

    def __init__(self, db: Database, data_dir: Path) -> None:
        self._db = db
        self._data_dir = data_dir
        self._checks: list[tuple[str, Check]] = []
        self._probed: tuple[float, str] | None = None
        self._ticked = 0.0
        self._ticker: asyncio.Task[None] | None = None
        self.draining = False

    def add(self, name: str, check: Check) -> None:
        """Ask this too."""
        self._checks.append((name, check))

    def start(self) -> None:
        """Begin to watch the loop."""
        self._ticked = asyncio.get_running_loop().time()
        self._ticker = asyncio.create_task(self._tick())

    def stop(self) -> None:
        """Say no from now on, and watch no more."""
        self.draining = True
        if self._ticker is not None:
            self._ticker.cancel()

    def alive(self) -> bool:
        """Did the loop answer a timer within the last second (and a half)?"""
        return self._ticker is None or asyncio.get_running_loop().time() - self._ticked <= LOOP_SECONDS * 1.5

    async def ready(self) -> dict[str, str]:
        """What is wrong, by name; empty where nothing is."""
        if self.draining:
            return {"process": "shutting down"}
        wrong = {"database": await self._database(), "disk": self._disk()}
        for name, check in self._checks:
            wrong[name] = await _asked(check)
        return {name: reason for name, reason in wrong.items() if reason}

    async def _database(self) -> str:
        """Can something be written? Tried at most once a second, however often somebody asks."""
        now = asyncio.get_running_loop().time()
        if self._probed is None or now - self._probed[0] > PROBED_FOR:
            self._probed = (now, await self._probe())
        return self._probed[1]

    async def _probe(self) -> str:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await self._db.write(instance.probe)
        except TimeoutError:
            return "no answer in time"
        except FedicertError as error:
            return f"refused ({type(error).__name__})"
        return ""

    def _disk(self) -> str:
        try:
            free = shutil.disk_usage(self._data_dir).free
        except OSError:
            return "the data folder can't be read"
        return "" if free >= LEAST_DISK else "nearly full"

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOP_SECONDS / 2)
            self._ticked = loop.time()


async def _asked(check: Check) -> str:
    try:
        return await check()
    except FedicertError as error:
        return f"refused ({type(error).__name__})"
