"""What every door is given: built once by `server.py`, handed over in the lifespan state, never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypedDict

from fedicert.base.clock import Clock
from fedicert.base.ids import Entropy
from fedicert.config import Config
from fedicert.discovery.keys import KeyRing
from fedicert.discovery.peers import Peers
from fedicert.discovery.pictures import RemotePictures
from fedicert.keys.pool import KeyPool
from fedicert.keys.vault import Vault
from fedicert.media.studio import Studio
from fedicert.model.urls import Urls
from fedicert.store.blobs import Blobs
from fedicert.store.shelf import Shelf
from fedicert.store.unit import Database
from fedicert.web.plumbing.health import Health
from fedicert.web.plumbing.limits import RateLimits
from fedicert.web.plumbing.memo import Memo
from fedicert.web.plumbing.templates import Pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """The parts a door may use. What is true of one request alone stands in its `Call`."""

    config: Config
    db: Database
    urls: Urls
    clock: Clock
    entropy: Entropy
    limits: RateLimits
    keys: KeyPool
    vault: Vault
    pages: Pages
    health: Health
    peers: Peers
    keyring: KeyRing
    shelf: Shelf
    blobs: Blobs
    studio: Studio
    pictures: RemotePictures
    memo: Memo = field(default_factory=Memo)


class State(TypedDict):
    """The lifespan state of the application."""

    deps: Deps
