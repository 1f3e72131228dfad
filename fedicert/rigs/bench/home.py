"""`home`: the home timeline, 20 posts a page, of readers whose server holds 200,000 statuses; alone, and while a
fan-out runs. Every page is whole: the sizes are looked at before the clock starts.
"""

import itertools
import json
import time
from collections.abc import Iterator

from fedicert.rigs import limits
from fedicert.rigs.bench import fill
from fedicert.rigs.bench.fanout import audience, say
from fedicert.rigs.bench.stage import Bench, Instance, median
from fedicert.rigs.load import Outcome, drive_now, get
from fedicert.rigs.sink import Sink

NAME = "home"
PAGE = 20
LOOK_SECONDS = 2.0
AIMS = {1: 5.0, 16: 4.5}


def run(bench: Bench) -> None:
    """CPU a page at 1 and 16 clients, and what a fan-out and the readers leave each other."""
    readers, hosts = bench.size(16, 2), bench.size(1_000, 8)
    with bench.sink() as sink, bench.instance() as instance:
        token = audience(instance, sink, hosts)
        tokens = _filled(bench, instance, readers)
        instance.program.start()
        size = _page_size(instance, tokens)
        for clients in (1, 16):
            _alone(bench, instance, tokens, clients, size)
        _beside(bench, instance, sink, token, tokens, hosts)


def _filled(bench: Bench, instance: Instance, readers: int) -> list[str]:
    count = bench.size(200_000, 400)
    length = min(800, count // readers)
    with instance.filling() as filler:
        fill.statuses(filler, count, bench.size(1_000, 8))
        tokens = fill.locals_like(filler, "ada", readers)
        for number in range(readers):
            fill.feed(filler, fill.account_of(filler, f"p{number}"), length, count - 1 - number, readers)
    return tokens


def _requests(instance: Instance, tokens: list[str]) -> Iterator[bytes]:
    path = f"/api/v1/timelines/home?limit={PAGE}"
    return itertools.cycle([get(instance.program.authority, path, token) for token in tokens])


def _read(instance: Instance, tokens: list[str], clients: int, seconds: float) -> Outcome:
    outcome = drive_now("127.0.0.1", instance.program.port, _requests(instance, tokens), clients, seconds=seconds)
    outcome.all_were(200)
    return outcome


def _page_size(instance: Instance, tokens: list[str]) -> int:
    """Bytes of a page; every reader's page is whole and their own."""
    requests = list(itertools.islice(_requests(instance, tokens), len(tokens)))
    outcome = drive_now("127.0.0.1", instance.program.port, requests, 1, keep=1 << 20)
    outcome.all_were(200)
    pages = [json.loads(body) for body in outcome.bodies]
    if any(len(page) != PAGE for page in pages) or len({page[0]["id"] for page in pages}) != len(pages):
        raise ValueError(f"the pages have {[len(page) for page in pages]} posts")
    return len(outcome.bodies[0])


def _alone(bench: Bench, instance: Instance, tokens: list[str], clients: int, size: int) -> None:
    rates, costs, bare, ratios = [], [], [], []
    for _ in range(bench.runs):
        limit = limits.bare_page(size, clients, bench.seconds(LOOK_SECONDS))
        _read(instance, tokens, clients, bench.seconds(0.5))
        before = instance.program.usage()
        outcome = _read(instance, tokens, clients, bench.seconds(LOOK_SECONDS))
        cost = 1e6 * instance.program.usage().since(before) / outcome.answered
        rates.append(outcome.rate)
        costs.append(cost / 1e3)
        bare.append(limit.cpu_us / 1e3)
        ratios.append(cost / limit.cpu_us)
    label = f"{clients} client{'s' if clients > 1 else ''}"
    bench.results.add(NAME, f"{label}: pages", "1/s", *rates)
    bench.results.add(NAME, f"{label}: server CPU a page", "ms", *costs)
    bench.results.add(NAME, f"{label}: limit: a bare page of {size} bytes, CPU", "ms", *bare)
    bench.results.compare(NAME, f"{label}: page / bare page", median(ratios), 1.0, AIMS[clients], "at most")


def _beside(bench: Bench, instance: Instance, sink: Sink, token: str, tokens: list[str], hosts: int) -> None:
    """Reads alone, a fan-out alone, both at once; all with the same readers and the same hosts."""
    alone, beside, spread, shared, reads, deliveries = [], [], [], [], [], []
    look = bench.seconds(LOOK_SECONDS)
    say(instance, token)
    sink.wait_for("checked", hosts, 60.0)
    for _ in range(bench.runs):
        alone.append(_read(instance, tokens, 16, look).rate)
        sink.reset()
        posts = bench.size(30, 6)
        say(instance, token, posts)
        wanted = posts * hosts
        spread.append(_delivered(sink, look, wanted, bench.quick, None)[0])
        together = _delivered(sink, look, wanted, bench.quick, lambda: _read(instance, tokens, 16, look))
        shared.append(together[0])
        beside.append(together[1])
        totals = sink.wait_for("checked", wanted, 120.0)
        if totals["checked"] != wanted or totals["faults"]:
            raise ValueError(f"of {wanted} deliveries this became: {totals}")
        time.sleep(bench.seconds(1.0))
        reads.append(beside[-1] / alone[-1])
        deliveries.append(shared[-1] / spread[-1] if spread[-1] else 0.0)
    bench.results.add(NAME, "16 clients, idle server: pages", "1/s", *alone)
    bench.results.add(NAME, "16 clients, beside a fan-out: pages", "1/s", *beside)
    bench.results.add(NAME, "fan-out alone: deliveries", "1/s", *spread)
    bench.results.add(NAME, "fan-out beside 16 clients: deliveries", "1/s", *shared)
    bench.results.compare(NAME, "reads beside a fan-out / idle", median(reads), 1.0, 0.85)
    bench.results.compare(NAME, "fan-out beside reads / alone", median(deliveries), 1.0, 0.4)


def _delivered(sink: Sink, look: float, wanted: int, quick: bool, reading: object) -> tuple[float, float]:
    """Deliveries a second while `reading` goes on (or for so long), and pages a second."""
    begun, before = time.monotonic(), sink.totals()["checked"]
    pages = 0.0
    if callable(reading):
        pages = reading().rate
    else:
        time.sleep(look)
    checked = sink.totals()["checked"]
    if checked >= wanted and not quick:
        raise ValueError(f"the fan-out of {wanted} was over before the look at it: make it longer")
    return (checked - before) / (time.monotonic() - begun), pages
