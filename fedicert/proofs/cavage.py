"""draft-cavage-http-signatures-12 as the fediverse speaks it: read a claim strictly, build what we sign.

What is demanded: `host`, `(request-target)`, a signed clock (`date` or `(created)`) and, with a body,
`digest`. `rsa-sha1`, HMAC and anything else that isn't RSA-SHA256 or Ed25519 are refused.
"""

import base64
import binascii
import re
from collections.abc import Sequence

from fedicert.base.clock import SECOND
from fedicert.base.errors import Unauthorized
from fedicert.proofs import digests
from fedicert.proofs.messages import (
    BY_KEY,
    CAVAGE,
    ED25519,
    RSA,
    Claim,
    Received,
    check_clock,
    check_expiry,
    check_host,
    check_key_id,
    encoded,
    parse_http_date,
)

_PARAMETER = re.compile(r'[ \t]*([A-Za-z]+)=(?:"((?:[^"\\\x00-\x1f\x7f]|\\["\\])*)"|([0-9]{1,15}))[ \t]*(,|\Z)')
_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+|\((?:request-target|created|expires)\)")
_ALGORITHMS = {"hs2019": BY_KEY, "rsa-sha256": RSA, "ed25519": ED25519}
_ONCE = frozenset({"host", "date", "digest", "content-type", "content-length", "signature"})
_LONGEST = 8192


def read(received: Received, now: int) -> Claim:
    """The claim in the `Signature` header (draft §2). Raises `Unauthorized`; `now` in ms."""
    parameters = parse_parameters(received.single("signature"))
    algorithm = parameters.get("algorithm", "hs2019").lower()
    if algorithm not in _ALGORITHMS:
        raise Unauthorized(f"The algorithm {algorithm!r} is refused: sign with rsa-sha256 or hs2019")
    names = _covered(parameters, hs2019=algorithm == "hs2019")
    _demand(names, received)
    _check_clocks(names, parameters, received, now, hs2019=algorithm == "hs2019")
    check_host(received.single("host"), received.origin)
    if received.carries_body:
        digests.check_digest(received.single("digest"), received.body)
    targets = [received.target]
    path, question, _ = received.target.partition("?")
    if question:
        targets.append(path)  # old Mastodon and GoToSocial sign without the query
    return Claim(
        spec=CAVAGE,
        key_id=check_key_id(_named(parameters, "keyId")),
        algorithm=_ALGORITHMS[algorithm],
        bases=tuple(encoded(_base(names, parameters, received, target)) for target in targets),
        signature=_signature(_named(parameters, "signature")),
        covered=names,
    )


def parse_parameters(text: str) -> dict[str, str]:
    """The `name="value"` list of a Signature header.

    Raises `Unauthorized` on duplicates and broken grammar.
    """
    if len(text) > _LONGEST:
        raise Unauthorized("The Signature header is too long")
    if text[:10].lower() == "signature ":
        text = text[10:]  # old node libraries
    found: dict[str, str] = {}
    seen: set[str] = set()
    at = 0
    while True:
        match = _PARAMETER.match(text, at)
        if match is None:
            raise Unauthorized(f"The Signature header can't be read at character {at + 1}")
        name, quoted, number, after = match.groups()
        if name.lower() in seen:
            raise Unauthorized(f"The Signature header has {name} twice")
        seen.add(name.lower())
        found[name] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else number
        at = match.end()
        if not after:
            return found


def post_base(target: str, host: str, date: str, digest: str, extra: Sequence[tuple[str, str]] = ()) -> bytes:
    """What we sign for a POST, from header values made already; the names are `post_names(extra)`."""
    text = f"(request-target): post {target}\nhost: {host}\ndate: {date}\ndigest: {digest}"
    for name, value in extra:
        text += f"\n{name}: {value}"
    return text.encode("latin-1")


def post_names(extra: Sequence[tuple[str, str]] = ()) -> str:
    """The `headers` parameter that goes with `post_base`."""
    return " ".join(("(request-target) host date digest", *(name for name, _ in extra)))


def get_base(target: str, host: str, date: str) -> bytes:
    """What we sign for a GET."""
    return f"(request-target): get {target}\nhost: {host}\ndate: {date}".encode("latin-1")


GET_NAMES = "(request-target) host date"


def signature_header(key_id: str, algorithm: str, names: str, signature: bytes) -> str:
    """The value of `Signature`. RSA keys say `rsa-sha256`, which every peer knows; others `hs2019`."""
    said = "rsa-sha256" if algorithm == RSA else "hs2019"
    text = base64.b64encode(signature).decode()
    return f'keyId="{key_id}",algorithm="{said}",headers="{names}",signature="{text}"'


def _named(parameters: dict[str, str], name: str) -> str:
    value = parameters.get(name, "")
    if not value:
        raise Unauthorized(f"The Signature header has no {name}")
    return value


def _covered(parameters: dict[str, str], *, hs2019: bool) -> tuple[str, ...]:
    default = "(created)" if hs2019 else "date"
    names = tuple(parameters.get("headers", default).lower().split(" "))
    if not all(_HEADER_NAME.fullmatch(name) for name in names):
        raise Unauthorized("The Signature header's list of headers can't be read")
    if len(set(names)) != len(names):
        raise Unauthorized("The Signature header names a header twice")
    return names


def _demand(names: tuple[str, ...], received: Received) -> None:
    wanted = ["host", "(request-target)"]
    if received.carries_body:
        wanted.append("digest")
    missing = [name for name in wanted if name not in names]
    if missing:
        raise Unauthorized(f"The signature does not cover {', '.join(missing)}")
    if "date" not in names and "(created)" not in names:
        raise Unauthorized("The signature covers neither date nor (created)")


def _check_clocks(
    names: tuple[str, ...], parameters: dict[str, str], received: Received, now: int, *, hs2019: bool
) -> None:
    if not hs2019 and ("(created)" in names or "(expires)" in names):
        raise Unauthorized("(created) and (expires) are for hs2019 alone")  # draft §2.3
    created, expires = (_seconds(parameters, name) for name in ("created", "expires"))
    if "date" in names:
        check_clock("Date", parse_http_date(received.single("date")), now)
    if "(created)" in names:
        if created is None:
            raise Unauthorized("The signature covers (created) but has none")
        check_clock("created", created * SECOND, now)
    if "(expires)" in names and expires is None:
        raise Unauthorized("The signature covers (expires) but has none")
    if expires is not None:
        if created is not None and expires < created:
            raise Unauthorized("The signature expires before it was created")
        check_expiry(expires, now)


def _seconds(parameters: dict[str, str], name: str) -> int | None:
    text = parameters.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        raise Unauthorized(f"The signature's {name} is not a whole number of seconds")
    return int(text)


def _base(names: tuple[str, ...], parameters: dict[str, str], received: Received, target: str) -> str:
    lines = []
    for name in names:
        if name == "(request-target)":
            lines.append(f"(request-target): {received.method.lower()} {target}")
        elif name == "(created)":
            lines.append(f"(created): {parameters['created']}")
        elif name == "(expires)":
            lines.append(f"(expires): {parameters['expires']}")
        else:
            values = (received.single(name),) if name in _ONCE else received.all(name)
            if not values:
                raise Unauthorized(f"The signature covers the {name} header, which is not there")
            lines.append(f"{name}: {', '.join(values)}")
    return "\n".join(lines)


def _signature(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unauthorized("The signature is not base64") from None
