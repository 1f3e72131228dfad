"""`fanout`: one post to followers on so many distinct hosts, until the sink has checked the last signature.

Each host is an address of its own, so each delivery has its own signature and its own connection. The first post opens
the connections; what is compared with the limit are those after it, over connections kept alive.
"""

import json
import time

from fedicert.rigs import limits
from fedicert.rigs.bench import fill
from fedicert.rigs.bench.stage import SETTLE_SECONDS, Bench, Instance, median
from fedicert.rigs.load import drive_now, post
from fedicert.rigs.sink import Sink

NAME = "fanout"
PATIENCE = 120.0
POSTS = 3
WORDS = "A few words for everybody who follows, about as many as such posts have, and a link to read more of it."


def run(bench: Bench) -> None:
    """Deliveries a second and CPU a delivery, for 200 and 1,000 hosts."""
    for hosts in (bench.size(200, 4), bench.size(1_000, 8)):
        _hosts(bench, hosts)


def _hosts(bench: Bench, hosts: int) -> None:
    rates, firsts, costs, cold, ratios, signing = [], [], [], [], [], []
    with bench.sink() as sink, bench.instance() as instance:
        token = audience(instance, sink, hosts)
        instance.program.start()
        first = spread(instance, sink, token, hosts, 1)
        firsts.append(first[0])
        cold.append(first[1] * 1e3)
        for _ in range(bench.runs):
            limit = limits.rsa_signing(bench.seconds(1.0))
            rate, cost = spread(instance, sink, token, hosts, POSTS)
            rates.append(rate)
            costs.append(cost * 1e3)
            signing.append(limit.cpu_us)
            ratios.append(limit.cpu_us / (cost * 1e6))
    label = f"{hosts} hosts"
    bench.results.add(NAME, f"{label}: deliveries", "1/s", *rates)
    bench.results.add(NAME, f"{label}: CPU a delivery, server and courier", "ms", *costs)
    bench.results.add(NAME, f"{label}: the first post, which opens the connections", "1/s", *firsts)
    bench.results.add(NAME, f"{label}: CPU a delivery of the first post", "ms", *cold)
    bench.results.add(NAME, "limit: one RSA-2048 signature, CPU", "us", *signing)
    bench.results.compare(NAME, f"{label}: RSA us / delivery us", median(ratios), 1.0, 0.75)


def audience(instance: Instance, sink: Sink, hosts: int, name: str = "ada") -> str:
    """Somebody with a follower on each of so many hosts; a token of theirs. The instance is stopped."""
    token = instance.person(name)
    with instance.filling() as filler:
        fill.remote_people(filler, sink, hosts, hosts)
        fill.followers(filler, fill.account_of(filler, name), hosts)
    return token


def say(instance: Instance, token: str, count: int = 1) -> None:
    """Post so many times, one after another."""
    program = instance.program
    body = json.dumps({"status": WORDS, "visibility": "public"}).encode()
    request = post(program.authority, "/api/v1/statuses", body, token)
    drive_now("127.0.0.1", program.port, [request] * count, 1, keep=300).all_were(200)


def spread(instance: Instance, sink: Sink, token: str, hosts: int, posts: int) -> tuple[float, float]:
    """Post, one post after another has reached everybody; deliveries a second, CPU seconds a delivery."""
    program, taken = instance.program, 0.0
    before = program.usage()
    for _ in range(posts):
        sink.reset()
        begun = time.monotonic()
        say(instance, token)
        totals = sink.wait_for("checked", hosts, PATIENCE)
        if totals["checked"] != hosts or totals["faults"] or totals["repeated"] or totals["hosts"] != hosts:
            raise ValueError(f"of {hosts} deliveries this became: {totals}")
        taken += totals["last"] - begun
        time.sleep(SETTLE_SECONDS)
    return posts * hosts / taken, program.usage().since(before) / (posts * hosts)
