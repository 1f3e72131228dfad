"""Everything that works beside the doors, started and stopped together: the worker, the deliverer and its courier."""

import asyncio
import contextlib
from functools import partial

from fedicert.base.clock import MINUTE
from fedicert.base.errors import StoreUnavailable
from fedicert.base.log import log
from fedicert.discovery import actors
from fedicert.discovery.peers import Peers
from fedicert.jobs import certify
from fedicert.jobs.certify import Certifying, Looks
from fedicert.jobs.deliver import Deliverer
from fedicert.jobs.gone import Leaving
from fedicert.jobs.opening import House
from fedicert.jobs.supplies import CheckpointSigner, Supplies
from fedicert.jobs.table import kinds
from fedicert.jobs.upkeep import start_rounds
from fedicert.jobs.worker import POLL_SECONDS, Worker
from fedicert.keys import pairs
from fedicert.keys.pen import pen_of
from fedicert.remote.courier import Courier, Setup
from fedicert.remote.guard import Guard, Policy
from fedicert.remote.parcels import CourierLimits
from fedicert.store.patience import Patience

GRACE_SECONDS = 2.0
"""How long jobs and deliveries under way may go on once the work is to end."""

SIGNER = "fedicert.keys.pairs:sign_batch"


class Work:
    """The work of one process. `drain` does all that is due, for tests; `run` goes on until it is cancelled."""

    def __init__(
        self, house: House, peers: Peers, looks: Looks, *, user_agent: str, guard: Guard | None = None
    ) -> None:
        config = house.config
        every = int(config.licence_check_minutes * MINUTE)
        self.certifying = Certifying(house.db, house.urls, looks, every, partial(actors.refresh, peers))
        self._trust = config.trust
        patience = Patience(tries=config.delivery.tries, days=config.delivery.days)
        setup = Setup(
            policy=Policy(allow_loopback_and_http=config.allow_loopback_and_http),
            user_agent=user_agent,
            signer=SIGNER,
            limits=CourierLimits(
                total=config.delivery.in_flight,
                per_host=config.delivery.per_host,
                total_seconds=config.delivery.total_seconds,
                connect_seconds=config.delivery.connect_seconds,
            ),
        )
        self.courier = Courier(
            setup,
            Supplies(house.db, house.vault),
            house.clock,
            local=not config.courier,
            guard=guard,
            sign_batch=pairs.sign_batch,
        )
        self._db = house.db
        signer = CheckpointSigner(house.db, house.vault, house.pool)
        done = kinds(peers, signer, self.certifying, house.blobs, pen_of(house.vault), patience)
        self.worker = Worker(house.db, done, house.entropy)
        self.deliverer = Deliverer(house.db, self.courier.deliver, gone=Leaving(peers).tell, patience=patience)

    async def _begin_rounds(self) -> None:
        """A database that is away at this moment is waited for, as the worker does later."""
        while True:
            try:
                await self._db.write(start_rounds, self.certifying.every)
                await certify.begin(self._db, self._trust)
            except StoreUnavailable as error:
                log("worker_waits", "warning", error=type(error).__name__, message=str(error))
                await asyncio.sleep(POLL_SECONDS)
            else:
                return

    async def run(self, grace: float = GRACE_SECONDS) -> None:
        """Work until cancelled; then take no more, and give back what isn't done within `grace` seconds."""
        working: list[asyncio.Task[None]] = []
        try:
            await self.courier.start()
            await self._begin_rounds()
            working += [asyncio.create_task(self.worker.run()), asyncio.create_task(self.deliverer.run())]
            log("working")
            await asyncio.gather(*working)
        finally:
            await asyncio.gather(self.worker.stop(grace), self.deliverer.stop(grace))
            for task in working:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*working, return_exceptions=True)
            await self.courier.stop(0)
