"""A thread pool for what computes: signing, verifying, making keys, hashing passwords. As many threads as cores.

Everything here releases the GIL while it works. Hashing is let in two at a time: 32 at once took half a gigabyte.
Never inside a unit of work.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from fedicert.base.ids import Entropy
from fedicert.keys import pairs, passwords, verify
from fedicert.keys.pairs import Pair
from fedicert.proofs.messages import Claim, Principal

HASHES_AT_ONCE = 2

P = ParamSpec("P")
T = TypeVar("T")


class KeyPool:
    """Computes beside the event loop."""

    def __init__(self, entropy: Entropy, threads: int | None = None) -> None:
        self._entropy = entropy
        self._threads = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="keys")
        self._hashing = asyncio.Semaphore(HASHES_AT_ONCE)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Any pure function, in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(function, *args, **kwargs))

    async def sign(self, secret: bytes, base: bytes) -> bytes:
        """One signature with a private key (PKCS#8 DER)."""
        return await self.run(pairs.sign, secret, base)

    async def sign_batch(self, batch: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Signatures of (secret, base) pairs in one hop."""
        return await self.run(pairs.sign_batch, batch)

    async def principal(self, claim: Claim, public: str, owner: str) -> Principal:
        """Who signed, proven. Raises `Unauthorized`."""
        return await self.run(verify.principal, claim, public, owner)

    async def new_rsa(self) -> Pair:
        """A fresh RSA-2048 pair."""
        return await self.run(pairs.new_rsa)

    async def new_ed25519(self) -> Pair:
        """A fresh Ed25519 pair."""
        return await self.run(pairs.new_ed25519)

    async def hash_password(self, password: str) -> str:
        """An argon2id hash."""
        async with self._hashing:
            return await self.run(passwords.hash_password, password, self._entropy)

    async def check_password(self, stored: str | None, password: str) -> bool:
        """Whether it is the one; as slow for nobody (`None`)."""
        async with self._hashing:
            return await self.run(passwords.check_password, stored, password)

    def close(self) -> None:
        """Let the threads end; what waits is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)
