"""How documents of this door are given: which form the asker wants, under which type, and for how long it may be kept.

What hangs on who asks is never kept by anybody between (attack #46). HTML is somebody else's: who wants that is sent to
the page for people.
"""

from typing import Any

from fedicert.base.errors import NotAcceptable
from fedicert.base.json import dump
from fedicert.web.plumbing.answers import Answer, redirect
from fedicert.web.plumbing.endpoint import Call

ACTIVITY_JSON = b"application/activity+json; charset=utf-8"
VARY = "Accept, Signature"
KEPT = {"cache-control": "public, max-age=60", "vary": VARY}
NOT_KEPT = {"cache-control": "private, no-store", "vary": VARY}

_JSON = frozenset({"application/activity+json", "application/ld+json", "application/json"})
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_ANY = frozenset({"*/*", "application/*"})


def document(value: dict[str, Any] | bytes, status: int = 200, *, kept: bool = True) -> Answer:
    """An ActivityPub document. `kept`: it is the same for everybody, and may be kept for a minute."""
    body = value if isinstance(value, bytes) else dump(value)
    return Answer(body, status, KEPT if kept else NOT_KEPT, content_type=ACTIVITY_JSON)


def to_page(call: Call, page: str) -> Answer | None:
    """The way to the page for people, where the asker would rather have that; None where it gets the document.

    Raises `NotAcceptable` where it takes neither.
    """
    if not prefers_html(call.header("accept")):
        return None
    answer = redirect(page, 302)
    answer.headers += [(b"vary", VARY.encode()), (b"cache-control", KEPT["cache-control"].encode())]
    return answer


def prefers_html(accept: str) -> bool:
    """Does this Accept header want HTML more than JSON? Who takes anything gets JSON. Raises `NotAcceptable`."""
    if not accept.strip():
        return False
    json, html, anything = 0.0, 0.0, 0.0
    for entry in accept.split(","):
        kind, _, rest = entry.partition(";")
        kind, weight = kind.strip().lower(), _weight(rest)
        if kind in _JSON:
            json = max(json, weight)
        elif kind in _HTML or kind == "text/*":
            html = max(html, weight)
        elif kind in _ANY:
            anything = max(anything, weight)
    if html and html > json and html >= anything:
        return True
    if json or anything:
        return False
    raise NotAcceptable("This is served as application/activity+json, or as a page in text/html")


def _weight(parameters: str) -> float:
    """The q of a media range, 1 where there is none that can be read."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value.strip()), 0.0), 1.0)
            except ValueError:
                return 1.0
    return 1.0
