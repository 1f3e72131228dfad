"""The table of the client API is compared with the routes, and the comparison sees what is wrong."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).parents[1] / "tools" / "client_api.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("client_api", TOOL)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_is_true(
    tool: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["client_api.py"])
    assert tool.main() == 0, capsys.readouterr().out
    assert "303 endpoints" in capsys.readouterr().out


def test_what_the_comparison_sees(tool: ModuleType) -> None:
    listed = ["GET /api/a", "GET /api/b/:id", "GET /api/c", "GET /api/d", "GET /api/e", "GET /api/f"]
    said = {
        "GET /api/a": "served",
        "GET /api/b/:id": "later: soon",
        "GET /api/c": "served",
        "GET /api/d": "later",
        "GET /api/e": "served",
        "GET /api/x": "no meaning here: none",
    }
    answered = {"GET /api/b/:", "GET /api/c", "GET /api/e", "GET /api/new", "GET /page"}
    tests = {"GET /api/a": ["t"], "GET /api/c": ["t"], "GET /api/typo": ["t::x"]}
    assert tool.faults(listed, said, answered, tests) == [
        "GET /api/a: called 'served', and not routed",
        "GET /api/b/:id: called 'later: soon', and routed",
        "GET /api/d: 'later' is none of: served, later: WHY, no meaning here: WHY",
        "GET /api/e: served, and no test names it",
        "GET /api/f: nothing is said of it",
        "GET /api/new: routed, and not in the list",
        "GET /api/typo: named by t::x, and not served",
        "GET /api/x: is no endpoint of the list",
    ]
