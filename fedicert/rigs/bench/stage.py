"""What the benches share: an instance with somebody on it, filled where needed, and the books of what was found.

An instance here has one tier without limits, so that what is measured is the work and not a refusal.
"""

import asyncio
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fedicert.rigs.bench.fill import Filler, PostgresFiller, SqliteFiller
from fedicert.rigs.processes import Program
from fedicert.rigs.sink import Sink
from fedicert.rigs.table import Results

SETTLE_SECONDS = 0.3
"""After the last effect seen from outside, the server still writes down that it was: that is part of its CPU time."""

OPEN_TIER = {
    "name": "open",
    "enter": ["signup"],
    "followers": "none",
    "following": "none",
    "strangers": "none",
    "answers_per_day": "none",
    "visibility": "listed",
    "boosts": "anyone",
}
SCOPES = "read write follow"
PASSWORD = "a bench has no secrets 1"


@dataclass
class Bench:
    """How to measure, and what was found.

    `runs`: how often each bench; `quick`: tiny sizes, to try the benches themselves; `postgres`: the URL of a server
    on which databases may be made, '' for SQLite; `keep`: leave the instances' folders; `tell`: says what is being done.
    """

    results: Results
    runs: int = 3
    quick: bool = False
    postgres: str = ""
    keep: bool = False
    tell: Callable[[str], None] = lambda _: None
    kept: list[Path] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def size(self, full: int, quick: int) -> int:
        """The one or the other."""
        return quick if self.quick else full

    def seconds(self, full: float) -> float:
        """How long to look; a tenth where it is quick."""
        return full / 10 if self.quick else full

    @contextmanager
    def sink(self) -> Iterator[Sink]:
        """A sink whose keys are made once for all benches."""
        with Sink(keys=Path(tempfile.gettempdir()) / "fedicert-bench-keys.pem") as sink:
            yield sink

    @contextmanager
    def instance(self, **settings: Any) -> Iterator["Instance"]:
        """A founded instance, not running: fill it, then start it. It ends with the block."""
        database = _made(self.postgres) if self.postgres else ""
        program = Program({"tier": [OPEN_TIER], **({"database": database} if database else {}), **settings})
        try:
            program.run("migrate")
            yield Instance(program, database)
        finally:
            program.stop()
            if self.keep:
                self.kept.append(program.folder)
            else:
                program.remove()
                if database:
                    _dropped(self.postgres, database)


class Instance:
    """One instance, from the side of a bench."""

    def __init__(self, program: Program, database: str) -> None:
        self.program = program
        self._database = database

    def person(self, name: str) -> str:
        """Make somebody; a token of theirs."""
        self.program.run("account", "create", name, "--email", f"{name}@bench.example", "--password", PASSWORD)
        return self.program.run("token", "create", name, "--scopes", SCOPES).stdout.strip()

    @contextmanager
    def filling(self) -> Iterator[Filler]:
        """The database, while the instance is stopped."""
        filler: Filler
        if self._database:
            filler = PostgresFiller(self._database)
        else:
            filler = SqliteFiller(self.program.folder / "data" / "fedicert.db")
        yield filler
        filler.close()

    def actor(self, name: str) -> str:
        """The id of somebody here."""
        return f"{self.program.base}/users/{name}"

    def inbox(self, name: str) -> str:
        """Where things for somebody here are sent to."""
        return f"{self.actor(name)}/inbox"


def median(values: list[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def _made(server: str) -> str:
    """A new database beside the one of this URL; its own URL."""
    import uuid

    name = f"fedicert_bench_{uuid.uuid4().hex[:12]}"
    _on(server, f"CREATE DATABASE {name}")
    head, _, query = server.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{'?' if query else ''}{query}"


def _dropped(server: str, database: str) -> None:
    name = database.partition("?")[0].rpartition("/")[2]
    _on(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _on(server: str, sql: str) -> None:
    import asyncpg

    async def execute() -> None:
        connection = await asyncpg.connect(server, command_timeout=60)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    asyncio.run(execute())
