"""What every test may ask for: a database of each engine with the whole schema, a frozen clock, seeded chance.

`db` runs a test twice, on SQLite and on PostgreSQL. `database_url` gives the same without opening it, for tests that
open it more than once or from other processes; `empty_url` the same without a schema.
"""

import asyncio
import hashlib
import os
import random
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fedicert.base.clock import FrozenClock, SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.base.log import log
from fedicert.store.database import open_database
from fedicert.store.migrations import MIGRATIONS, migrate
from fedicert.store.unit import Database
from tests.postgres import PREFIX, PostgresCluster, sweep

CLUSTER_DIRECTORY = pytest.StashKey[Path]()

LONGEST = frozenset({"test_kills", "test_machine", "test_races", "test_bench", "test_demo"})

# A moment like any other: 2026-03-01 12:00:00 UTC.
NOON = 1_772_366_400_000


class SeededEntropy:
    """Chance that is the same in every run."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)

    def bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """What one test changes of the log ends with it."""
    before = vars(log).copy()
    yield
    vars(log).update(before)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOON)


@pytest.fixture
def entropy() -> SeededEntropy:
    return SeededEntropy()


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def pytest_configure(config: pytest.Config) -> None:
    """Name the folder in which this run's cluster will lie, if a test asks for it."""
    if hasattr(config, "workerinput"):
        config.stash[CLUSTER_DIRECTORY] = Path(config.workerinput["cluster_directory"])
        return
    sweep()
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    (directory / "owner").write_text(str(os.getpid()))
    config.stash[CLUSTER_DIRECTORY] = directory


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that no process is left with it while the others have nothing to do."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the cluster, in the process that owns it."""
    if not hasattr(config, "workerinput") and CLUSTER_DIRECTORY in config.stash:
        PostgresCluster(config.stash[CLUSTER_DIRECTORY]).stop()


@pytest.hookimpl(optionalhook=True)  # only where pytest-xdist is in use
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where the cluster lies."""
    node.workerinput["cluster_directory"] = str(node.config.stash[CLUSTER_DIRECTORY])


@pytest.fixture(scope="session")
def postgres_cluster(request: pytest.FixtureRequest) -> Iterator[PostgresCluster]:
    """The run's PostgreSQL, started by the first who asks (half a second)."""
    cluster = PostgresCluster.attach(request.config.stash[CLUSTER_DIRECTORY])
    yield cluster
    cluster.close()


@pytest.fixture
def postgres_url(postgres_cluster: PostgresCluster) -> Iterator[Callable[..., str]]:
    """A function that makes a database, empty or a copy of a template, and gives its URL; dropped after the test."""
    made: list[str] = []

    def make(template: str | None = None) -> str:
        made.append(postgres_cluster.create_database(template))
        return made[-1]

    yield make
    for url in made:
        postgres_cluster.drop(url)


@pytest.fixture(scope="session")
def postgres(postgres_cluster: PostgresCluster) -> PostgresCluster:
    """The run's PostgreSQL, for tests that ask it for more than a URL."""
    return postgres_cluster


def _in_thread(work: Callable[[], Any]) -> None:
    """Run something that needs an event loop of its own, from wherever a fixture stands."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def fill(url: str) -> None:
    """Migrate the database at `url`."""

    async def work() -> None:
        db = await open_database(url, clock=SystemClock(), entropy=SystemEntropy())
        await migrate(db)
        await db.close()

    _in_thread(work)


def _schema_key() -> str:
    digest = hashlib.sha256()
    for path in sorted(MIGRATIONS.rglob("*.sql")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    fill(f"sqlite:///{path}")
    return path


@pytest.fixture
def empty_url(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database without a schema."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    dsn = cluster.create_database()
    yield dsn
    cluster.drop(dsn)


@pytest.fixture
def new_database(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """A function that makes a database with the whole schema and nothing in it, and gives its URL."""
    made: list[str] = []

    def make() -> str:
        if engine == "sqlite":
            path = tmp_path / f"fedicert{len(made) or ''}.db"
            shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
            made.append(f"sqlite:///{path}")
        else:
            cluster: PostgresCluster = request.getfixturevalue("postgres")
            made.append(cluster.create_database(cluster.template(_schema_key(), fill)))
        return made[-1]

    yield make
    for url in made if engine == "postgres" else ():
        request.getfixturevalue("postgres").drop(url)


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """The URL of a database with the whole schema and nothing in it."""
    return new_database()


@pytest.fixture
async def db(database_url: str, clock: FrozenClock, entropy: SeededEntropy) -> AsyncIterator[Database]:
    """An open database of each engine, on the frozen clock."""
    database = await open_database(database_url, clock=clock, entropy=entropy, slot=0)
    yield database
    await database.close()
