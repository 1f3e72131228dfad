"""`post`: posting over HTTP, each answered when it is durable: 500 one after another, and from 16 clients."""

import json

from fedicert.rigs import limits
from fedicert.rigs.bench.stage import Bench, Instance, median
from fedicert.rigs.load import drive_now, post

NAME = "post"
AIMS = {1: 0.4, 16: 0.3}


def run(bench: Bench) -> None:
    """Posts a second, against a bare route that commits one row durably."""
    with bench.instance() as instance:
        token = instance.person("ada")
        instance.program.start()
        _post(instance, token, bench.size(100, 5), 1, "warm")
        for clients, count in ((1, bench.size(500, 20)), (16, bench.size(4_000, 40))):
            _clients(bench, instance, token, clients, count)


def _clients(bench: Bench, instance: Instance, token: str, clients: int, count: int) -> None:
    rates, costs, bare, ratios = [], [], [], []
    for number in range(bench.runs):
        limit = limits.bare_commit_over_http(clients, bench.seconds(1.0))
        before = instance.program.usage()
        rate = _post(instance, token, count, clients, f"{clients}-{number}")
        costs.append(1e3 * instance.program.usage().since(before) / count)
        rates.append(rate)
        bare.append(limit.per_second)
        ratios.append(rate / limit.per_second)
    label = "one after another" if clients == 1 else f"{clients} clients"
    bench.results.add(NAME, f"{label}: posts", "1/s", *rates)
    bench.results.add(NAME, f"{label}: server CPU a post", "ms", *costs)
    bench.results.add(NAME, f"{label}: limit: bare durable commits over HTTP", "1/s", *bare)
    bench.results.compare(NAME, f"{label}: posts / bare commits", median(ratios), 1.0, AIMS[clients])


def _post(instance: Instance, token: str, count: int, clients: int, mark: str) -> float:
    """Posts a second; each has its own text, and each is there afterwards."""
    program = instance.program
    bodies = (
        json.dumps({"status": f"Post {mark} {number}: what is there to say about it?"}) for number in range(count)
    )
    requests = [post(program.authority, "/api/v1/statuses", body.encode(), token) for body in bodies]
    outcome = drive_now("127.0.0.1", program.port, requests, clients, keep=60)
    outcome.all_were(200)
    if len({body.partition(b",")[0] for body in outcome.bodies}) != count:
        raise ValueError("two posts came back with one id")
    return outcome.rate
