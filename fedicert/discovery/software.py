"""What software a host says it runs (NodeInfo): its name, and nothing is inferred from it but whether Reject is honoured.

A host says of itself what it likes; what a hostile one may gain by that is in `FEDERATION.md`.
"""

from fedicert.base import json
from fedicert.base.errors import BadRequest, RemoteInvalid
from fedicert.base.urls import same_origin
from fedicert.discovery.peers import Peers
from fedicert.remote.wire import Limits, Request, check_status

WELL_KNOWN = "/.well-known/nodeinfo"
SCHEMAS = ("http://nodeinfo.diaspora.software/ns/schema/2.1", "http://nodeinfo.diaspora.software/ns/schema/2.0")
LIMITS = Limits(total_seconds=5.0, max_bytes=65_536, same_origin=True)
LONGEST = 100


async def name_of(peers: Peers, host: str) -> str:
    """The software's name in lower case. Raises the `RemoteError` tree where it isn't said."""
    base = f"{peers.scheme}://{host}"
    links = (await _get(peers, base + WELL_KNOWN)).get("links")
    for schema in SCHEMAS:
        for link in links if isinstance(links, list) else ():
            if isinstance(link, dict) and link.get("rel") == schema:
                return await _read(peers, base, link.get("href"))
    raise RemoteInvalid(f"{host} has no NodeInfo")


async def _read(peers: Peers, base: str, href: object) -> str:
    # The address is the other server's word: its own origin alone (attack 18).
    if not isinstance(href, str) or not same_origin(href, base):
        raise RemoteInvalid(f"{base} has its NodeInfo on another server")
    software = (await _get(peers, href)).get("software")
    name = software.get("name") if isinstance(software, dict) else None
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST:
        raise RemoteInvalid(f"{href} doesn't name its software")
    return name.lower()


async def _get(peers: Peers, url: str) -> dict[str, object]:
    response = check_status(await peers.wire.send(Request("GET", url, (("accept", "application/json"),)), LIMITS), url)
    try:
        return json.parse_object(response.body)
    except BadRequest as error:
        raise RemoteInvalid(f"{url}: {error}") from None
