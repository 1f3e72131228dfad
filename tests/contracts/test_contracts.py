"""The contracts hold: each is broken on purpose in a copy of the package, and has to be the one that says so."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest

ROOT = Path(__file__).parents[2]
CONFIGURED = {
    each["name"] for each in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}

FLOORS = "Floors: a room imports only rooms below it"
GATE = "One gate out: only dispatch touches the audience, deliveries, feeds and inboxes"
FACTS = "Facts are written by operations alone"
QUEUE = "The queue belongs to the worker and to operations that queue"
LANES = "Lanes belong to the jobs that deliver and to operations that queue"
PURE = "Pure rooms do no I/O"
SQL = "Only the store speaks SQL"
HTTP = "Only the wire speaks HTTP to others"
DOORS_WRITE = "Doors never write"
DOORS_APART = "Doors are independent of each other"
TABLES_APART = "Tables and views know nothing of each other"
CIRCLES = "No circles anywhere"
PICTURES = "Only the limited child looks into pictures"


class Breach(msgspec.Struct, frozen=True):
    """`files`: what is planted, path below `fedicert/` → text; `breaks`: the contracts that have to say so."""

    name: str
    breaks: frozenset[str]
    files: dict[str, str]


def breach(name: str, *breaks: str, **files: str) -> Breach:
    """A path is written with double underscores for its slashes."""
    return Breach(name, frozenset(breaks), {f"{path.replace('__', '/')}.py": text for path, text in files.items()})


BREACHES = [
    breach("a room imports one above", FLOORS, model__planted="from fedicert import operations"),
    breach("neighbours on a floor import each other", FLOORS, keys__planted="from fedicert import media"),
    breach(
        "an import for types alone",
        FLOORS,
        base__planted="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from fedicert import model",
    ),
    breach("an import inside a function", FLOORS, base__planted="def f():\n    from fedicert import model"),
    breach("a new package without a floor", FLOORS, utils__planted=""),
    breach("an operation writes an audience", GATE, operations__planted="from fedicert.store.tables import audience"),
    breach("an operation writes a delivery", GATE, operations__planted="from fedicert.store.tables import deliveries"),
    breach("an operation writes a feed", GATE, operations__planted="import fedicert.store.tables.feeds"),
    breach("an operation reads an inbox", GATE, operations__planted="from fedicert.store.tables.inboxes import find"),
    breach("a job writes a fact", FACTS, jobs__planted="from fedicert.store.tables import planted"),
    breach("a door queues a job", QUEUE, DOORS_WRITE, web__pages__planted="from fedicert.store import queue"),
    breach("an operation takes jobs", QUEUE, operations__planted="from fedicert.store import queue"),
    breach("an operation claims a lane", LANES, operations__planted="from fedicert.store import lanes"),
    breach("a door claims a lane", LANES, DOORS_WRITE, web__admin__planted="from fedicert.store import lanes"),
    breach("the law waits", PURE, reach__planted="import asyncio"),
    breach("a renderer fetches", PURE, HTTP, mastodon__planted="import httpx"),
    breach("a proof asks a database", PURE, SQL, proofs__planted="import sqlite3"),
    breach(
        "the law waits through another room",
        PURE,
        base__planted="import socket",
        reach__planted="from fedicert.base import planted",
    ),
    breach("an operation speaks SQL", SQL, operations__planted="import asyncpg"),
    breach("a command speaks SQL", SQL, cli__planted="from sqlite3 import connect"),
    breach("a job fetches", HTTP, jobs__planted="from httpx import AsyncClient"),
    breach("a door fetches", HTTP, web__federation__planted="import httptools"),
    breach("a door looks into a picture", PICTURES, web__client_api__planted="from PIL import Image"),
    breach("the studio looks into a picture", PICTURES, media__planted="import blurhash_rs"),
    breach("a door writes", DOORS_WRITE, FACTS, web__client_api__planted="from fedicert.store.tables import planted"),
    breach("a door opens another", DOORS_APART, web__oauth__planted="from fedicert.web import pages"),
    breach(
        "a door reaches another through the plumbing",
        DOORS_APART,
        web__plumbing__planted="from fedicert.web import pages",
        web__oauth__planted="from fedicert.web.plumbing import planted",
    ),
    breach("a table knows another", TABLES_APART, store__tables__other="from fedicert.store.tables import planted"),
    breach("a view reads a table", TABLES_APART, store__views__other="from fedicert.store.tables import planted"),
    breach(
        "a view knows another",
        TABLES_APART,
        store__views__planted="",
        store__views__other="from fedicert.store.views import planted",
    ),
    breach(
        "a circle in a room",
        CIRCLES,
        text__planted="from fedicert.text import other",
        text__other="from fedicert.text import planted",
    ),
    breach(
        "a circle that closes inside a function",
        CIRCLES,
        operations__planted="from fedicert.operations import other",
        operations__other="def f():\n    from fedicert.operations import planted",
    ),
]

# What the contracts are about, where it isn't there (yet): a breach needs something to import.
THERE = ("store/tables/planted.py", "store/tables/deliveries.py", "store/queue.py", "store/lanes.py")


def plant(directory: Path, files: dict[str, str]) -> None:
    package = directory / "fedicert"
    shutil.copytree(ROOT / "fedicert", package, ignore=lambda _, names: [n for n in names if not wanted(n)])
    shutil.copy(ROOT / "pyproject.toml", directory)
    for name in THERE:
        if not (package / name).exists():
            (package / name).write_text("")
    for name, text in files.items():
        path = package / name
        if not path.parent.exists():
            path.parent.mkdir()
            (path.parent / "__init__.py").write_text("")
        path.write_text(text + "\n")


def wanted(name: str) -> bool:
    return name.endswith(".py") or ("." not in name and name not in {"__pycache__", "node_modules"})


def verdicts(directory: Path) -> tuple[frozenset[str], str]:
    """(the contracts that are broken, what lint-imports printed)."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200"},
    )
    found = dict(re.findall(r"^(.+) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE))
    assert set(found) == CONFIGURED, done.stdout + done.stderr
    broken = frozenset(name for name, word in found.items() if word == "BROKEN")
    assert done.returncode == (1 if broken else 0), done.stdout + done.stderr
    return broken, done.stdout


@pytest.fixture(scope="module")
def broken_before(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """What the tree as it is breaks: nothing, or the test that says so fails, and only that."""
    directory = tmp_path_factory.mktemp("tree")
    plant(directory, {})
    return verdicts(directory)[0]


def test_the_tree_as_it_is_breaks_none(tmp_path: Path) -> None:
    plant(tmp_path, {})
    broken, said = verdicts(tmp_path)
    assert broken == frozenset(), said


@pytest.mark.parametrize("planted", BREACHES, ids=lambda each: each.name.replace(" ", "-"))
def test_a_breach_is_caught_by_its_contract(planted: Breach, tmp_path: Path, broken_before: frozenset[str]) -> None:
    assert not planted.breaks <= broken_before, "broken already: this can't fail"
    plant(tmp_path, planted.files)
    broken, said = verdicts(tmp_path)
    # An import of a higher floor may close a circle besides.
    assert planted.breaks <= broken <= planted.breaks | broken_before | {CIRCLES}, said


@pytest.mark.parametrize(
    "files",
    [
        {"operations/dispatch.py": "from fedicert.store.tables import audience, deliveries, feeds, inboxes"},
        {"jobs/worker.py": "from fedicert.store import queue"},
        {"operations/jobs.py": "from fedicert.store import lanes, queue"},
        {"jobs/deliver.py": "from fedicert.store import lanes"},
        {"web/plumbing/planted.py": "import httptools"},
        {"rigs/planted.py": "import httpx, sqlite3"},
        {"remote/planted.py": "import asyncio, httptools, httpx"},
        {"media/child.py": "import blurhash_rs\nfrom PIL import Image"},
        {"text/planted.py": "import regex\nfrom fedicert.model import tiers"},
    ],
    ids=lambda files: next(iter(files)),
)
def test_what_is_allowed_passes(files: dict[str, str], tmp_path: Path, broken_before: frozenset[str]) -> None:
    plant(tmp_path, files)
    broken, said = verdicts(tmp_path)
    assert broken <= broken_before, said


def test_every_contract_is_broken_by_some_breach() -> None:
    assert set().union(*(each.breaks for each in BREACHES)) == CONFIGURED
