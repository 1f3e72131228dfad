"""Assembles everything once over an opened house: doors, health, what runs beside them. It alone sees all rooms.

`fedicert serve` opens the house (`jobs/opening.py`) and calls `serve`; tests that run several servers in one process
call `build` with a clock and chance of their own and speak ASGI to what they get.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from uvicorn.server import HANDLED_SIGNALS

from fedicert import __version__
from fedicert.base.clock import MINUTE, Clock, SystemClock
from fedicert.base.ids import Entropy, SystemEntropy
from fedicert.base.log import Level, log
from fedicert.config import Config
from fedicert.discovery import actors as discovered
from fedicert.discovery.blocked import BlockedDomains, OpenRoads
from fedicert.discovery.keys import KeyRing
from fedicert.discovery.licences import Licences
from fedicert.discovery.met_issuers import InStore
from fedicert.discovery.own_documents import OwnDocuments
from fedicert.discovery.peers import Peers
from fedicert.discovery.pictures import RemotePictures
from fedicert.discovery.signing import InstanceSigner
from fedicert.jobs import journeys
from fedicert.jobs.certify import Certifying
from fedicert.jobs.commands import listening
from fedicert.jobs.errands import bound
from fedicert.jobs.issuing import Here, Office, keeping_lists_signed
from fedicert.jobs.opening import House, open_house, socket_path
from fedicert.jobs.running import Work
from fedicert.media.studio import Studio
from fedicert.model.pictures import MEGABYTE
from fedicert.operations.commands import Command
from fedicert.remote.fetch import Fetcher
from fedicert.remote.guard import Guard, Policy
from fedicert.remote.key_documents import KeyFinder
from fedicert.remote.wire import Wire
from fedicert.store.picture_cache import PictureCache
from fedicert.store.shelf import Shelf
from fedicert.web.doors import authority_routes, routes
from fedicert.web.plumbing.app import App
from fedicert.web.plumbing.deps import Deps
from fedicert.web.plumbing.health import Health
from fedicert.web.plumbing.limits import RateLimits
from fedicert.web.plumbing.protocol import LimitedProtocol
from fedicert.web.plumbing.templates import Pages

STATIC = Path(__file__).resolve().parent.parent / "static"
PICTURES = "pictures-of-others"
"""The folder in the data folder where pictures of other servers are kept for a while."""
GRACE_SECONDS = 3
"""How long requests under way may go on after SIGTERM."""
WORK_SECONDS = 4.0
"""How long the work may take to end after that: its own grace, and giving back what wasn't done."""
LAST_SECONDS = 9.0
"""The process ends so long after SIGTERM in any case: everything acknowledged is on the disk by then."""

LATE = 15 * MINUTE
"""A job that is due for this long means that the process isn't fit for more."""

Ready = Callable[[], None]


class Authority(App):
    """The doors of an issuer without an instance: its documents, and whether it is well."""

    def __init__(self, house: House, deps: Deps) -> None:
        files = Mount("/static", StaticFiles(directory=STATIC))
        super().__init__(deps, authority_routes(), mounts=[files], lifespan=_issuing)
        self.house = house


class Server(App):
    """The doors of one server, with the house they open into and the work that runs beside them."""

    def __init__(self, house: House, work: Work, deps: Deps) -> None:
        super().__init__(deps, routes(), mounts=[Mount("/static", StaticFiles(directory=STATIC))], lifespan=_living)
        self.house = house
        self.work = work


async def build(
    config: Config, *, clock: Clock | None = None, entropy: Entropy | None = None, wire: Wire | None = None
) -> Server:
    """A whole server, its database brought up to date and founded. End it with `close`.

    `wire`: the way to other servers, the real network where none is given. Raises ConfigError, SchemaTooNew,
    StoreUnavailable: then nothing is left open.
    """
    house = await open_house(config, clock or SystemClock(), entropy or SystemEntropy(), lambda _: None)
    return assemble(house, wire)


async def close(app: Server) -> None:
    """Finish what was begun, and close the house that `build` opened."""
    await _let_go(app.deps)
    await app.house.close()


def assemble(house: House, wire: Wire | None = None) -> Server:
    """The application over an opened house. What runs beside the doors runs during its lifespan."""
    peers = meet_others(house, wire or fetcher_of(house.config))
    work = Work(house, peers, licences_of(house, peers), user_agent=user_agent(house.config))
    return Server(house, work, _deps(house, peers))


def assemble_authority(house: House) -> Authority:
    """The application of an issuer without an instance, whose house was opened without one."""
    return Authority(house, _deps(house, meet_others(house, fetcher_of(house.config))))


def office_of(house: House) -> Office:
    """What issues in the name of this house's issuer."""
    return Office(Here(house.db), house.vault, house.prover, house.clock, house.entropy)


