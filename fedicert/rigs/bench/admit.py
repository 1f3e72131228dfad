"""`admit`: admissions and releases a second, in audiences of 100, of 10,000 and of 1,000,000.

The newcomers are people of the same server, each following and unfollowing over the client API with a token of their
own: what is measured is the lock, the counts, the seat and the ledger's rows, committed durably, without a signature
beside them. Each audience has a cap with room for one batch: the first batch fills it, the second waits, and whoever of
the first leaves lets one of the second in.
"""

import time

from fedicert.rigs import limits
from fedicert.rigs.bench import fill
from fedicert.rigs.bench.stage import OPEN_TIER, Bench, Instance, median
from fedicert.rigs.load import drive_now, get, post
from fedicert.rigs.sink import Sink

NAME = "admit"
TICK = 0.01
"""Seconds of CPU; what is too short for the machine's count is counted as that."""
CLIENTS = 16
REMOTE_HOSTS = 1_000
LOOK_EVERY = 0.02
ENOUGH_SECONDS = 120.0


def run(bench: Bench) -> None:
    """The three audiences, one after the other, run by run; each run leaves them as it found them."""
    sizes = [bench.size(full, quick) for full, quick in ((100, 5), (10_000, 20), (1_000_000, 50))]
    batch = bench.size(1_500, 20)
    admitted, released = _Found(sizes), _Found(sizes)
    bare, ratios = [], []
    ladder = [_capped(f"of-{size}", size + batch) for size in sizes]
    with bench.sink() as sink, bench.instance(tier=[*ladder, OPEN_TIER]) as instance:
        accounts, tokens = _filled(bench, sink, instance, sizes, 2 * batch)
        first, second = tokens[:batch], tokens[batch:]
        instance.program.start()
        for number in range(bench.runs + 1):
            limit = limits.durable_commits(bench.seconds(1.0))
            slowest = 0.0
            for size, account in accounts.items():
                begun = instance.program.usage()
                rate = _follow(instance, account, first, "following", size + batch)
                spent = max(instance.program.usage().since(begun), TICK)
                _follow(instance, account, second, "requested", size + batch)
                begun = instance.program.usage()
                back = _leave(instance, account, first, size + batch)
                spent_back = max(instance.program.usage().since(begun), TICK)
                _leave(instance, account, second, size)
                slowest = min(slowest or rate, rate)
                if number:  # the first warms the caches
                    admitted.add(size, rate, 1e3 * spent / batch)
                    released.add(size, back, 1e3 * spent_back / batch)
            if number:
                bare.append(limit.per_second)
                ratios.append(slowest / limit.per_second)
    for what, one, found in (("admissions", "an admission", admitted), ("releases", "a release", released)):
        for size in sizes:
            bench.results.add(NAME, f"{CLIENTS} clients, at {size:,} followers: {what}", "1/s", *found.rates[size])
            bench.results.add(NAME, f"at {size:,} followers: server CPU {one}", "ms", *found.costs[size])
    bench.results.add(NAME, "limit: bare durable commits, one at a time", "1/s", *bare)
    for one, found in (("an admission", admitted), ("a release", released)):
        for size in sizes[1:]:
            apart = [many / few for few, many in zip(found.costs[sizes[0]], found.costs[size], strict=True)]
            bench.results.compare(NAME, f"CPU {one} at {size:,} / at {sizes[0]:,}", median(apart), 1.0, 1.2, "at most")
    bench.results.compare(NAME, "admissions / bare commits", median(ratios), 1.0, 0.5)


class _Found:
    """Per size of the audience: how many a second, and CPU ms each, run by run."""

    def __init__(self, sizes: list[int]) -> None:
        self.rates: dict[int, list[float]] = {size: [] for size in sizes}
        self.costs: dict[int, list[float]] = {size: [] for size in sizes}

    def add(self, size: int, rate: float, cost: float) -> None:
        """One run."""
        self.rates[size].append(rate)
        self.costs[size].append(cost)


def _capped(name: str, cap: int) -> dict[str, object]:
    """A tier whose slots are for anybody, so that only the cap holds people back."""
    return {**OPEN_TIER, "name": name, "followers": cap, "kept_for_followed": 0, "strangers_per_domain_day": 0}


def _filled(
    bench: Bench, sink: Sink, instance: Instance, sizes: list[int], people: int
) -> tuple[dict[int, int], list[str]]:
    """An account on its tier for each size, with an audience of that size; and the tokens of so many people here."""
    instance.person("newcomer")
    for size in sizes:
        instance.person(f"of-{size}".replace("-", "_"))
    bench.tell(f"admit: filling an audience of {sizes[-1]:,}")
    with instance.filling() as filler:
        fill.remote_people(filler, sink, sizes[-1], REMOTE_HOSTS if sizes[-1] > REMOTE_HOSTS else 1)
        accounts = {size: fill.account_of(filler, f"of_{size}") for size in sizes}
        for size, account in accounts.items():
            fill.on_tier(filler, account, f"of-{size}")
            fill.followers(filler, account, size)
        fill.on_tier(filler, fill.account_of(filler, "newcomer"), "open")
        tokens = fill.locals_like(filler, "newcomer", people)
    return accounts, tokens


def _follow(instance: Instance, account: int, tokens: list[str], becomes: str, expected: int) -> float:
    """Follows a second, each `following` or `requested` at once; afterwards so many follow the account."""
    return _drive(instance, account, tokens, "follow", f'"{becomes}":true'.encode(), expected)


def _leave(instance: Instance, account: int, tokens: list[str], expected: int) -> float:
    """Unfollows a second; afterwards so many follow the account."""
    return _drive(instance, account, tokens, "unfollow", b'"following":false', expected)


def _drive(instance: Instance, account: int, tokens: list[str], act: str, said: bytes, expected: int) -> float:
    """How many a second, until so many follow: who waits is let in by a job, after whoever left was answered."""
    program = instance.program
    path = f"/api/v1/accounts/{account}"
    requests = [post(program.authority, f"{path}/{act}", b"{}", token) for token in tokens]
    begun = time.monotonic()
    outcome = drive_now("127.0.0.1", program.port, requests, CLIENTS, keep=400)
    outcome.all_were(200)
    if any(said not in body.replace(b" ", b"") for body in outcome.bodies):
        raise ValueError(f"{act}: {said!r} was expected: {outcome.bodies[0].decode(errors='replace')}")
    look = [get(program.authority, path, tokens[0])]
    while True:
        seen = drive_now("127.0.0.1", program.port, look, 1, keep=1 << 16).bodies[0].replace(b" ", b"")
        spent = time.monotonic() - begun
        if f'"followers_count":{expected},'.encode() in seen:
            return len(tokens) / spent
        if spent > ENOUGH_SECONDS:
            raise ValueError(f"{expected} followers were expected: {seen.decode(errors='replace')}")
        time.sleep(LOOK_EVERY)
