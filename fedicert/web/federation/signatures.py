"""Who asks, proven by the signature of the request: the one way to a Principal for every endpoint of this door.

There is no value that means "unsigned but fine": an endpoint that serves strangers too asks `is_signed` first.
"""

from fedicert.base.errors import RemoteGone, Unauthorized
from fedicert.proofs import http_signatures
from fedicert.proofs.messages import Claim, Principal, Received
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.limits import address_block


def is_signed(call: Call) -> bool:
    """Does the request bear a signature, whatever it is worth?"""
    return any(name == b"signature" for name, _ in call.scope["headers"])


def read_claim(call: Call, body: bytes = b"") -> Claim:
    """What the request says of its signer. Proves nothing. Raises `Unauthorized`, or `BadRequest` for its digest."""
    return http_signatures.read(_received(call, body), call.now)


async def prove(call: Call, claim: Claim) -> Principal:
    """Who signed. Raises as `KeyRing.prove` does, `RemoteGone` where the signer's own server says it is gone."""
    return await call.deps.keyring.prove(claim, address_block(call.address))


async def signer(call: Call, body: bytes = b"") -> Principal:
    """Who signed this request. Raises `Unauthorized` with what failed, `Forbidden`, `Unavailable`."""
    try:
        return await prove(call, read_claim(call, body))
    except RemoteGone:
        raise Unauthorized("Your own server says that you are gone") from None


def _received(call: Call, body: bytes) -> Received:
    """The request as it came in; its origin is ours as configured, whatever a header says."""
    scope = call.scope
    target = scope.get("raw_path") or scope["path"].encode()
    if scope["query_string"]:
        target = target + b"?" + scope["query_string"]
    return Received(
        method=scope["method"],
        target=target.decode("latin-1"),
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        origin=call.deps.urls.base,
        body=body,
    )