def _deps(house: House, peers: Peers) -> Deps:
    config = house.config
    return Deps(
        config=config,
        db=house.db,
        urls=house.urls,
        clock=house.clock,
        entropy=house.entropy,
        keys=house.pool,
        vault=house.vault,
        limits=RateLimits(house.clock, enabled=config.rate_limits),
        pages=Pages(server_name=config.name, base=config.base),
        health=Health(house.db, config.data_dir),
        peers=peers,
        keyring=KeyRing(peers),
        shelf=Shelf(house.urls),
        blobs=house.blobs,
        studio=Studio(),
        # A child of its own: what others serve must not hold up the people here.
        pictures=RemotePictures(
            peers, Studio(), PictureCache(config.data_dir / PICTURES, config.media_cache_megabytes * MEGABYTE)
        ),
    )


def fetcher_of(config: Config) -> Fetcher:
    """The way to the real network, as far as the guard lets through."""
    guard = Guard(Policy(allow_loopback_and_http=config.allow_loopback_and_http))
    return Fetcher(guard, user_agent=user_agent(config))


def user_agent(config: Config) -> str:
    """How we introduce ourselves to other servers."""
    return f"fedicert/{__version__} (+{config.base}/)"


def meet_others(house: House, wire: Wire) -> Peers:
    """What it takes to meet other servers over this wire."""
    sign = InstanceSigner(house.db, house.urls, house.clock, house.vault, house.pool)
    wire = OpenRoads(wire, BlockedDomains(house.db, house.clock))
    return Peers(
        db=house.db,
        wire=wire,
        urls=house.urls,
        clock=house.clock,
        keys=KeyFinder(wire, house.clock, sign),
        sign=sign,
        scheme=house.config.base.partition(":")[0],
    )


def licences_of(house: House, peers: Peers) -> Licences:
    """What looks at licences over the same wire, by this server's trust list."""
    return Licences(
        peers.wire,
        house.prover,
        house.clock,
        InStore(house.db),
        house.config.trust,
        plain=house.config.allow_loopback_and_http,
        own=OwnDocuments(house.db),
    )


@contextlib.asynccontextmanager
async def meeting_alone(house: House) -> AsyncIterator[Peers]:
    """What it takes to meet others, for a command that opened the house itself."""
    peers = meet_others(house, fetcher_of(house.config))
    try:
        yield peers
    finally:
        await _hang_up(peers)


@contextlib.asynccontextmanager
async def certifying_alone(house: House) -> AsyncIterator[Certifying]:
    """What looks at licences and writes down what it finds, for a command that opened the house itself."""
    peers = meet_others(house, fetcher_of(house.config))
    try:
        yield Certifying(
            house.db,
            house.urls,
            licences_of(house, peers),
            int(house.config.licence_check_minutes * MINUTE),
            partial(discovered.refresh, peers),
        )
    finally:
        await _hang_up(peers)


async def _let_go(deps: Deps) -> None:
    """End what a server started besides its house."""
    await deps.studio.close()
    await deps.pictures.close()
    await _hang_up(deps.peers)


async def _hang_up(peers: Peers) -> None:
    """Close the connections to others, where they are ours."""
    wire = peers.wire.wire if isinstance(peers.wire, OpenRoads) else peers.wire
    if isinstance(wire, Fetcher):
        await wire.close()


async def work(house: House, *, ready: Ready = lambda: None) -> None:
    """Do background work alone, without doors, until SIGTERM or Ctrl-C. Leaves the house open."""
    bridge_log()
    peers = meet_others(house, fetcher_of(house.config))
    working = Work(house, peers, licences_of(house, peers), user_agent=user_agent(house.config))
    task = asyncio.create_task(working.run())
    loop = asyncio.get_running_loop()

    def stop() -> None:
        _end_in_any_case()
        # Cancelled once more, it would drop what it is giving back.
        if not task.cancelling():
            task.cancel()

    for number in HANDLED_SIGNALS:
        loop.add_signal_handler(number, stop)
    ready()
    try:
        async with keeping_lists_signed(office_of(house)):
            with contextlib.suppress(asyncio.CancelledError):
                await task
    finally:
        for number in HANDLED_SIGNALS:
            loop.remove_signal_handler(number)
        await _hang_up(peers)


async def serve(house: House, listener: socket.socket, *, ready: Ready = lambda: None) -> None:
    """Serve on a bound socket until SIGTERM or Ctrl-C, and return within ten seconds of it. Leaves the house open.

    `ready` is called once connections are taken.
    """
    bridge_log()
    await listen(assemble(house), ready).serve([listener])


async def serve_authority(house: House, listener: socket.socket, *, ready: Ready = lambda: None) -> None:
    """As `serve`, for an issuer without an instance."""
    bridge_log()
    await listen(assemble_authority(house), ready).serve([listener])


