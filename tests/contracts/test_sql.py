"""Only the store speaks SQL: not a sentence of it stands elsewhere. import-linter sees drivers alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import fedicert

ROOT = Path(fedicert.__file__).parent
SPEAK_IT = ("store", "rigs")
SENTENCE = re.compile(r"\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS\s)")


def sentences(text: str) -> Iterator[str]:
    """The texts in a module that begin as SQL does."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SENTENCE.match(node.value):
            yield node.value


def test_no_sentence_of_sql_stands_outside_the_store() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {sentence[:60]}"
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).parts[0] not in SPEAK_IT
        for sentence in sentences(path.read_text())
    }
    assert not found


@pytest.mark.parametrize("text", ['"SELECT 1"', 'f"UPDATE accounts SET {x}"', '"DELETE FROM jobs" " WHERE id = $1"'])
def test_what_counts_as_one(text: str) -> None:
    assert list(sentences(text))
    assert not list(sentences('"Select a file"\n"UPDATE is a word"\n'))
