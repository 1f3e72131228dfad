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
UNFIT = "DOESN'T APPLY ANY MORE, or names tests that aren't there"
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


def applied(mutant: Mutant, copy: Path, *, only_look: bool = False) -> bool:
    """Put it into the copy. False where it doesn't fit any more, or names tests that aren't there."""
    command = ["git", "apply", "--whitespace=nowarn", *(["--check"] if only_look else []), str(mutant.path)]
    named = [word.partition("::")[0] for asked in mutant.tests for word in asked.split() if word.startswith("tests/")]
    return subprocess.run(command, cwd=copy, check=False).returncode == 0 and all((copy / n).exists() for n in named)


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


def judged(mutant: Mutant) -> str:
    """Break a copy and ask the tests; what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        _copy(copy)
        if not applied(mutant, copy):
            return UNFIT
        caught = caught_by(mutant, copy)
        return f"caught by {caught}" if caught.startswith("tests/") else f"NOT CAUGHT {caught}"


def main() -> int:
    """Go through them, and say what caught each."""
    names = [word for word in sys.argv[1:] if not word.startswith("-")]
    all_of_them = mutants(names)
    if "--apply-only" in sys.argv[1:]:
        unfit = [mutant.path.stem for mutant in all_of_them if not applied(mutant, ROOT, only_look=True)]
        print(f"mutants: {len(all_of_them)}" + "".join(f"\n{name}: {UNFIT}" for name in unfit))
        return 1 if unfit else 0
    missed = 0
    for mutant in all_of_them:
        result = judged(mutant)
        missed += not result.startswith("caught")
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
