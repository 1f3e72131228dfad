"""The project's frame: what is locked is what is asked for, and nothing names where packages come from."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def normal(name: str) -> str:
    """A package's name as registries compare it."""  # PEP 503
    return re.sub(r"[-_.]+", "-", name).lower()


def asked(requirements: list[str]) -> set[str]:
    return {normal(re.split(r"[^\w.-]", each, maxsplit=1)[0]) for each in requirements}


def locked(name: str) -> dict[str, str]:
    """Package → version."""
    text = (ROOT / "requirements" / name).read_text()
    return {normal(package): version for package, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE)}


def test_what_is_asked_for_is_locked() -> None:
    assert asked(PROJECT["dependencies"]) <= set(locked("run.txt"))
    assert asked(PROJECT["optional-dependencies"]["dev"]) <= set(locked("dev.txt"))


def test_the_lock_for_development_holds_the_other() -> None:
    assert locked("run.txt").items() <= locked("dev.txt").items()


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_every_package_has_hashes_and_no_line_a_host(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text()
    blocks = re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(locked(name))
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.MULTILINE)


def test_a_missing_python_is_the_first_thing_said(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", ROOT / "tools" / "bootstrap.sh", "run"],
        env={"PATH": "/usr/bin:/bin", "PYTHON": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    first = (done.stdout + done.stderr).splitlines()[0]
    assert "apt-get install python3 python3-venv" in first


def test_every_target_is_in_the_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE)) - {"help"}
    assert targets == set(re.findall(r'@echo "make (\w+) ', makefile))
