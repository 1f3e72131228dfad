"""The registrable domain of a host, by the bundled Public Suffix List; the list is never fetched. Pure.

Addresses and names without a public suffix count as host:port (docs/law.md, the line).
"""

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


@lru_cache(maxsize=20_000)
def registrable_domain(authority: str) -> str:
    """`a.b.example.co.uk:443` → `example.co.uk`; `127.0.0.1:8001` and `localhost:8001` stay as they are."""
    authority = authority.lower()
    host = (urlsplit("//" + authority).hostname or authority).rstrip(".")
    try:
        ip_address(host)
    except ValueError:
        found = _suffixes().privatesuffix(host)
        return found or authority
    return authority
