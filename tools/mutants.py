"""Breaks the law on purpose: puts each patch of `tests/mutants/` into a copy of the program and asks the tests to notice.

A patch begins with lines of its own before the first `---`: `Breaks:` says in words what it breaks, each `Tests:` names
what is asked (a path, with pytest's `::name` or arguments). A patch that no test notices, or that doesn't apply any more,
is a fault. `python tools/mutants.py [NAME …]`; `--apply-only` runs no test.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[1]
PATCHES = ROOT / "tests" / "mutants"
COPIED = (
    "fedicert",
    "migrations",
    "static",
    "tests",
    "tools",
    "docs",
    "pyproject.toml",
    "config.example.toml",
    "Makefile",
)
_CAUGHT = re.compile(r"^FAILED (\S+)", re.MULTILINE)


class Mutant(msgspec.Struct, frozen=True):
    """A patch: its file, what it breaks, and the tests that are asked."""

    path: Path
    breaks: str
    tests: tuple[str, ...]


def mutants(names: list[str]) -> list[Mutant]:
    """Those that are checked in; with names, these alone."""
    found = []
    for path in sorted(PATCHES.glob("*.patch")):
        if names and path.stem not in names:
            continue
        head = path.read_text(encoding="utf-8").partition("\n--- ")[0].splitlines()
        said = {
            key: [line.partition(": ")[2] for line in head if line.startswith(key)] for key in ("Breaks: ", "Tests: ")
        }
        if not all(said.values()):
            raise SystemExit(f"{path.name}: its head needs lines that begin with 'Breaks: ' and 'Tests: '")
        found.append(Mutant(path, said["Breaks: "][0], tuple(said["Tests: "])))
    return found


def applied(mutant: Mutant, copy: Path) -> bool:
    """Put it into the copy. False where it doesn't fit any more."""
    command = ["git", "apply", "--whitespace=nowarn", str(mutant.path)]
    return subprocess.run(command, cwd=copy, check=False).returncode == 0


def caught_by(mutant: Mutant, copy: Path) -> str:
    """The first test that fails, '' where none does."""
    for asked in mutant.tests:
        command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "-p", "no:randomly", *asked.split()]
        done = subprocess.run(command, cwd=copy, check=False, capture_output=True, text=True, timeout=600)
        found = _CAUGHT.search(done.stdout)
        if found:
            return found[1]
        if done.returncode != 0:
            return f"(pytest ended with {done.returncode}) {done.stdout.strip().splitlines()[-1:]}"
    return ""


def main() -> int:
    """Go through them, and say what caught each."""
    names = [word for word in sys.argv[1:] if not word.startswith("-")]
    missed = 0
    all_of_them = mutants(names)
    for mutant in all_of_them:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder)
            _copy(copy)
            if not applied(mutant, copy):
                result = "DOESN'T APPLY ANY MORE"
            elif "--apply-only" in sys.argv[1:]:
                result = ""
            else:
                caught = caught_by(mutant, copy)
                result = f"caught by {caught}" if caught.startswith("tests/") else f"NOT CAUGHT {caught}"
        missed += result.startswith(("DOESN'T", "NOT"))
        if result:
            print(f"{mutant.path.stem}: {mutant.breaks}\n    {result}", flush=True)
    print(f"mutants: {len(all_of_them)}, {missed} not caught")
    return 1 if missed or not all_of_them else 0


def _copy(copy: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=copy, check=True)
    ignore = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=ignore, symlinks=True)
        else:
            shutil.copy2(source, copy / name)


if __name__ == "__main__":
    sys.exit(main())
