"""`admit`: admissions a second, to an audience of 100 and to one of 1,000,000.

The newcomers are people of the same server, each following over the client API with a token of their own: what is
measured is the lock, the counts, the seat and the ledger's row, committed durably, without a signature beside them.
"""

from fedicert.rigs import limits
from fedicert.rigs.bench import fill
from fedicert.rigs.bench.stage import Bench, Instance, median
from fedicert.rigs.load import drive_now, get, post

NAME = "admit"
TICK = 0.01
"""Seconds of CPU; what is too short for the machine's count is counted as that."""
CLIENTS = 16


def run(bench: Bench) -> None:
    """The two audiences, one after the other, run by run."""
    small, large = bench.size(100, 5), bench.size(1_000_000, 50)
    count = bench.size(1_500, 20)
    rates: dict[int, list[float]] = {small: [], large: []}
    costs: dict[int, list[float]] = {small: [], large: []}
    bare, ratios = [], []
    with bench.sink() as sink, bench.instance() as instance:
        for name in ("few", "many"):
            instance.person(name)
        people = bench.runs + 1
        bench.tell(f"admit: filling an audience of {large:,}")
        with instance.filling() as filler:
            fill.remote_people(filler, sink, large, 1_000 if large > 1_000 else 1)
            fill.followers(filler, fill.account_of(filler, "few"), small)
            fill.followers(filler, fill.account_of(filler, "many"), large)
            tokens = fill.locals_like(filler, "few", count * people)
            ids = {small: fill.account_of(filler, "few"), large: fill.account_of(filler, "many")}
        instance.program.start()
        for size, account in ids.items():
            _admit(instance, account, tokens[:count], size + count)
        for number in range(bench.runs):
            limit = limits.durable_commits(bench.seconds(1.0))
            newcomers = tokens[(number + 1) * count : (number + 2) * count]
            for size, account in ids.items():
                before = instance.program.usage()
                rates[size].append(_admit(instance, account, newcomers, size + (number + 2) * count))
                spent = max(instance.program.usage().since(before), TICK)
                costs[size].append(1e3 * spent / count)
            bare.append(limit.per_second)
            ratios.append(min(rates[small][-1], rates[large][-1]) / limit.per_second)
    for size in (small, large):
        bench.results.add(NAME, f"{CLIENTS} clients, at {size:,} followers: admissions", "1/s", *rates[size])
        bench.results.add(NAME, f"at {size:,} followers: server CPU an admission", "ms", *costs[size])
    bench.results.add(NAME, "limit: bare durable commits, one at a time", "1/s", *bare)
    apart = [many / few for few, many in zip(costs[small], costs[large], strict=True)]
    bench.results.compare(NAME, f"CPU at {large:,} / at {small:,}", median(apart), 1.0, 1.2, "at most")
    bench.results.compare(NAME, "admissions / bare commits", median(ratios), 1.0, 0.5)


def _admit(instance: Instance, account: int, tokens: list[str], expected: int) -> float:
    """Admissions a second; afterwards the audience is as large as expected."""
    program = instance.program
    path = f"/api/v1/accounts/{account}"
    requests = [post(program.authority, f"{path}/follow", b"{}", token) for token in tokens]
    outcome = drive_now("127.0.0.1", program.port, requests, CLIENTS, keep=400)
    outcome.all_were(200)
    if any(b'"following":true' not in body.replace(b" ", b"") for body in outcome.bodies):
        raise ValueError(f"somebody wasn't admitted: {outcome.bodies[0].decode(errors='replace')}")
    seen = drive_now("127.0.0.1", program.port, [get(program.authority, path, tokens[0])], 1, keep=1 << 16)
    if f'"followers_count":{expected}'.encode() not in seen.bodies[0].replace(b" ", b""):
        raise ValueError(f"{expected} followers were expected: {seen.bodies[0].decode(errors='replace')}")
    return outcome.rate
