"""`follow`: signed Follows from actors never heard of, until each has its Accept, properly signed, at its own server.

For each the server fetches the actor and its key, verifies, admits under the law, and sends an Accept that the sink
checks. The sink counts the fetches.
"""

import time

from fedicert.rigs import limits
from fedicert.rigs.bench.stage import Bench, Instance, median
from fedicert.rigs.sender import Sender, send
from fedicert.rigs.sink import Sink

NAME = "follow"
SENDERS = 8
PATIENCE = 60.0


def run(bench: Bench) -> None:
    """Follows a second from the first byte sent to the last Accept checked."""
    count, hosts = bench.size(1_000, 16), bench.size(100, 4)
    rates, costs, bare, fetches, ratios = [], [], [], [], []
    with bench.sink() as sink, bench.instance() as instance:
        instance.person("ada")
        instance.program.start()
        _follow(instance, sink, 0, hosts, hosts)
        for number in range(bench.runs):
            limit = limits.verify_and_insert(bench.seconds(1.0))
            before = instance.program.usage()
            rate, fetched = _follow(instance, sink, (number + 1) * count, count, hosts)
            costs.append(1e3 * instance.program.usage().since(before) / count)
            rates.append(rate)
            fetches.append(fetched)
            bare.append(limit.per_second)
            ratios.append(rate / limit.per_second)
    bench.results.add(NAME, f"{SENDERS} senders, {hosts} hosts: Follows until accepted", "1/s", *rates)
    bench.results.add(NAME, "CPU a Follow, server and courier", "ms", *costs)
    bench.results.add(NAME, "fetches a Follow", "", *fetches)
    bench.results.add(NAME, "limit: verify and insert durably, one at a time", "1/s", *bare)
    bench.results.compare(NAME, "Follows / bare verify-and-insert", median(ratios), 1.0, 0.5)
    bench.results.compare(NAME, "fetches a Follow", max(fetches), 1.0, 2.0, "at most")


def _follow(instance: Instance, sink: Sink, first: int, count: int, hosts: int) -> tuple[float, float]:
    """Follows a second, fetches for each."""
    sender = Sender(sink, hosts)
    actors = range(first, first + count)
    signed = sender.follows(instance.inbox("ada"), instance.actor("ada"), actors, mark=f"f{first}-")
    sink.reset()
    begun = time.monotonic()
    send(instance.inbox("ada"), signed, SENDERS).all_were(202)
    totals = sink.wait_for("accepts", count, PATIENCE)
    if totals["accepts"] != count or totals["faults"] or sink.accepted_follows() != {one.activity for one in signed}:
        raise ValueError(f"of {count} Follows this became: {totals}")
    return count / (totals["last"] - begun), sum(totals["fetches"].values()) / count
