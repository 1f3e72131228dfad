"""`/livez` and `/readyz`: for whoever watches the process. They name what is wrong in a word, and no more."""

from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint

_HEADERS = {"cache-control": "no-store"}


@endpoint("GET", "/livez", door="federation")
async def live(call: Call) -> Answer:
    """200 while the event loop runs."""
    alive = call.deps.health.alive()
    return Answer({"status": "ok" if alive else "stuck"}, 200 if alive else 500, _HEADERS)


@endpoint("GET", "/readyz", door="federation")
async def ready(call: Call) -> Answer:
    """200 while requests can be served; 503 with what is wrong."""
    wrong = await call.deps.health.ready()
    status = {"status": "unready", "wrong": wrong} if wrong else {"status": "ok"}
    return Answer(status, 503 if wrong else 200, _HEADERS)
