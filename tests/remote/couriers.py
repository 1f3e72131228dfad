"""A courier in this process with bodies and keys of its own, and what shows by whom a delivery was signed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from fedicert.base.clock import SystemClock
from fedicert.keys import pairs, verify
from fedicert.model.signing import SigningKey
from fedicert.proofs.http_signatures import Received, read
from fedicert.remote.courier import Courier, Setup
from fedicert.remote.guard import Guard
from fedicert.remote.parcels import CourierLimits, Outcome, Parcel
from tests.remote.doubles import LOOSE, Asked, Peer, loose

RSA = pairs.new_rsa()
ED25519 = pairs.new_ed25519()
KEY_ID = "https://ours.example/users/ada#main-key"
BODY = b'{"type":"Create"}'


class Shelf:
    """Bodies and keys, and how often they were asked for. Key 1 is RSA, key 2 Ed25519."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[int]]] = []
        self.texts = dict.fromkeys(range(100), BODY)

    async def bodies(self, ids: Sequence[int]) -> Mapping[int, bytes]:
        self.asked.append(("bodies", list(ids)))
        await asyncio.sleep(0)
        return {number: self.texts[number] for number in ids if number in self.texts}

    async def keys(self, ids: Sequence[int]) -> Mapping[int, SigningKey]:
        self.asked.append(("keys", list(ids)))
        made = {1: RSA, 2: ED25519}
        return {n: SigningKey(KEY_ID, made[n].algorithm, made[n].secret) for n in ids if n in made}


@contextlib.asynccontextmanager
async def courier(
    guard: Guard | None = None,
    limits: CourierLimits | None = None,
    clock: Any = None,
    shelf: Shelf | None = None,
    ca_file: str | None = None,
) -> AsyncIterator[Courier]:
    setup = Setup(LOOSE, "fedicert/test", "fedicert.keys.pairs:sign_batch", limits or CourierLimits(), ca_file)
    running = Courier(
        setup,
        shelf or Shelf(),
        clock or SystemClock(),
        local=True,
        guard=guard or loose(),
        sign_batch=pairs.sign_batch,
    )
    await running.start()
    try:
        yield running
    finally:
        await running.stop(grace=0)


async def one(running: Courier, url: str, **more: Any) -> Outcome:
    (outcome,) = await running.deliver([Parcel(7, url, more.pop("body", 1), more.pop("key", 1), **more)])
    return outcome


def proven_by(asked: Asked, there: Peer, public: str, now: int | None = None) -> str:
    received = Received("POST", asked.target, tuple(asked.headers), there.url("").rstrip("/"), asked.body)
    claim = read(received, now or SystemClock().now())
    return f"{claim.spec} {verify.principal(claim, public, 'x').key_id}"


def is_rsa(asked: Asked) -> bool:
    return 'algorithm="rsa-sha256"' in asked.header("signature")
