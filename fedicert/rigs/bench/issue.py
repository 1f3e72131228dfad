"""`issue`: what issuing a licence takes: an entry drawn, the document written, both proofs made, committed durably.

Set against the canonicalisation and the Ed25519 signatures by themselves, in this process, on the same credential.
"""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import orjson

from fedicert.attestations.credentials import secured
from fedicert.base.clock import SystemClock
from fedicert.keys.pairs import new_ed25519
from fedicert.rigs.bench.licences import Bare, board, milliseconds, order
from fedicert.rigs.bench.stage import Bench, median
from fedicert.store.views import issuing as views

NAME = "issue"


def run(bench: Bench) -> None:
    """One licence after another."""
    asyncio.run(_run(bench))


async def _run(bench: Bench) -> None:
    count = bench.size(150, 2)
    whole, proof, canonical, text, sign = [], [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        async with board(Path(folder)) as here:
            first = await here.office.issue(order(0))
            shown = await here.db.read(views.credential, first.uuid)
            assert shown is not None
            document: dict[str, Any] = orjson.loads(shown.document)
            bare = Bare(secured(document, orjson.loads(shown.proofs), "eddsa-rdfc-2022"))
            secret, now = new_ed25519().secret, SystemClock().now()
            for number in range(bench.runs):
                canonical.append(milliseconds(bare.canonicalise, bench.seconds(1.0)))
                text.append(milliseconds(bare.text, bench.seconds(0.3)))
                sign.append(milliseconds(bare.sign, bench.seconds(0.3)))
                started = time.perf_counter()
                for _ in range(count):
                    await here.prover.secure(document, "eddsa-rdfc-2022", first.method, now, secret)
                proof.append(1e3 * (time.perf_counter() - started) / count)
                started = time.perf_counter()
                for each in range(count):
                    await here.office.issue(order(1 + number * count + each))
                whole.append(1e3 * (time.perf_counter() - started) / count)
    bench.results.add(NAME, "a licence issued, both proofs, on the disk", "ms", *whole)
    bench.results.add(NAME, "a proof by eddsa-rdfc-2022 made", "ms", *proof)
    bench.results.add(NAME, "limit: bare RDFC-1.0 canonicalisation (PyLD)", "ms", *canonical)
    bench.results.add(NAME, "limit: bare JCS", "ms", *text)
    bench.results.add(NAME, "limit: bare Ed25519 signature", "ms", *sign)
    least = median(canonical) + median(sign)
    bench.results.compare(
        NAME, "rdfc proof / bare canonicalisation and signature", median(proof), least, 2.0, "at most"
    )
    both = least + median(text) + median(sign)
    bench.results.compare(NAME, "issued / bare work of both proofs", median(whole), both, 5.0, "at most")
