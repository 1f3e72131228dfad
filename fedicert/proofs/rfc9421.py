"""RFC 9421 HTTP Message Signatures, the profile the fediverse speaks: read a claim strictly, build what we
sign.

What is demanded: exactly one signature, `keyid` and `created`, `@method` and `@target-uri` covered and,
with a body, `content-digest`. `@target-uri` is the external URI: our configured origin and the raw target,
nothing normalised. Component parameters (`;sf`, `;req`, …) are not used by anybody and refused.
"""

import base64
from collections.abc import Sequence

from fedicert.base.clock import SECOND
from fedicert.base.errors import BadRequest, Unauthorized
from fedicert.base.urls import Url, split_url
from fedicert.proofs import digests, structured
from fedicert.proofs.messages import (
    BY_KEY,
    ED25519,
    RFC9421,
    RSA,
    Claim,
    Received,
    check_clock,
    check_expiry,
    check_host,
    check_key_id,
    encoded,
)

LABEL = "sig1"

_ALGORITHMS = {RSA: RSA, ED25519: ED25519}
_ONCE = frozenset({"host", "date", "content-type", "content-length", "digest"})


def read(received: Received, now: int) -> Claim:
    """The claim in `Signature-Input` and `Signature`. `now` in ms.

    Raises `Unauthorized`, and `BadRequest` for a Content-Digest that is no dictionary.
    """
    label, inner = _input(received)
    signature = _signature(received, label)
    parameters = dict(inner.parameters)
    covered = _covered(inner)
    _demand(covered, received)
    _check_clocks(parameters, now)
    if "host" in covered:
        check_host(received.single("host"), received.origin)
    if received.carries_body:
        digests.check_content_digest(", ".join(received.all("content-digest")), received.body)
    lines = [f'"{name}": {_component(name, received)}' for name in covered]
    lines.append(f'"@signature-params": {structured.serialise_inner_list(inner)}')
    return Claim(
        spec=RFC9421,
        key_id=check_key_id(_key_id(parameters)),
        algorithm=_algorithm(parameters),
        bases=(encoded("\n".join(lines)),),
        signature=signature,
        covered=covered,
    )


Extra = Sequence[tuple[str, str]]


def post_parameters(key_id: str, algorithm: str, created: int, extra: Extra = ()) -> str:
    """The `@signature-params` of our POSTs; `created` in seconds, `extra` headers covered besides."""
    more = "".join(f' "{name}"' for name, _ in extra)
    return f'("@method" "@target-uri" "content-digest"{more});created={created};keyid="{key_id}";alg="{algorithm}"'


def post_base(url: str, content_digest: str, parameters: str, extra: Extra = ()) -> bytes:
    """What we sign for a POST."""
    more = "".join(f'"{name}": {value}\n' for name, value in extra)
    return (
        f'"@method": POST\n"@target-uri": {url}\n"content-digest": {content_digest}\n{more}'
        f'"@signature-params": {parameters}'
    ).encode("latin-1")


def get_parameters(key_id: str, algorithm: str, created: int) -> str:
    """The `@signature-params` of our GETs; `created` in seconds."""
    return f'("@method" "@target-uri");created={created};keyid="{key_id}";alg="{algorithm}"'


def get_base(url: str, parameters: str) -> bytes:
    """What we sign for a GET."""
    return f'"@method": GET\n"@target-uri": {url}\n"@signature-params": {parameters}'.encode("latin-1")


def signature_header(signature: bytes) -> str:
    """The value of `Signature`."""
    return f"{LABEL}=:{base64.b64encode(signature).decode()}:"


def _dictionary(received: Received, name: str) -> dict[str, structured.Item | structured.InnerList]:
    values = received.all(name)
    if not values:
        raise Unauthorized(f"There is no {name} header")
    try:
        return structured.parse_dictionary(", ".join(values))
    except BadRequest as error:
        raise Unauthorized(f"The {name} header can't be read: {error}") from None


def _input(received: Received) -> tuple[str, structured.InnerList]:
    members = _dictionary(received, "signature-input")
    if len(members) != 1:
        raise Unauthorized("There has to be exactly one signature")
    label, member = next(iter(members.items()))
    if not isinstance(member, structured.InnerList):
        raise Unauthorized("The Signature-Input header names no components")
    return label, member


def _signature(received: Received, label: str) -> bytes:
    members = _dictionary(received, "signature")
    member = members.get(label)
    if len(members) != 1 or not isinstance(member, structured.Item) or not isinstance(member.value, bytes):
        raise Unauthorized(f"The Signature header does not hold the one signature {label!r}")
    return member.value


def _covered(inner: structured.InnerList) -> tuple[str, ...]:
    names = []
    for item in inner.items:
        if type(item.value) is not str or item.value != item.value.lower():
            raise Unauthorized("A covered component is not a lower-case string")
        if item.parameters:
            raise Unauthorized(f"The component {item.value!r} has parameters, which are not read here")
        names.append(item.value)
    if len(set(names)) != len(names):
        raise Unauthorized("A component is covered twice")  # RFC 9421 §2
    return tuple(names)


def _demand(covered: tuple[str, ...], received: Received) -> None:
    wanted = ["@method", "@target-uri"]
    if received.carries_body:
        wanted.append("content-digest")
    missing = [name for name in wanted if name not in covered]
    if missing:
        raise Unauthorized(f"The signature does not cover {', '.join(missing)}")


def _check_clocks(parameters: dict[str, structured.Bare], now: int) -> None:
    created, expires = parameters.get("created"), parameters.get("expires")
    if type(created) is not int:
        raise Unauthorized("The signature has no created time")
    check_clock("created", created * SECOND, now)
    if expires is None:
        return
    if type(expires) is not int or expires < created:
        raise Unauthorized("The signature's expires is not a time after created")
    check_expiry(expires, now)


def _key_id(parameters: dict[str, structured.Bare]) -> str:
    key_id = parameters.get("keyid")
    if type(key_id) is not str or not key_id:
        raise Unauthorized("The signature has no keyid")
    return key_id


def _algorithm(parameters: dict[str, structured.Bare]) -> str:
    if "alg" not in parameters:
        return BY_KEY
    named = parameters["alg"]
    if type(named) is not str or named not in _ALGORITHMS:
        raise Unauthorized(f"The algorithm {str(named)[:40]!r} is refused: sign with {RSA} or {ED25519}")
    return _ALGORITHMS[named]


def _component(name: str, received: Received) -> str:
    if name.startswith("@"):
        derived = _derived(name, received, split_url(received.origin))
        if derived is None:
            raise Unauthorized(f"The component {name!r} is not read here")
        return derived
    values = (received.single(name),) if name in _ONCE else received.all(name)
    if not values:
        raise Unauthorized(f"The signature covers the {name} header, which is not there")
    return ", ".join(values)


def _derived(name: str, received: Received, origin: Url) -> str | None:
    path, question, query = received.target.partition("?")
    return {
        "@method": received.method.upper(),
        "@target-uri": origin.origin + received.target,
        "@authority": origin.authority,
        "@scheme": origin.scheme,
        "@request-target": received.target,
        "@path": path,
        "@query": question + query or "?",
    }.get(name)
