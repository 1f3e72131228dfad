"""Fetch pictures of other servers: bytes of bounded size, whatever they say they are. Looks at none of them."""

from fedicert.base.errors import RemoteInvalid
from fedicert.model.pictures import MAX_BYTES
from fedicert.remote.wire import Limits, Request, Wire, check_status

ACCEPT = "image/webp, image/png, image/jpeg, image/gif, image/avif, image/*;q=0.5"
SECONDS = 20.0
_NEVER = ("text/", "application/json", "application/activity+json", "application/ld+json")


async def fetch_picture(wire: Wire, url: str) -> bytes:
    """What is there. Raises the `RemoteError` tree; unsigned, so that it shows nobody's interest but the server's."""
    request = Request("GET", url, (("accept", ACCEPT),))
    response = check_status(await wire.send(request, Limits(total_seconds=SECONDS, max_bytes=MAX_BYTES)), url)
    said = response.header("content-type").lower()
    if said.startswith(_NEVER):
        raise RemoteInvalid(f"{url} is {said[:60]!r}, no picture")
    return response.body
