"""Fixtures of every test: both engines, with PostgreSQL brought along (`tests/postgres.py`).

One cluster serves the whole run. The process that pytest was started in owns it; under xdist the workers share it,
and whichever needs it first starts it, so a run that touches no database starts none.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import PREFIX, PostgresCluster, sweep

ENGINES = ("sqlite", "postgres")
CLUSTER_DIRECTORY = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Name the folder in which this run's cluster will lie, if a test asks for it."""
    if hasattr(config, "workerinput"):
        config.stash[CLUSTER_DIRECTORY] = Path(config.workerinput["cluster_directory"])
        return
    sweep()
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    (directory / "owner").write_text(str(os.getpid()))
    config.stash[CLUSTER_DIRECTORY] = directory


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the cluster, in the process that owns it."""
    if not hasattr(config, "workerinput") and CLUSTER_DIRECTORY in config.stash:
        PostgresCluster(config.stash[CLUSTER_DIRECTORY]).stop()


@pytest.hookimpl(optionalhook=True)  # only where pytest-xdist is in use
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where the cluster lies."""
    node.workerinput["cluster_directory"] = str(node.config.stash[CLUSTER_DIRECTORY])


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn: what takes it runs on both."""
    return str(request.param)


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


@pytest.fixture
def database_url(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """An empty database of its own on each engine, as the configuration would name it."""
    if engine == "sqlite":
        return f"sqlite:///{tmp_path / 'fedicert.db'}"
    make: Callable[..., str] = request.getfixturevalue("postgres_url")
    return make()
