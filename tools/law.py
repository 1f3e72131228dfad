"""The law and its tests: writes `docs/law.md` from the sentences in `docs/law.toml` and the tests that say which they show.

A test says it with `@pytest.mark.law("3.1", …)`. `python tools/law.py --run` (that is `make law`) runs those tests on
both engines and writes the page anew, with what came of each. Without `--run` nothing is run: it fails where a sentence
has neither a test nor says why it `waits`, where a test names a sentence that isn't there, where one of them failed when
the page was written, and where the page isn't what would be written now.
"""

import ast
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
SENTENCES = ROOT / "docs" / "law.toml"
PAGE = ROOT / "docs" / "law.md"

PASSED = "passed"
HEAD = """<!-- Written by `make law` from law.toml and the tests. Change those, not this page. -->
# The law

What this server holds itself to, sentence by sentence, with the tests that show it and what came of them when this page was
last written (`make law`). `make check` fails where a sentence has no test and doesn't say why it waits. What is said of
licences stands at the end.
"""

Tests = dict[str, list[tuple[str, str]]]
"""Sentence → the tests that show it: (file, name)."""


def marked() -> Tests:
    """What the tests say they show."""
    found: Tests = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for sentence in _named(node):
                    found.setdefault(sentence, []).append((path.relative_to(ROOT).as_posix(), node.name))
    return found


def _named(test: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    named: list[str] = []
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.law":
            named += [argument.value for argument in mark.args if isinstance(argument, ast.Constant)]
    return named


def run() -> dict[tuple[str, str], str]:
    """Run the marked tests; (file, name) → passed, FAILED or skipped, the worst of its variants."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        # The soak tests among them are left out: what they show, a smaller one shows too.
        command = [sys.executable, "-m", "pytest", "-n", "2", "-m", "law and not soak", f"--junitxml={report}"]
        subprocess.run(command, cwd=ROOT, check=False)
        cases = list(ElementTree.parse(report).iter("testcase"))
    results: dict[tuple[str, str], str] = {}
    for case in cases:
        file = case.attrib["classname"].replace(".", "/") + ".py"
        test = (file, case.attrib["name"].partition("[")[0])
        tags = {child.tag for child in case}
        result = "FAILED" if tags & {"failure", "error"} else "skipped" if "skipped" in tags else PASSED
        results[test] = min(results.get(test, PASSED), result)  # FAILED < passed < skipped, as letters go
    return results


def written(parts: list[dict[str, Any]], tests: Tests, results: dict[tuple[str, str], str]) -> str:
    """The page."""
    lines = [HEAD]
    for part in parts:
        lines += [f"## {part['title']}", ""]
        for sentence in part.get("sentence", []):
            lines.append(f"- **{sentence['id']}** {sentence['text']}")
            if "waits" in sentence:
                lines.append(f"  - *waits: {sentence['waits']}*")
            lines += [f"  - {_shown(test, results.get(test, 'not run'))}" for test in tests.get(sentence["id"], [])]
        if "text" in part:
            lines.append(part["text"].strip())
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _shown(test: tuple[str, str], result: str) -> str:
    file, name = test
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{file}): {result}"


def faults(parts: list[dict[str, Any]], tests: Tests) -> list[str]:
    """What doesn't agree, a sentence each."""
    sentences = [sentence for part in parts for sentence in part.get("sentence", [])]
    known = Counter(sentence["id"] for sentence in sentences)
    told = [f"{one} is the number of {count} sentences" for one, count in known.items() if count > 1]
    told += [
        f"{sentence['id']}: no test shows it, and it doesn't say why it waits"
        for sentence in sentences
        if sentence["id"] not in tests and "waits" not in sentence
    ]
    told += [
        f"{where[0][0]}::{where[0][1]} shows {one}, which is no sentence"
        for one, where in tests.items()
        if not known[one]
    ]
    return told


def main() -> int:
    """Check, or run and write; says what is wrong."""
    parts = tomllib.loads(SENTENCES.read_text(encoding="utf-8"))["part"]
    tests = marked()
    wrong = faults(parts, tests)
    if "--run" in sys.argv[1:]:
        results = run()
        PAGE.write_text(written(parts, tests, results), encoding="utf-8")
        wrong += [f"{file}::{name}: {result}" for (file, name), result in results.items() if result != PASSED]
    else:
        all_passed = {test: PASSED for where in tests.values() for test in where}
        if PAGE.read_text(encoding="utf-8") != written(parts, tests, all_passed):
            wrong.append("docs/law.md isn't what the sentences and tests say now, or a test had failed: run make law")
    for sentence in wrong:
        print(sentence)
    count = sum(len(part.get("sentence", [])) for part in parts)
    waiting = sum("waits" in sentence for part in parts for sentence in part.get("sentence", []))
    shown = len({test for where in tests.values() for test in where})
    print(f"the law: {count} sentences, {shown} tests, {waiting} waiting")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
