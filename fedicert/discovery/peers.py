"""What meeting others takes: the wire, our signature on what we ask, a place to write down what was found."""

from dataclasses import dataclass, field

from fedicert.base.clock import Clock
from fedicert.discovery.fresh import FreshDocuments
from fedicert.model.urls import Urls
from fedicert.remote.key_documents import KeyFinder
from fedicert.remote.wire import SignGet, Wire
from fedicert.store.unit import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """Built once. `scheme`: https, or http where a closed test instance allows it.

    `fresh`: actor documents fetched a moment ago, so that nobody fetches them twice.
    """

    db: Database
    wire: Wire
    urls: Urls
    clock: Clock
    keys: KeyFinder
    sign: SignGet | None
    scheme: str = "https"
    fresh: FreshDocuments = field(default_factory=FreshDocuments)
