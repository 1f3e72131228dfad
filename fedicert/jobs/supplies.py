"""What the courier asks for when it doesn't have it yet: bodies of activities, and the opened keys that sign them."""

from collections.abc import Mapping, Sequence

from fedicert.keys.pool import KeyPool
from fedicert.keys.vault import Vault
from fedicert.model.signing import SigningKey
from fedicert.proofs.messages import ED25519
from fedicert.store import lanes
from fedicert.store.unit import Database
from fedicert.store.views import signers


class Supplies:
    """Reads from the database and opens with the vault; hands out nothing that wasn't asked for."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    async def bodies(self, ids: Sequence[int]) -> Mapping[int, bytes]:
        """The bytes of activities, those that are gone left out."""
        found = await self._db.read(lanes.bodies, ids)
        return {identifier: body.encode() for identifier, body in found.items()}

    async def keys(self, ids: Sequence[int]) -> Mapping[int, SigningKey]:
        """The opened key of each signer, by account."""
        found = await self._db.read(signers.main_keys, ids)
        return {key.owner: SigningKey(key.kid, key.algorithm, self._vault.open(key.id, key.sealed)) for key in found}


class CheckpointSigner:
    """Signs checkpoints with the instance's Ed25519 key."""

    def __init__(self, db: Database, vault: Vault, pool: KeyPool) -> None:
        self._db = db
        self._vault = vault
        self._pool = pool

    async def __call__(self, message: bytes) -> tuple[str, bytes]:
        """(key id, signature)."""
        key = await self._db.read(signers.ledger_key)
        if key is None or key.algorithm != ED25519:
            raise LookupError("the instance has no Ed25519 key to sign its ledger with")
        return key.kid, await self._pool.sign(self._vault.open(key.id, key.sealed), message)
