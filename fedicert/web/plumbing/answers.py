"""What a handler may give back, and how it becomes bytes. Knows no route and no error."""

from typing import Any
from urllib.parse import quote

import msgspec
from starlette.responses import Response

JSON = b"application/json; charset=utf-8"
HTML = b"text/html; charset=utf-8"

_KEPT = "%!#$&'()*+,/:;=?@[]~"

Header = tuple[bytes, bytes]

_encode = msgspec.json.Encoder().encode


class Answer:
    """An HTTP answer. `body`: bytes as they are, anything else as JSON. `headers` are ours to add to."""

    __slots__ = ("body", "headers", "status")

    def __init__(
        self,
        body: Any = b"",
        status: int = 200,
        headers: dict[str, str] | None = None,
        *,
        content_type: bytes = JSON,
        link: str = "",
    ) -> None:
        self.body: bytes = body if isinstance(body, bytes) else _encode(body)
        self.status = status
        self.headers: list[Header] = [(b"content-type", content_type)] if content_type else []
        if link:
            self.headers.append((b"link", link.encode("latin-1")))
        if headers:
            for name, value in headers.items():
                self.headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))


def redirect(location: str, status: int = 303) -> Answer:
    """Go there instead. Letters beyond ASCII, as ids of other servers may have them, are percent-encoded."""
    return Answer(b"", status, {"location": quote(location, safe=_KEPT)}, content_type=b"")


def as_answer(result: Any) -> Answer:
    """Whatever a handler returned, but no Starlette response, as an answer."""
    if isinstance(result, Answer):
        return result
    if isinstance(result, Response):
        raise TypeError("a Starlette response is sent, not converted")
    return Answer(result)
