"""`/.well-known/fedicert`: what this server limits, whom that touches, and the latest checkpoint of its ledger (law 11).

Shape: `docs/honesty.md`. Gathered at most once in half a minute a process, and kept by whoever asks for a minute.
"""

from fedicert.base.clock import SECOND
from fedicert.operations import checkpoints, honesty
from fedicert.operations.honesty import Honesty
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint

STANDS = 30 * SECOND
KEPT = {"cache-control": "public, max-age=60"}


async def gathered(call: Call) -> Honesty:
    """The document, not older than half a minute."""
    deps = call.deps
    urls = deps.urls

    async def gather() -> Honesty:
        return await deps.db.read(honesty.about, urls.base, urls.domain, urls.instance_actor, deps.config.trust)

    found: Honesty = await deps.memo.get("honesty", call.now, STANDS, gather)
    return found


@endpoint("GET", "/.well-known/fedicert", door="federation")
async def well_known(call: Call) -> Answer:
    """The document."""
    return Answer(await gathered(call), 200, KEPT)


@endpoint("GET", "/api/fedicert/v1/ledger/checkpoints", limit="api")
async def history(call: Call) -> Answer:
    """Published checkpoints, the latest first; `max_id` is a number, and the Link header says where it goes on."""
    page = call.page(40, 200)
    found = await call.deps.db.read(checkpoints.published, page.max_id, page.limit)
    more = len(found) == page.limit and found[-1].number > 1
    link = call.link(found[-1].number, found[0].number, more) if found else ""
    return Answer(found, 200, KEPT, link=link.partition(", <")[0] if more else "")
