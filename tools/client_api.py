"""What of the client API is served: the list of endpoints, what is said of each, the routes and the tests, compared.

`tests/data/client-api.tsv` lists the endpoints there are; `tests/data/client-api-status.tsv` says of each `served`,
`later: WHY` or `no meaning here: WHY`. Fails where an endpoint is routed and not called served, or the reverse, where
one that is served is named by no test (`@pytest.mark.serves("METHOD /path")`), and where a test names one that isn't.
`--list` prints the tests beside the endpoints.
"""

import ast
import csv
import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENDPOINTS = ROOT / "tests" / "data" / "client-api.tsv"
STATUS = ROOT / "tests" / "data" / "client-api-status.tsv"

SERVED = "served"
STATES = re.compile(r"served|(later|no meaning here): \S.*")
_NAMED = re.compile(r"\{[^}]*\}|:[a-z_]+")

sys.path.insert(0, str(ROOT))


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table with a heading."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def shape(endpoint: str) -> str:
    """The endpoint, whatever its free segments are called."""
    return _NAMED.sub(":", endpoint)


def routed() -> set[str]:
    """The shape of everything the server answers to."""
    from fedicert.web.doors import routes

    found = set()
    for route in routes():
        for method in route.methods:
            found.add(shape(f"{method} {route.path}"))
    return found


def tested() -> dict[str, list[str]]:
    """Endpoint → the tests that say they call it."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for endpoint in _marked(node):
                    found.setdefault(endpoint, []).append(f"{path.relative_to(ROOT)}::{node.name}")
    return found


def _marked(test: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    named: list[str] = []
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.serves":
            named += [argument.value for argument in mark.args if isinstance(argument, ast.Constant)]
    return named


def faults(endpoints: list[str], said: dict[str, str], answered: set[str], tests: dict[str, list[str]]) -> list[str]:
    """What doesn't agree, a sentence each."""
    told = [f"{endpoint}: nothing is said of it" for endpoint in endpoints if endpoint not in said]
    told += [f"{endpoint}: is no endpoint of the list" for endpoint in said if endpoint not in endpoints]
    for endpoint, status in said.items():
        if not STATES.fullmatch(status):
            told.append(f"{endpoint}: {status!r} is none of: served, later: WHY, no meaning here: WHY")
        elif (status == SERVED) != (shape(endpoint) in answered):
            told.append(f"{endpoint}: called {status!r}, and {'not ' if status == SERVED else ''}routed")
        elif status == SERVED and endpoint not in tests:
            told.append(f"{endpoint}: served, and no test names it")
    known = {shape(endpoint) for endpoint in endpoints}
    told += [f"{one}: routed, and not in the list" for one in answered if _is_listed_api(one) and one not in known]
    told += [f"{one}: named by {where[0]}, and not served" for one, where in tests.items() if said.get(one) != SERVED]
    return sorted(told)


def _is_listed_api(endpoint: str) -> bool:
    """Our own additions stand in no list of others."""
    return " /api/" in endpoint and " /api/fedicert/" not in endpoint


def main() -> int:
    """Compare, print the counts, and say what is wrong."""
    endpoints = [f"{row['method']} {row['path']}" for row in rows(ENDPOINTS)]
    said = {f"{row['method']} {row['path']}": row["status"] for row in rows(STATUS)}
    tests = tested()
    if "--list" in sys.argv[1:]:
        for endpoint, status in said.items():
            print(f"{endpoint}\t{status}\t{' '.join(tests.get(endpoint, []))}".rstrip())
    wrong = faults(endpoints, said, routed(), tests)
    for sentence in wrong:
        print(sentence)
    counts = Counter(status.partition(":")[0] for status in said.values())
    numbers = ", ".join(f"{counts[name]} {name}" for name in (SERVED, "later", "no meaning here"))
    print(f"client API: {len(endpoints)} endpoints: {numbers}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
