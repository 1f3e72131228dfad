"""Commands about moving and taking out, which need the network or the disk as well as the database. No unit is open
meanwhile. As the errands of `jobs/errands.py`: the running server does them, or the command itself."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import msgspec

from fedicert.discovery import moves as discovery
from fedicert.discovery.peers import Peers
from fedicert.jobs.archives import Archiving
from fedicert.operations import archives, moves, people
from fedicert.operations.commands import Command, command_of
from fedicert.store.blobs import Blobs


class Journeys(msgspec.Struct, frozen=True):
    """What they take."""

    peers: Peers
    blobs: Blobs


async def alias(journeys: Journeys, name: str, who: str) -> list[str]:
    """Somebody here says that another account is theirs; all of them, by actor id."""
    db = journeys.peers.db
    person = await db.read(people.find, name)
    return await db.write(moves.alias, journeys.peers.urls, person.id, await discovery.find(journeys.peers, who))


async def move(journeys: Journeys, name: str, who: str) -> str:
    """Somebody here moves to another account; its actor id."""
    peers = journeys.peers
    person = await peers.db.read(people.find, name)
    ours = f"@{person.username}@{peers.urls.domain}"
    target = await discovery.find_target(peers, person.uri, ours, who)
    await peers.db.write(moves.move_out, peers.urls, person.id, target)
    return (await peers.db.read(moves.state, person.id)).moved_to


async def export(journeys: Journeys, name: str, path: str) -> int:
    """Write the archive of somebody here into a new file; its bytes."""
    db = journeys.peers.db
    person = await db.read(people.find, name)
    file = Path(path)
    await Archiving(db, journeys.peers.urls, journeys.blobs).write(person.id, file)
    await db.write(archives.told, person.id)
    return file.stat().st_size


JOURNEYS: Mapping[str, Command] = {
    "account.alias": command_of(alias, writes=True),
    "account.move": command_of(move, writes=True),
    "account.export": command_of(export, writes=True),
}


def bound(peers: Peers, blobs: Blobs) -> dict[str, Command]:
    """The commands, to be done with these."""
    journeys = Journeys(peers, blobs)
    return {
        name: msgspec.structs.replace(command, run=partial(command.run, journeys)) for name, command in JOURNEYS.items()
    }
