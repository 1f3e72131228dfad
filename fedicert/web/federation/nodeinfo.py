"""NodeInfo: what the server says of itself. Numbers are counted or left out, never guessed."""

import msgspec

from fedicert import __version__
from fedicert.activitypub import nodeinfo as documents
from fedicert.activitypub.nodeinfo import Facts, Version
from fedicert.store.views import federation as views
from fedicert.web.federation.honesty import gathered
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.endpoint import Call, endpoint

KEPT = {"cache-control": "public, max-age=1800"}


@endpoint("GET", "/.well-known/nodeinfo", door="federation")
async def well_known(call: Call) -> Answer:
    """Where the documents are."""
    return Answer(documents.well_known(call.deps.urls), 200, KEPT)


@endpoint("GET", "/nodeinfo/2.0", door="federation")
async def version_2_0(call: Call) -> Answer:
    """Version 2.0, which most readers ask for."""
    return await _nodeinfo(call, "2.0")


@endpoint("GET", "/nodeinfo/2.1", door="federation")
async def version_2_1(call: Call) -> Answer:
    """Version 2.1."""
    return await _nodeinfo(call, "2.1")


async def _nodeinfo(call: Call, version: Version) -> Answer:
    usage = await call.deps.db.read(views.usage)
    config = call.deps.config
    facts = Facts(
        version=__version__,
        name=config.name,
        description=config.description,
        open_registrations=usage.signups == "open",
        users=usage.users,
        active_month=usage.active_month,
        active_half_year=usage.active_half_year,
        local_posts=usage.posts,
        staff=usage.staff,
        reach=msgspec.to_builtins(await gathered(call)),
    )
    return Answer(documents.nodeinfo(version, facts), 200, KEPT, content_type=documents.media_type(version).encode())
