"""The one way to speak HTTP to other servers: `send(request, limits) → response`.

`fetch.Fetcher` is the real one; a test village puts another in its place (host → app). Nothing here connects.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from fedicert.base.errors import RemoteGone, RemoteInvalid, RemoteRefused, RemoteUnreachable

Headers = tuple[tuple[str, str], ...]

SignGet = Callable[[str], Awaitable[Headers]]
"""Headers (Host, Date, Signature, …) for a GET of this URL, made anew at each redirect."""

MIB = 1 << 20
LONGEST_WAIT = 24 * 3600


class Request(msgspec.Struct, frozen=True):
    """`headers` lower-case, without Host and length. `sign` is called once per hop."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    sign: SignGet | None = None


class Limits(msgspec.Struct, frozen=True):
    """What one exchange may cost: seconds for all of it, bytes of the decoded body, redirects (GET alone).

    `same_origin`: redirects to another origin aren't followed but refused.
    """

    total_seconds: float = 15.0
    max_bytes: int = MIB
    redirects: int = 3
    same_origin: bool = False


class Response(msgspec.Struct, frozen=True):
    """`headers` lower-case, in order; `body` decoded; `final_url` canonical, after redirects."""

    status: int
    headers: Headers
    body: bytes
    final_url: str

    def header(self, name: str) -> str:
        """The first value of a header, or ""."""
        return next((value for key, value in self.headers if key == name), "")


class Wire(Protocol):
    """Sends one request."""

    async def send(self, request: Request, limits: Limits) -> Response:
        """The response, whatever its status.

        Raises `AddressForbidden`, `RemoteUnreachable` (network, time) and `RemoteInvalid` (size, coding, redirects).
        """
        ...


def retry_after(text: str) -> int | None:
    """Seconds out of a Retry-After header, at most a day; None where it says none. Dates count as none."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return min(int(text), LONGEST_WAIT)
    return None


def check_status(response: Response, url: str) -> Response:
    """The response if it is a success, else the error of the tree that fits (§6: what may be tried again)."""
    status = response.status
    if 200 <= status < 300:
        return response
    said = f"{url} answered {status}"
    if status in (408, 425, 429) or (status >= 500 and status != 501):
        raise RemoteUnreachable(said, retry_after=retry_after(response.header("retry-after")), status=status)
    if status == 410:
        raise RemoteGone(said)
    if status >= 400:
        raise RemoteRefused(said, status)
    raise RemoteInvalid(said)
