"""The two keys that every actor of ours starts with, made and sealed before the unit of work that writes them.

RSA signs requests to other servers (`#main-key`), Ed25519 what carries proofs (`#ed25519-key`).
"""

import asyncio

from fedicert.keys.pairs import Pair
from fedicert.keys.pool import KeyPool
from fedicert.keys.vault import Vault
from fedicert.model.sealed_keys import MAIN, PROOF, SealedKey
from fedicert.model.urls import Urls

COUNT = 2
"""How many row ids `account_keys` takes."""


async def account_keys(pool: KeyPool, vault: Vault, urls: Urls, actor: str, ids: list[int]) -> tuple[SealedKey, ...]:
    """Fresh keys for the actor with this id. `ids`: of the rows they will be, which the seals are bound to."""
    main, proof = await asyncio.gather(pool.new_rsa(), pool.new_ed25519())
    return (
        _sealed(vault, ids[0], MAIN, main, urls.main_key(actor)),
        _sealed(vault, ids[1], PROOF, proof, urls.ed25519_key(actor)),
    )


def _sealed(vault: Vault, row: int, purpose: str, pair: Pair, kid: str) -> SealedKey:
    return SealedKey(
        id=row, purpose=purpose, alg=pair.algorithm, public=pair.public, sealed=vault.seal(row, pair.secret), kid=kid
    )
