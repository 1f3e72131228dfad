"""`settle`: 100,000 followers to 500, and 40,000 to 500: the work a follower, the memory at its peak, what a change of the
digest costs. The stages' ends are set to the past in the database, since nobody waits 44 days for a bench.

What is measured is the server alone: its memory is that of its process, sampled. Both are larger than the database's page
caches, which a small audience wouldn't fill. What it has to say to other servers waits: sending it is `fanout`'s, and how
much of it falls into the time between two looks would be chance.
"""

import time
from collections.abc import Callable

from fedicert.rigs.bench import fill
from fedicert.rigs.bench.stage import Bench, Instance, median
from fedicert.rigs.load import drive_now, post
from fedicert.rigs.processes import ProcessError

NAME = "settle"
MIB = 1 << 20
SECONDS = 1_800.0
LOOK_EVERY = 0.2
HOSTS = 500
TICK = 0.01
"""Seconds of CPU; what is too short for the machine's count is counted as that."""


def run(bench: Bench) -> None:
    """Two audiences, run by run, each on an instance of its own."""
    small, large, cap = bench.size(40_000, 40), bench.size(100_000, 120), bench.size(500, 10)
    removals = bench.size(200, 4)
    costs: dict[int, list[float]] = {small: [], large: []}
    peaks: dict[int, list[float]] = {small: [], large: []}
    changes: dict[int, list[float]] = {small: [], large: []}
    for _ in range(bench.runs):
        for size in (small, large):
            with bench.sink() as sink, bench.instance(courier=False) as instance:
                token = instance.person("ada")
                instance.program.run("account", "promote", "ada", "--role", "owner")
                bench.tell(f"settle: filling an audience of {size:,}")
                with instance.filling() as filler:
                    fill.remote_people(filler, sink, size, bench.size(HOSTS, 4))
                    fill.followers(filler, fill.account_of(filler, "ada"), size)
                    fill.hold_deliveries(filler)
                    people = [fill.remote_id(filler, number) for number in range(removals + 1)]
                instance.program.start()
                changes[size].append(_remove(instance, token, people))
                cost, peak = _settle(instance, size - len(people), cap)
                costs[size].append(cost)
                peaks[size].append(peak)
    for size in (small, large):
        bench.results.add(NAME, f"{size:,} to {cap:,}: server CPU a follower", "ms", *costs[size])
        bench.results.add(NAME, f"{size:,} to {cap:,}: memory at its peak", "MiB", *peaks[size])
        bench.results.add(NAME, f"at {size:,} followers: CPU a removal, digest and Reject", "ms", *changes[size])
    pairs = (
        ("memory at its peak", peaks, 1.2),
        ("CPU a follower", costs, 1.5),
        ("CPU a change of the digest", changes, 1.2),
    )
    for what, found, aim in pairs:
        apart = [many / few for few, many in zip(found[small], found[large], strict=True)]
        bench.results.compare(NAME, f"{what}, {large:,} / {small:,}", median(apart), 1.0, aim, "at most")


def _remove(instance: Instance, token: str, people: list[int]) -> float:
    """CPU ms a follower who is removed; the first, at whom the digests are built once, isn't counted."""
    program = instance.program
    requests = [
        post(program.authority, f"/api/v1/accounts/{one}/remove_from_followers", b"{}", token) for one in people
    ]
    drive_now("127.0.0.1", program.port, requests[:1], 1).all_were(200)
    before = program.usage()
    drive_now("127.0.0.1", program.port, requests[1:], 1).all_were(200)
    return 1e3 * max(program.usage().since(before), TICK) / (len(people) - 1)


def _settle(instance: Instance, size: int, cap: int) -> tuple[float, float]:
    """CPU ms a follower, MiB at the peak; from the cap's fall until the last one is out."""
    program = instance.program
    program.run("tier", "set", "open", f"followers={cap}", "--by", "ada", "--reason", "a bench", "--yes")
    _until(instance, lambda status: "grace" in status)
    spent, peak = 0.0, 0.0
    for done in (lambda status: _paused(status) >= size - cap, lambda status: "nothing settles" in status):
        program.stop()
        with instance.filling() as filler:
            filler.run("UPDATE settlings SET until = 1 WHERE ended_at IS NULL")
            filler.run("UPDATE jobs SET due = (SELECT MAX(at) FROM ledger) WHERE kind = 'settle'")
        program.start()
        cpu, reached = _until(instance, done)
        spent, peak = spent + cpu, max(peak, reached)
    return 1e3 * spent / size, peak


def _until(instance: Instance, done: Callable[[str], bool]) -> tuple[float, float]:
    """CPU seconds and MiB at the peak until `settle status` says what is waited for."""
    program, deadline, peak = instance.program, time.monotonic() + SECONDS, 0.0
    looked = 0.0
    while time.monotonic() < deadline:
        peak = max(peak, program.usage().rss / MIB)
        if time.monotonic() - looked > 10 * LOOK_EVERY:
            if done(program.run("settle", "status").stdout):
                return program.usage().cpu_seconds, peak
            looked = time.monotonic()
        time.sleep(LOOK_EVERY)
    raise ProcessError(
        f"an audience didn't settle in {SECONDS:,.0f} seconds:\n{program.run('settle', 'status').stdout}"
    )


def _paused(status: str) -> int:
    """How many are paused, in the table that the command prints."""
    lines = [
        [cell.strip() for cell in line.strip().strip("|").split("  ") if cell.strip()] for line in status.splitlines()
    ]
    head = next((line for line in lines if "paused" in line), [])
    row = next((line for line in lines if line and line[0] == "ada"), [])
    place = head.index("paused") if head else -1
    return int(row[place].replace(",", "")) if row and 0 <= place < len(row) else 0
