"""Our signature on what we ask of others: GETs in the name of the server's own actor, by draft-cavage, which all read.

The private key is opened when it is first needed, and stays in memory. Nobody's key but the instance's is used here.
"""

from fedicert.base.clock import Clock
from fedicert.base.errors import ConfigError
from fedicert.keys.pool import KeyPool
from fedicert.keys.vault import Vault
from fedicert.model.urls import Urls
from fedicert.proofs import http_signatures
from fedicert.proofs.messages import CAVAGE
from fedicert.remote.wire import Headers
from fedicert.store.unit import Database
from fedicert.store.views import federation as views


class InstanceSigner:
    """A `SignGet`: headers for a GET of a URL, made anew at each hop."""

    def __init__(self, db: Database, urls: Urls, clock: Clock, vault: Vault, pool: KeyPool) -> None:
        self._db, self._clock, self._vault, self._pool = db, clock, vault, pool
        self._key_id = urls.main_key(urls.instance_actor)
        self._secret = b""

    async def __call__(self, url: str) -> Headers:
        """Host, Date and Signature. Raises `ConfigError` where the instance has no key or it doesn't open."""
        if not self._secret:
            self._secret = await self._open()
        prepared = http_signatures.prepare(CAVAGE, "GET", url, self._key_id, self._clock.now())
        return prepared.headers(await self._pool.sign(self._secret, prepared.base))

    async def _open(self) -> bytes:
        found = await self._db.read(views.sealed_key, self._key_id)
        if found is None:
            raise ConfigError(f"The database has no key {self._key_id}: the instance was not founded with it")
        identifier, sealed = found
        return self._vault.open(identifier, sealed)
