"""What the documents say of the project is there: links, files, rooms, functions, commands, `make` targets."""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from fedicert.cli.main import build_parser

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fedicert"
# Where a path that is written without its beginning may start.
BEGINNINGS = (ROOT, PACKAGE, PACKAGE / "web", ROOT / "docs")
# An admin's own files, documents of the web, and names to be filled in.
NOT_OURS = {"config.toml", "did.json", "data/"}

FILE = re.compile(r"(?<![\w./{-])(?:[\w.-]+/)*[\w-]+\.(?:py|sh|sql|mjs|html|toml|tsv|md)\b")
FUNCTION = re.compile(r"(?<![\w./-])((?:\w+/)+\w+)\.(\w+)(?![\w/])")
ROOM = re.compile(r"^(?:\w+/)+$")
COMMAND = re.compile(r"^fedicert ((?:[a-z][a-z-]* ?)+)")


def documents() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return [ROOT / line for line in listed.split()] or [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


DOCUMENTS = pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))


def code(text: str) -> Iterator[str]:
    """What stands in backticks, and each line of indented and fenced blocks."""
    fenced = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    text = re.sub(r"^```[^\n]*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", text)
    for block in fenced:
        yield from (line.strip().removeprefix("$ ") for line in block.splitlines())


def headings(path: Path) -> set[str]:
    """The anchors that a page's headings have."""
    found = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in found}


@cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    plain = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    given = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return frozenset(plain | given)


@DOCUMENTS
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", path.read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), link
        assert not anchor or target.suffix != ".md" or anchor in headings(target), link


@DOCUMENTS
def test_files_rooms_and_functions_are_there(path: Path) -> None:
    for said in code(path.read_text()):
        for name in FILE.findall(said):
            if name in NOT_OURS or re.search(r"\b[A-Z]{2,}\b\.py", name):
                continue
            there = any((beginning / name).exists() for beginning in (*BEGINNINGS, path.parent))
            assert there or ("/" not in name and any(PACKAGE.rglob(name))), said
        if ROOM.match(said) and said not in NOT_OURS:
            assert any((beginning / said).is_dir() for beginning in BEGINNINGS) or any(
                PACKAGE.rglob(said.rstrip("/"))
            ), said
        for module, name in FUNCTION.findall(said):
            for beginning in BEGINNINGS:
                file = beginning / f"{module}.py"
                assert not file.exists() or name == "py" or name in names_in(file), said


@DOCUMENTS
def test_targets_of_make_are_there(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for said in code(path.read_text()):
        if found := re.match(r"(?:[A-Z]+=\S+ )*make ([a-z]+)\b", said):
            assert found[1] in targets, said


@DOCUMENTS
def test_commands_are_there(path: Path) -> None:
    for said in code(path.read_text()):
        if found := COMMAND.match(said):
            parser: argparse.ArgumentParser | None = build_parser()
            for word in found[1].split():
                inner = commands_of(parser)
                if not inner:
                    break
                assert word in inner, said
                parser = inner[word]


def commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """What may follow."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def test_every_room_is_in_the_picture_of_the_house() -> None:
    picture = (ROOT / "docs" / "architecture.md").read_text().split("```")[1]
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    doors = {path.parent.name for path in (PACKAGE / "web").glob("*/__init__.py")}
    assert {room for room in rooms | doors if not re.search(rf"\b{room}/", picture)} == set()