def listen(app: App, ready: Ready = lambda: None) -> uvicorn.Server:
    """The HTTP server of an application; its `serve` takes bound sockets and ends when `should_exit` is set."""
    proxies = list(app.deps.config.trusted_proxies)
    settings = uvicorn.Config(
        app,
        http=LimitedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return _Server(settings, ready)


class _Server(uvicorn.Server):
    """uvicorn's server that says when it listens, and that doesn't raise the signal which ended it once more.

    A second signal ends the wait for requests under way, as uvicorn has it, and nothing else: what runs beside the doors
    ends in its own way all the same.
    """

    def __init__(self, config: uvicorn.Config, ready: Ready) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        _end_in_any_case()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self.force_exit:
            broken_off = list(self.server_state.tasks)
            for task in broken_off:
                task.cancel()
            await asyncio.gather(*broken_off, return_exceptions=True)
            if not self.lifespan.shutdown_event.is_set():
                await self.lifespan.shutdown()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in HANDLED_SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in HANDLED_SIGNALS:
                loop.remove_signal_handler(number)


def _end_in_any_case() -> None:
    """From now on the process has `LAST_SECONDS`, whatever holds it up: a job that can't be broken off, a look-up in
    a thread, a database that doesn't answer. Nothing acknowledged is lost by it, as by any other end.
    """

    def end() -> None:
        log("stopped_late", "warning", seconds=LAST_SECONDS)
        os._exit(1)

    timer = threading.Timer(LAST_SECONDS, end)
    timer.daemon = True
    timer.start()


@contextlib.asynccontextmanager
async def _living(app: App) -> AsyncIterator[None]:
    """What runs beside the doors while they are open."""
    assert isinstance(app, Server)
    health, config = app.deps.health, app.deps.config
    health.start()
    async with contextlib.AsyncExitStack() as running:
        if config.on_sqlite:
            await running.enter_async_context(listening(app.deps.db, socket_path(config), _errands(app)))
        if config.workers:
            await running.enter_async_context(_working(app.work, health))
            await running.enter_async_context(keeping_lists_signed(office_of(app.house)))
        log("started", address=config.base)
        try:
            yield
        finally:
            health.stop()
    await _hang_up(app.deps.peers)
    log("stopped")


def _errands(app: Server) -> dict[str, Command]:
    """What commands ask for that takes more than the database."""
    return bound(app.work.certifying) | journeys.bound(app.deps.peers, app.deps.blobs)


@contextlib.asynccontextmanager
async def _issuing(app: App) -> AsyncIterator[None]:
    """What runs beside an issuer's doors: commands, and the signing of lists that changed or lapse."""
    assert isinstance(app, Authority)
    health, config = app.deps.health, app.deps.config
    health.start()
    async with contextlib.AsyncExitStack() as running:
        await running.enter_async_context(listening(app.deps.db, socket_path(config)))
        await running.enter_async_context(keeping_lists_signed(office_of(app.house)))
        log("started", address=config.base)
        try:
            yield
        finally:
            health.stop()
    await _let_go(app.deps)
    log("stopped")


@contextlib.asynccontextmanager
async def _working(work: Work, health: Health) -> AsyncIterator[None]:
    """Jobs and deliveries while this is entered. Work that ended by itself makes the process unready."""
    task = asyncio.create_task(work.run())

    async def goes_on() -> str:
        return "ended by itself" if task.done() else ""

    async def keeps_up() -> str:
        return "behind" if await work.worker.late() > LATE else ""

    task.add_done_callback(_report)
    health.add("work", goes_on)
    health.add("queue", keeps_up)
    try:
        yield
    finally:
        await _end(task)


def _report(ended: asyncio.Task[None]) -> None:
    error = None if ended.cancelled() else ended.exception()
    if error is not None:
        log.failure("work_ended", error)


async def _end(task: asyncio.Task[None]) -> None:
    """Ask it to stop; after a while ask once more, which breaks off what it was still waiting for."""
    for _ in range(2):
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=WORK_SECONDS)


class _Bridge(logging.Handler):
    """Lines of libraries, and of rooms that use the standard logger, become events; fields come in `extra`."""

    def emit(self, record: logging.LogRecord) -> None:
        level: Level = "error" if record.levelno >= logging.ERROR else "warning"
        fields = getattr(record, "fields", {})
        if record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError):
            log("request_broken_off", "warning", logger=record.name)  # by the end of this process: no fault
        elif record.exc_info and record.exc_info[1] is not None:
            log.failure("library", record.exc_info[1], logger=record.name, said=record.getMessage(), **fields)
        else:
            log("library", level, logger=record.name, said=record.getMessage(), **fields)


def bridge_log() -> None:
    """Let what libraries say, from warnings on, come out as lines of our log."""
    root = logging.getLogger()
    root.handlers = [_Bridge(logging.WARNING)]
    root.setLevel(logging.WARNING)
