"""`inbox`: signed Creates of followed actors until the last is visible in a client, each verified before its 202.

They are pushed over 8 connections; then every one of them is looked for in the timeline, outside the clock.
"""

import json
import time
from datetime import UTC, datetime

import httpx

from fedicert.rigs import limits
from fedicert.rigs.bench import fill
from fedicert.rigs.bench.stage import Bench, Instance, median
from fedicert.rigs.sender import Sender, Signed, send
from fedicert.rigs.sink import Sink

NAME = "inbox"
SENDERS = 8
PAGE = 40
PATIENCE = 180.0


def run(bench: Bench) -> None:
    """Notes a second from the first byte sent until all are visible."""
    # As many authors as a page has posts: each author's notes take effect in order, so the last page stands for all.
    count, people = bench.size(3_000, 40), bench.size(PAGE, 4)
    rates, answers, costs, bare, ratios = [], [], [], [], []
    with bench.sink() as sink, bench.instance() as instance:
        token = instance.person("ada")
        with instance.filling() as filler:
            fill.remote_people(filler, sink, people, people)
            fill.follows_of(filler, fill.account_of(filler, "ada"), people)
        instance.program.start()
        _push(instance, sink, token, people, people, "warm")
        for number in range(bench.runs):
            limit = limits.verify_and_insert(bench.seconds(1.0))
            before = instance.program.usage()
            rate, answered = _push(instance, sink, token, people, count, f"n{number}-")
            costs.append(1e3 * instance.program.usage().since(before) / count)
            rates.append(rate)
            answers.append(answered)
            bare.append(limit.per_second)
            ratios.append(rate / limit.per_second)
    bench.results.add(NAME, f"{SENDERS} senders: notes until visible", "1/s", *rates)
    bench.results.add(NAME, f"{SENDERS} senders: notes answered with 202", "1/s", *answers)
    bench.results.add(NAME, "server CPU a note", "ms", *costs)
    bench.results.add(NAME, "limit: verify and insert durably, one at a time", "1/s", *bare)
    bench.results.compare(NAME, "notes / bare verify-and-insert", median(ratios), 1.0, 0.5)


def _push(instance: Instance, sink: Sink, token: str, people: int, count: int, mark: str) -> tuple[float, float]:
    """Notes a second until all are visible, and 202s a second."""
    inbox = f"{instance.program.base}/inbox"
    begins = round(1e3 * time.time()) - count
    published = [_stamp(begins + number) for number in range(count)]
    actors = [number % people for number in range(count)]
    signed = Sender(sink, people).creates(inbox, actors, published=published, mark=mark)
    wanted = {one.object for one in signed}
    begun = time.monotonic()
    outcome = send(inbox, signed, SENDERS)
    outcome.all_were(202)
    with httpx.Client(base_url=instance.program.base, trust_env=False, timeout=30.0) as client:
        client.headers["authorization"] = f"Bearer {token}"
        last = _until_seen(client, signed[-PAGE:])
        missing = _unlisted(client, wanted)
    if missing:
        raise ValueError(f"{len(missing)} of {count} notes aren't there, {sorted(missing)[0]} among them")
    return count / (last - begun), outcome.rate


def _stamp(ms: int) -> str:
    """A whole second says that its sender knows no milliseconds, and such a note may stand anywhere within it."""
    exact = ms if ms % 1_000 else ms + 1
    return datetime.fromtimestamp(exact / 1e3, UTC).isoformat(timespec="milliseconds")


def _until_seen(client: httpx.Client, signed: list[Signed]) -> float:
    """The moment at which the newest notes are all at the top of the home timeline."""
    deadline = time.monotonic() + PATIENCE
    wanted = {one.object for one in signed}
    while True:
        answer = client.get("/api/v1/timelines/home", params={"limit": PAGE}).raise_for_status()
        now = time.monotonic()
        missing = wanted - {status["uri"] for status in json.loads(answer.content)}
        if not missing:
            return now
        if now > deadline:
            raise ValueError(f"{len(missing)} of the last {len(wanted)} notes never became visible")
        time.sleep(0.005)


def _unlisted(client: httpx.Client, wanted: set[str]) -> set[str]:
    """Which of these notes the timeline of what others post doesn't have, read to its end if need be."""
    missing = set(wanted)
    before: dict[str, str] = {}
    while missing:
        path = "/api/v1/timelines/public"
        page = client.get(path, params={"remote": "true", "limit": str(PAGE), **before}).raise_for_status().json()
        if not page:
            break
        missing -= {status["uri"] for status in page}
        before = {"max_id": page[-1]["id"]}
    return missing
