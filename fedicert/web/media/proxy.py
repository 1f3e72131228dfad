"""Pictures of other servers, shown by ours: what a post or an account known here shows, and nothing else."""

from starlette.responses import Response

from fedicert.base.errors import NotFound
from fedicert.store.views import media as views
from fedicert.store.views.media import RemotePicture
from fedicert.web.media.answers import file_answer
from fedicert.web.plumbing.endpoint import Call, endpoint

A_WEEK = "public, max-age=604800"
"""The address holds the digest of the picture's own; what stands there may still change."""


@endpoint("GET", "/media/proxy/statuses/{id}/{key}/{size}", door="media", limit="pictures")
async def of_status(call: Call) -> Response:
    """A picture or emoji of a post; `size`: original or small."""
    size = call.params["size"]
    if size not in ("original", "small"):
        raise NotFound
    found = await call.deps.db.read(views.of_status, call.id(), call.params["key"])
    return await _shown(call, found, small=size == "small")


@endpoint("GET", "/media/proxy/accounts/{id}/{key}", door="media", limit="pictures")
async def of_account(call: Call) -> Response:
    """An avatar, a header or an emoji of an account."""
    return await _shown(call, await call.deps.db.read(views.of_account, call.id(), call.params["key"]))


async def _shown(call: Call, found: RemotePicture | None, *, small: bool = False) -> Response:
    if found is None:
        raise NotFound
    return await file_answer(call, await call.deps.pictures.get(found.url, found.use, small=small), A_WEEK)
