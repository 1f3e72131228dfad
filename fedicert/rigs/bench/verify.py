"""`verify`: what checking a licence's proof takes, screening and the limited child included, by graph and by text.

Set against the canonicalisation and the Ed25519 check by themselves, in this process, on the same credential.
"""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import orjson

from fedicert.attestations.credentials import secured
from fedicert.rigs.bench.licences import Bare, board, milliseconds, order
from fedicert.rigs.bench.stage import Bench, median
from fedicert.store.views import issuing as views

NAME = "verify"


def run(bench: Bench) -> None:
    """One credential after another, each suite."""
    asyncio.run(_run(bench))


async def _run(bench: Bench) -> None:
    count = bench.size(300, 3)
    ours: dict[str, list[float]] = {"eddsa-rdfc-2022": [], "eddsa-jcs-2022": []}
    canonical, text, check = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        async with board(Path(folder)) as here:
            issued = await here.office.issue(order(1))
            shown = await here.db.read(views.credential, issued.uuid)
            keys = {key.method: key.public for key in await here.db.read(views.keys)}
            assert shown is not None
            documents: dict[str, dict[str, Any]] = {
                suite: secured(orjson.loads(shown.document), orjson.loads(shown.proofs), suite) for suite in ours
            }
            bare = Bare(documents["eddsa-rdfc-2022"])
            for _ in range(bench.runs):
                canonical.append(milliseconds(bare.canonicalise, bench.seconds(1.0)))
                text.append(milliseconds(bare.text, bench.seconds(0.3)))
                check.append(milliseconds(bare.verify, bench.seconds(0.3)))
                for suite, document in documents.items():
                    started = time.perf_counter()
                    for _ in range(count):
                        (result,) = await here.prover.check(document, keys)
                        if result.fault is not None:
                            raise ValueError(f"a good credential was refused: {result.fault.sentence}")
                    ours[suite].append(1e3 * (time.perf_counter() - started) / count)
    for suite, runs in ours.items():
        bench.results.add(NAME, f"a proof by {suite}", "ms", *runs)
    bench.results.add(NAME, "limit: bare RDFC-1.0 canonicalisation (PyLD)", "ms", *canonical)
    bench.results.add(NAME, "limit: bare JCS", "ms", *text)
    bench.results.add(NAME, "limit: bare Ed25519 check", "ms", *check)
    graph, plain = (median(ours[suite]) for suite in ours)
    results, least = bench.results, median(canonical) + median(check)
    results.compare(NAME, "rdfc / bare canonicalisation and check", graph, least, 2.0, "at most")
    # A text is screened as JSON-LD too, so that it means the same to those who read graphs: that is most of it.
    results.compare(NAME, "jcs / bare canonicalisation and check", plain, least, 2.0, "at most")
