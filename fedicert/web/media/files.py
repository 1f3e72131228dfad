"""Pictures of people here, by names that nobody can guess."""

from starlette.responses import Response

from fedicert.base.errors import NotFound
from fedicert.web.media.answers import FOR_EVER, file_answer
from fedicert.web.plumbing.endpoint import Call, endpoint


@endpoint("GET", "/media/{name}", door="media")
async def show(call: Call) -> Response:
    """One file."""
    path = call.deps.blobs.path(call.params["name"])
    if path is None:
        raise NotFound
    return await file_answer(call, path, FOR_EVER)
