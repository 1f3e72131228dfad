"""`ledger`: rows verified a second by `fedicert ledger verify`, at 100,000 and at 1,000,000 rows, and the memory it takes.

The rows are put in by SQL with hashes of the bench's own making, so that what verifies them is checked, too; a checkpoint
over all of them is made by the program.
"""

import hashlib
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

from fedicert.rigs.bench import fill
from fedicert.rigs.bench.stage import Bench, Instance, median
from fedicert.rigs.processes import ProcessError, usage

NAME = "ledger"
AIM = 20_000
"""Rows a second."""
MIB = 1 << 20
AT_ONCE = 250
LOOK_EVERY = 0.02


def run(bench: Bench) -> None:
    """Two ledgers, one after the other."""
    small, large = bench.size(100_000, 200), bench.size(1_000_000, 800)
    chain = bench.size(100, 20)
    rates: dict[int, list[float]] = {}
    peaks: dict[int, list[float]] = {}
    for rows in (small, large):
        with bench.instance() as instance:
            instance.person("ada")
            bench.tell(f"ledger: filling {rows:,} rows")
            with instance.filling() as filler:
                fill.locals_like(filler, "ada", rows // chain)
                _fill(filler, rows // chain, chain)
            instance.program.run("ledger", "checkpoint")
            measured = [_verify(instance, rows) for _ in range(bench.runs)]
            rates[rows] = [rows / seconds for seconds, _ in measured]
            peaks[rows] = [peak for _, peak in measured]
    for rows in (small, large):
        bench.results.add(NAME, f"verification of {rows:,} rows", "rows/s", *rates[rows])
        bench.results.add(NAME, f"its memory at {rows:,} rows", "MiB", *peaks[rows])
    bench.results.compare(NAME, f"rows a second / {AIM:,}", median(rates[large]), AIM, 1.0)
    bench.results.compare(
        NAME, f"memory at {large:,} / at {small:,} rows", median(peaks[large]), median(peaks[small]), 1.2, "at most"
    )


def _verify(instance: Instance, rows: int) -> tuple[float, float]:
    """Seconds and MiB at its peak; ValueError where it doesn't verify, or not all of it."""
    program = instance.program
    command = [sys.executable, "-m", "fedicert", "ledger", "verify"]
    begun, peak = time.monotonic(), 0
    with subprocess.Popen(
        command,
        cwd=program.folder,
        env=program.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as child:
        # Sampled: the largest that the system remembers of a process counts what its parent was before.
        while child.poll() is None:
            peak = max(peak, usage(child.pid).rss)
            time.sleep(LOOK_EVERY)
        seconds = time.monotonic() - begun
        assert child.stdout is not None
        said = child.stdout.read()
    if child.returncode != 0:
        raise ProcessError(f"the ledger didn't verify: {said[-2000:]}")
    found = int(said.strip().splitlines()[-1].split(" ")[0].replace(",", ""))
    if found < rows:
        raise ValueError(f"{rows} rows were put in, and {found} verified")
    return seconds, peak / MIB


def _fill(filler: fill.Filler, chains: int, length: int) -> None:
    """`length` rows on each of so many chains of local people p0, p1, …, each naming somebody."""
    with fill.without_triggers(filler, "ledger", "ledger_names", "local_accounts"):
        for number in range(chains):
            _chain(filler, number, length)
    filler.run(
        f"INSERT INTO ledger_dirty (account) SELECT id FROM local_accounts WHERE ledger_seq = {length}"
        " ON CONFLICT DO NOTHING"
    )


def _chain(filler: fill.Filler, number: int, length: int) -> None:
    account = fill.local_id(number)
    named = hashlib.sha256(f"bench{number}".encode()).hexdigest()
    prev, rows, names = "0" * 64, [], []
    for seq in range(1, length + 1):
        salt, value = f"{number:016x}{seq:016x}", f"https://peer{seq % 97}.example/users/u{number}"
        digest = hashlib.sha256((salt + value).encode()).hexdigest()
        at = str(fill.BEGINS + seq)
        moment = hashlib.sha256((salt + at).encode()).hexdigest()
        told: dict[str, Any] = {
            "chain": named,
            "seq": seq,
            "day": datetime.fromtimestamp((fill.BEGINS + seq) // 1000, UTC).date().isoformat(),
            "rule": "law 1",
            "kind": "admitted",
            "parties": json.dumps({"follower": digest, "moment": moment}, separators=(",", ":")),
            "body": json.dumps({"cap": 150, "count": seq, "tier": "open"}, separators=(",", ":")),
        }
        said = hashlib.sha256(json.dumps(told, separators=(",", ":"), sort_keys=True).encode()).hexdigest()
        told["hash"] = hashlib.sha256((prev + said).encode()).hexdigest()
        rows.append(
            f"({account}, {seq}, {at}, 'law 1', 'admitted', '{told['parties']}', '{told['body']}', '{prev}',"
            f" '{told['hash']}', 3)"
        )
        names.append(
            f"({account}, {seq}, 'follower', '{salt}', '{value}'), ({account}, {seq}, 'moment', '{salt}', '{at}')"
        )
        prev = told["hash"]
    for begin in range(0, length, AT_ONCE):
        filler.run(
            "INSERT INTO ledger (account, seq, at, rule, kind, parties, body, prev, hash, form) VALUES "
            + ", ".join(rows[begin : begin + AT_ONCE])
        )
        filler.run(
            "INSERT INTO ledger_names (account, seq, field, salt, value) VALUES "
            + ", ".join(names[begin : begin + AT_ONCE])
        )
    filler.run(
        f"UPDATE local_accounts SET ledger_seq = {length}, ledger_at = {fill.BEGINS + length}, ledger_head = '{prev}',"
        f" ledger_chain = '{named}' WHERE id = {account}"
    )
