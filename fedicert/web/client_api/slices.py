"""Which part of a list a client asks for, and the answer with its Link header (as Mastodon paginates)."""

from collections.abc import Iterable

from fedicert.mastodon.paging import Page, link_header, read_page
from fedicert.mastodon.render import joined
from fedicert.store.loaders import Slice
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.bodies import query_pairs
from fedicert.web.plumbing.call import Call

_SECRET = "access_token"


def asked_part(call: Call, default: int = 20, most: int = 40) -> Page:
    """The cursors and the limit of the query; the limit is clamped, never refused."""
    return read_page(dict(query_pairs(call.scope)), default, most)


def sliced(call: Call, part: Slice) -> Answer:
    """The list, with where it goes on; an empty one has no Link."""
    if part.oldest is None:
        return Answer(b"[]")
    url = call.deps.urls.base + call.scope["path"]
    return Answer(joined(part.items), link=link_header(url, _kept(call), part.oldest, part.newest))


def _kept(call: Call) -> Iterable[tuple[str, str]]:
    return [(name, value) for name, value in query_pairs(call.scope) if isinstance(value, str) and name != _SECRET]
