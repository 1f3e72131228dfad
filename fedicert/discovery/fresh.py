"""Actor documents that were fetched a moment ago for their keys: handed to whoever meets the actor next.

Bounded and short-lived. Never a cache to show things from, and never what a refresh is answered with.
"""

from collections import OrderedDict

from fedicert.base.clock import MINUTE
from fedicert.remote.documents import Document

KEPT = 1_000
KEPT_FOR = 5 * MINUTE


class FreshDocuments:
    """Documents by their id, each taken at most once."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, tuple[int, Document]] = OrderedDict()

    def remember(self, document: Document, now: int) -> None:
        """Keep a document that was just fetched from its own id."""
        self._held[document.id] = (now, document)
        self._held.move_to_end(document.id)
        while len(self._held) > KEPT:
            self._held.popitem(last=False)

    def take(self, uri: str, now: int) -> Document | None:
        """The document of this id, if it is fresh; it is given away once."""
        found = self._held.pop(uri, None)
        if found is None or not 0 <= now - found[0] < KEPT_FOR:
            return None
        return found[1]
