"""Runs the benches asked for, one after another, and gathers what they found."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fedicert.rigs.bench import admit, fanout, follow, home, inbox, issue, ledger, posting, settle, start, verify
from fedicert.rigs.bench.stage import Bench
from fedicert.rigs.limits import sqlite_version
from fedicert.rigs.processes import ProcessError
from fedicert.rigs.table import Results, machine

BENCHES: Mapping[str, Callable[[Bench], None]] = {
    module.NAME: module.run
    for module in (fanout, home, posting, follow, inbox, admit, settle, ledger, issue, verify, start)
}


def measure(
    names: Sequence[str],
    *,
    runs: int = 3,
    quick: bool = False,
    postgres: str = "",
    keep: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Results, list[Path], list[str]]:
    """The results of these benches, all where none is named; the folders left where `keep`; what failed, and why.

    A bench that fails stops none of the others. KeyError: no such bench.
    """
    about = {**machine(), "engine": "postgres" if postgres else "sqlite", "sqlite": sqlite_version(), "runs": runs}
    bench = Bench(Results(about), runs, quick, postgres, keep, tell)
    for name in names or list(BENCHES):
        tell(f"{name}: {(BENCHES[name].__doc__ or '').strip()}")
        try:
            BENCHES[name](bench)
        except (ProcessError, ValueError) as error:
            bench.failed.append(f"{name}: {error}")
    return bench.results, bench.kept, bench.failed
