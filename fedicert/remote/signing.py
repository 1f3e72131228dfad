"""Signed GETs: the callback that `Request.sign` wants, out of a key and a function that signs beside the loop."""

from collections.abc import Awaitable, Callable

from fedicert.base.clock import Clock
from fedicert.model.signing import SigningKey
from fedicert.proofs.http_signatures import CAVAGE, prepare
from fedicert.remote.wire import Headers, SignGet

Sign = Callable[[bytes, bytes], Awaitable[bytes]]
"""(secret, base) → signature; `KeyPool.sign` is one."""


def sign_gets(key: SigningKey, sign: Sign, clock: Clock, spec: str = CAVAGE) -> SignGet:
    """Headers for any GET, signed with this key (the instance actor's, as a rule) and a fresh date at each hop."""

    async def signed(url: str) -> Headers:
        prepared = prepare(spec, "GET", url, key.key_id, clock.now(), algorithm=key.algorithm)
        return prepared.headers(await sign(key.secret, prepared.base))

    return signed
