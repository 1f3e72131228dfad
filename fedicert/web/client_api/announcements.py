"""What the server says to everybody here: read, put aside, answered with a sign."""

from fedicert.mastodon.render_announcements import announcement
from fedicert.operations import announcements
from fedicert.store.views import announcements as views
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint

_YES = {"true", "1", "on", "t", "yes"}


@endpoint("GET", "/api/v1/announcements", who="user", hop=True)
async def shown(call: Call) -> Answer:
    """What isn't over, and what the viewer hasn't put aside unless `with_dismissed` asks for it."""
    everything = (call.query("with_dismissed") or "").lower() in _YES
    found = await call.read(views.shown, everything)
    return Answer([announcement(one, call.deps.urls) for one in found])


@endpoint("POST", "/api/v1/announcements/{id}/dismiss", scope="write:accounts", hop=True)
async def dismiss(call: Call) -> Answer:
    """Put one aside."""
    await call.write(announcements.dismiss, call.id())
    return Answer({})


@endpoint("PUT", "/api/v1/announcements/{id}/reactions/{name}", scope="write:favourites", hop=True)
async def react(call: Call) -> Answer:
    """Answer with a sign."""
    await call.write(announcements.react, call.id(), call.params["name"])
    return Answer({})


@endpoint("DELETE", "/api/v1/announcements/{id}/reactions/{name}", scope="write:favourites", hop=True)
async def unreact(call: Call) -> Answer:
    """Take a sign back."""
    await call.write(announcements.unreact, call.id(), call.params["name"])
    return Answer({})
