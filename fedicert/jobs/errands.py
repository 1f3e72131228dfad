"""What a command asks for that needs the network as well as the database: looking at licences. No unit is open meanwhile.

Beside the operations of `operations/commands.py`: the running server does them where one holds the database, else the
command itself with everything that takes.
"""

from collections.abc import Mapping
from functools import partial

import msgspec

from fedicert.base import json
from fedicert.base.errors import BadRequest, Unprocessable
from fedicert.jobs.certify import Certifying
from fedicert.operations import certification, people, relays
from fedicert.operations.certification import LicenceReport
from fedicert.operations.commands import Command, command_of


async def import_licence(certifying: Certifying, name: str, source: str, text: str) -> LicenceReport:
    """Look at a credential for somebody here, and keep it if it is genuine. Nothing of it is shown to anybody.

    `source`: where it is served, or '' with the credential itself in `text`.
    """
    person = await certifying.db.read(people.find, name)
    looks = certifying.looks
    if text:
        document = json.parse_object(text.encode())
        identifier = document.get("id")
        if not isinstance(identifier, str) or not identifier.startswith(("https://", "http://")):
            raise Unprocessable("this credential has no address of its own as its id, so that nobody could find it")
        looked = await looks.look_at(document, person.uri, fresh=True, lifting=True)
        source = identifier
    elif source.startswith(("https://", "http://")):
        looked = await looks.look(person.uri, source, fresh=True, lifting=True, thorough=True)
    else:
        raise BadRequest(f"{source!r} is neither a file nor an address that begins with https://")
    return await certifying.db.write(
        certification.import_licence,
        certifying.urls,
        person.id,
        source,
        looked.verdict,
        looked.document,
        certifying.every,
    )


async def check(certifying: Certifying, name: str) -> list[LicenceReport]:
    """Look at somebody's licences again now, past what is kept of the issuers; what follows from it holds at once."""
    person = await certifying.db.read(people.find, name)
    await certifying.look_at_account(person.id, everything=True)
    return await certifying.db.read(certification.reports, person.id)


async def add_relay(certifying: Certifying, by: str, address: str, reason: str) -> relays.RelayReport:
    """Subscribe to a relay. `address`: its inbox, as relays for Mastodon give it, or its actor's id (LitePub)."""
    address = address.strip()
    if not address.startswith(("https://", "http://")):
        raise BadRequest(f"{address!r} is no address; a relay's inbox or actor begins with https://")
    style = "mastodon" if address.endswith("/inbox") else "litepub"
    actor = address.removesuffix("/inbox") + "/actor" if style == "mastodon" else address
    if certifying.reread is None:
        raise BadRequest("no other server can be asked here")
    await certifying.reread(actor)
    admin = await certifying.db.read(people.find, by)
    return await certifying.db.write(relays.add, certifying.urls, admin.id, actor, style, reason)


ERRANDS: Mapping[str, Command] = {
    "licence.import": command_of(import_licence, writes=True),
    "licence.check": command_of(check, writes=True),
    "relay.add": command_of(add_relay, writes=True),
}


def bound(certifying: Certifying) -> dict[str, Command]:
    """The errands, to be done with this."""
    return {
        name: msgspec.structs.replace(errand, run=partial(errand.run, certifying)) for name, errand in ERRANDS.items()
    }
