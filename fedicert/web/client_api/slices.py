"""A part of a list as an answer, with its Link header (as Mastodon paginates)."""

from fedicert.mastodon.render import joined
from fedicert.store.loaders import Slice
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import Call


def sliced(call: Call, part: Slice) -> Answer:
    """The list, with where it goes on; an empty one has no Link."""
    return Answer(joined(part.items), link=call.link(part.oldest, part.newest))
