"""Incoming activities have their effect: a look at the network for each, then one unit of work for the whole batch.

In the unit in which an activity is applied it is noted that it was: exactly once in effect, whatever is killed when.
What can't be applied is undone by itself and settled with the reason; only what may heal is tried again.
"""

import asyncio
from collections.abc import Sequence

import msgspec
import orjson

from fedicert.activitypub.read import read_activity
from fedicert.base.errors import FedicertError, RemoteUnreachable, StoreError, TooManyRequests, Unavailable
from fedicert.base.log import log
from fedicert.discovery import actors
from fedicert.discovery.peers import Peers
from fedicert.inbox.effects import Effect, nothing
from fedicert.inbox.receivers import RECEIVERS
from fedicert.jobs.kinds import Failures
from fedicert.operations import arrivals, jobs
from fedicert.operations.arrivals import Arrival
from fedicert.operations.jobs import Job
from fedicert.store.unit import Tx
from fedicert.store.views import peers as peer_views

TAKES_BACK = ("Delete", "Undo", "Block", "Reject")
HEALS = (RemoteUnreachable, TooManyRequests, Unavailable, StoreError)


class Prepared(msgspec.Struct, frozen=True):
    """An activity with what is to be done for it."""

    arrival: Arrival
    effect: Effect


class Receiving:
    """Handles jobs of the kind `receive`."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def batch(self, batch: Sequence[Job]) -> Failures | None:
        """Apply the activities of these jobs; returns those that failed and why."""
        by_arrival = {int(job.payload["arrival"]): job for job in batch}
        waiting = await self._peers.db.read(arrivals.waiting, list(by_arrival))
        found = await asyncio.gather(*(self._prepare(arrival) for arrival in waiting), return_exceptions=True)
        failures: dict[int, Exception] = {}
        ready: list[Prepared] = []
        for arrival, result in zip(waiting, found, strict=True):
            if isinstance(result, Prepared):
                ready.append(result)
            elif isinstance(result, Exception):
                failures[by_arrival[arrival.id].id] = result
            else:
                raise result
        done = [job for job in batch if job.id not in failures]
        if done:
            for arrival, outcome in await self._applied(ready, done):
                log("received", type=arrival.type, arrival=arrival.id, actor=arrival.actor, outcome=outcome)
        return failures

    async def _applied(self, ready: Sequence[Prepared], done: Sequence[Job]) -> list[tuple[Arrival, str]]:
        """All at once; where one of them is refused, once more with a savepoint around each."""
        try:
            return await self._peers.db.write(_apply, ready, done)
        except StoreError:
            raise
        except FedicertError:
            return await self._peers.db.write(_apply_apart, ready, done)

    async def _prepare(self, arrival: Arrival) -> Prepared:
        try:
            return Prepared(arrival, await self._effect(arrival))
        except HEALS:
            raise
        except FedicertError as error:
            # It can't be read, or what it speaks of can't be had: that won't change.
            return Prepared(arrival, nothing(str(error)))

    async def _effect(self, arrival: Arrival) -> Effect:
        receive = RECEIVERS.get(arrival.type)
        if receive is None:
            return nothing(f"{arrival.type} has no effect here")
        activity = read_activity(orjson.loads(arrival.body))
        signer = await self._signer(arrival)
        return nothing("nobody met here") if signer is None else await receive(self._peers, activity, signer)

    async def _signer(self, arrival: Arrival) -> int | None:
        """The account of who signed. Whoever deletes need not be met, nor be there any longer: nothing is fetched; and
        whoever is suspended here may take back all the same, which may free a slot."""
        if arrival.type not in TAKES_BACK:
            return await actors.account_of(self._peers, arrival.actor)
        met = await self._peers.db.read(peer_views.met, arrival.actor)
        if arrival.type != "Delete" and (met is None or not met.barred):
            return await actors.account_of(self._peers, arrival.actor)
        return None if met is None else met.id


async def _apply(tx: Tx, ready: Sequence[Prepared], done: Sequence[Job]) -> list[tuple[Arrival, str]]:
    told = [(prepared.arrival, await _one(tx, prepared)) for prepared in ready]
    await jobs.finish(tx, *done)
    return told


async def _apply_apart(tx: Tx, ready: Sequence[Prepared], done: Sequence[Job]) -> list[tuple[Arrival, str]]:
    told = []
    for prepared in ready:
        try:
            outcome = await tx.attempt(_one, prepared)
        except StoreError:
            raise
        except FedicertError as error:
            outcome = f"refused: {error}"
            await arrivals.settle(tx, prepared.arrival.id, outcome)
        told.append((prepared.arrival, outcome))
    await jobs.finish(tx, *done)
    return told


async def _one(tx: Tx, prepared: Prepared) -> str:
    outcome = await prepared.effect(tx)
    if not await arrivals.settle(tx, prepared.arrival.id, outcome):
        raise StoreError("another worker applied this activity meanwhile")
    return outcome
