"""Which address may be connected. Every outbound connection passes here, and nothing else decides.

A URL is judged first (scheme, port, userinfo, host), then its name is resolved once, every answer is judged, and the
connection goes to an address that was judged: there is no second look-up that could answer differently. The table is
explicit, since `ipaddress.is_global` lets multicast, NAT64 and 6to4 of private addresses through.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import msgspec

from fedicert.base.errors import AddressForbidden, BadRequest, RemoteUnreachable
from fedicert.base.urls import DEFAULT_PORTS, Url, split_url

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_ANSWERS = 8
RESOLVE_SECONDS = 2.0

# IANA special-purpose registry (RFC 6890 and later), multicast and the old class E.
_FORBIDDEN_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
# Inside 2000::/3: protocol assignments with Teredo, documentation, 6to4, AS112, and the second documentation block.
_FORBIDDEN_V6 = tuple(
    ipaddress.IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)
_SPECIAL_NAMES = frozenset(
    {"localhost", "local", "internal", "localdomain", "lan", "home", "corp", "intranet", "private", "onion"}
    | {"invalid", "arpa", "alt", "i2p"}
)
_LOOPBACK_NAMES = frozenset({"localhost"})


class Policy(msgspec.Struct, frozen=True):
    """What the guard lets through.

    `allow_loopback_and_http`: loopback addresses, plain http and any port besides, for tests and demos; a server with
    a public name refuses to start with it. `extra_ports`: ports besides 443 (and 80 for http).
    """

    allow_loopback_and_http: bool = False
    extra_ports: tuple[int, ...] = ()


class Resolver(Protocol):
    """Turns a canonical host name into addresses."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Every address, as text. Raises `OSError` where there is none."""
        ...


class ThreadResolver:
    """The system's resolver in a few threads of its own, so that one silent name server blocks nobody else."""

    def __init__(self, threads: int = 8) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="resolve")

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Every address of a name."""
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(
            self._pool, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return list(dict.fromkeys(str(answer[4][0]) for answer in answers))

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def judge_address(text: str, policy: Policy) -> str:
    """The address to connect to, as text (an IPv4-mapped one unwrapped). Raises `AddressForbidden`."""
    try:
        address: Address = ipaddress.ip_address(text)
    except ValueError:
        raise AddressForbidden(f"{text!r} is not an address") from None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise AddressForbidden(f"{text} has a zone")
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
    if policy.allow_loopback_and_http and address.is_loopback:
        return str(address)
    if isinstance(address, ipaddress.IPv4Address):
        if any(address in network for network in _FORBIDDEN_V4):
            raise AddressForbidden(f"{address} is not a public address")
    else:
        _judge_v6(address)
    return str(address)


def _judge_v6(address: ipaddress.IPv6Address) -> None:
    number = int(address)
    if address in _NAT64:
        inner = ipaddress.IPv4Address(number & 0xFFFF_FFFF)
        if any(inner in network for network in _FORBIDDEN_V4):
            raise AddressForbidden(f"{address} leads to {inner}, which is not a public address")
        return
    # Everything outside 2000::/3 goes, and with it ::/96, fc00::/7, fe80::/10, fec0::/10, ff00::/8, 64:ff9b:1::/48.
    if address not in _GLOBAL_V6 or any(address in network for network in _FORBIDDEN_V6):
        raise AddressForbidden(f"{address} is not a public address")
    if (number >> 32) & 0xFFFF_FFFF in _ISATAP:
        raise AddressForbidden(f"{address} is an ISATAP address, which leads elsewhere")


def judge_url(text: str, policy: Policy) -> Url:
    """The URL in canonical form, its scheme, port and host allowed by their looks. Raises `AddressForbidden`."""
    try:
        url = split_url(text)
    except BadRequest as error:
        raise AddressForbidden(str(error)) from None
    if not policy.allow_loopback_and_http:
        if url.scheme != "https":
            raise AddressForbidden(f"{url.origin} is not https")
        if url.port != DEFAULT_PORTS["https"] and url.port not in policy.extra_ports:
            raise AddressForbidden(f"{url.origin} asks for port {url.port}, which is not allowed")
    literal = literal_of(url.host)
    if literal is not None:
        judge_address(literal, policy)
        return url
    labels = url.host.split(".")
    if policy.allow_loopback_and_http and labels[-1] in _LOOPBACK_NAMES:
        return url
    if len(labels) < 2 or labels[-1] in _SPECIAL_NAMES:
        raise AddressForbidden(f"{url.host} is not a public name")
    return url


def literal_of(host: str) -> str | None:
    """The address a canonical host stands for, or None for a name."""
    if host.startswith("["):
        return host[1:-1]
    return host if host.rpartition(".")[2].isdigit() else None


class Guard:
    """The policy with a resolver."""

    def __init__(self, policy: Policy, resolver: Resolver | None = None) -> None:
        self.policy = policy
        self._resolver: Resolver = resolver or ThreadResolver()

    def judge_url(self, text: str) -> Url:
        """As the function of that name."""
        return judge_url(text, self.policy)

    async def addresses(self, host: str, port: int) -> list[str]:
        """Addresses of a canonical host, all of them allowed; the caller connects to these and asks no one else.

        Raises `AddressForbidden` where any answer is, `RemoteUnreachable` where there is none within 2 s.
        """
        literal = literal_of(host)
        if literal is not None:
            return [judge_address(literal, self.policy)]
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                answers = await self._resolver.resolve(host, port)
        except TimeoutError:
            raise RemoteUnreachable(f"The name {host} was not resolved within {RESOLVE_SECONDS:g} s") from None
        except (OSError, UnicodeError):
            raise RemoteUnreachable(f"The name {host} has no address") from None
        if not answers:
            raise RemoteUnreachable(f"The name {host} has no address")
        if len(answers) > MAX_ANSWERS:
            answers = answers[:MAX_ANSWERS]
        return [judge_address(answer, self.policy) for answer in answers]
