"""Builds everything once: Config → database, keys, doors → one application; and serves it. It alone sees all rooms.

`build` is used by `serve` and by tests that run several servers in one process: clock and chance are arguments.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import uvicorn
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from fedicert import __version__
from fedicert.base.clock import Clock, SystemClock
from fedicert.base.ids import Entropy, SystemEntropy
from fedicert.base.log import Level, log
from fedicert.config import Config
from fedicert.discovery.keys import KeyRing
from fedicert.discovery.peers import Peers
from fedicert.discovery.signing import InstanceSigner
from fedicert.jobs.commands import listening
from fedicert.jobs.opening import FirstOwner, House, Tell, make_first_owner, open_house, socket_path
from fedicert.remote.fetch import Fetcher
from fedicert.remote.guard import Guard, Policy
from fedicert.remote.key_documents import KeyFinder
from fedicert.remote.wire import Wire
from fedicert.web.federation import activities, actors, collections, inbox, nodeinfo, posts, webfinger
from fedicert.web.oauth import apps, authorize, login, tokens
from fedicert.web.pages import health as health_pages
from fedicert.web.pages import public
from fedicert.web.plumbing.app import App
from fedicert.web.plumbing.deps import Deps
from fedicert.web.plumbing.endpoint import Route, routes_of
from fedicert.web.plumbing.health import Health
from fedicert.web.plumbing.limits import RateLimits
from fedicert.web.plumbing.protocol import LimitedProtocol
from fedicert.web.plumbing.templates import Pages

STATIC = Path(__file__).resolve().parent.parent / "static"
GRACE_SECONDS = 5
CLOSE_SECONDS = 3.0

Ready = Callable[[House, FirstOwner | None], None]


def _silent(_: str) -> None:
    """Tell nobody."""


def _welcome_nobody(_: House, __: FirstOwner | None) -> None:
    """Welcome nobody."""


async def build(
    config: Config,
    *,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    tell: Tell = _silent,
    wire: Wire | None = None,
) -> App:
    """A whole server, its database brought up to date and founded, that answers ASGI. `close` it in the end.

    `tell` hears what is made on the way; `wire` is the way to other servers, the real network by default. Raises
    ConfigError, SchemaTooNew, StoreUnavailable: then nothing is left open.
    """
    house = await open_house(config, clock or SystemClock(), entropy or SystemEntropy(), tell)
    for sentence in house.warnings:
        log("configuration_differs", "warning", message=sentence)
    return assemble(house, wire)


def assemble(house: House, wire: Wire | None = None) -> App:
    """The application over an opened house, which it owns from now on."""
    config = house.config
    peers = meet_others(house, wire or fetcher_of(config))
    deps = Deps(
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
    )
    return App(deps, routes(), mounts=[Mount("/static", StaticFiles(directory=STATIC))], lifespan=_living)


def routes() -> list[Route]:
    """Every route of every door."""
    federation = routes_of(inbox, actors, collections, posts, activities, webfinger, nodeinfo)
    return federation + routes_of(apps, authorize, login, tokens, public, health_pages)


def fetcher_of(config: Config) -> Fetcher:
    """The way to the real network, as far as the guard lets through."""
    guard = Guard(Policy(allow_loopback_and_http=config.allow_loopback_and_http))
    return Fetcher(guard, user_agent=f"fedicert/{__version__} (+{config.base}/)")


def meet_others(house: House, wire: Wire) -> Peers:
    """What it takes to meet other servers over this wire."""
    sign = InstanceSigner(house.db, house.urls, house.clock, house.vault, house.pool)
    return Peers(
        db=house.db,
        wire=wire,
        urls=house.urls,
        clock=house.clock,
        keys=KeyFinder(wire, house.clock, sign),
        sign=sign,
        scheme=house.config.base.partition(":")[0],
    )


async def close(app: App) -> None:
    """Finish what was begun and close."""
    if isinstance(app.deps.peers.wire, Fetcher):
        await app.deps.peers.wire.close()
    app.deps.keys.close()
    await app.deps.db.close()


def serve(config: Config, tell: Tell = _silent, ready: Ready = _welcome_nobody) -> int:
    """Serve until SIGTERM or Ctrl-C; the exit code.

    `tell` hears what a first start makes; `ready` is called before the first request, with the first owner where this
    start made one. Raises as `build` does.
    """
    import uvloop

    configure_log(config.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(config, tell, ready))


async def _serve(config: Config, tell: Tell, ready: Ready) -> int:
    house = await open_house(config, SystemClock(), SystemEntropy(), tell)
    for sentence in house.warnings:
        log("configuration_differs", "warning", message=sentence)
    app = assemble(house)
    try:
        ready(house, await make_first_owner(house))
        settings = uvicorn.Config(
            app,
            host=config.bind,
            port=config.port,
            http=LimitedProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(config.trusted_proxies),
            forwarded_allow_ips=list(config.trusted_proxies),
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        server = _Server(settings)
        await server.serve()
        return 0 if server.started else 1
    finally:
        async with asyncio.timeout(CLOSE_SECONDS):
            await close(app)


class _Server(uvicorn.Server):
    """uvicorn's server, except that a signal which ended it in good order isn't raised once more."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in uvicorn.server.HANDLED_SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in uvicorn.server.HANDLED_SIGNALS:
                loop.remove_signal_handler(number)


@contextlib.asynccontextmanager
async def _living(app: App) -> AsyncIterator[None]:
    """What runs beside the doors while they are open."""
    health = app.deps.health
    health.start()
    async with contextlib.AsyncExitStack() as running:
        if app.deps.config.on_sqlite:
            await running.enter_async_context(listening(app.deps.db, socket_path(app.deps.config)))
        log("started", address=app.deps.config.base)
        try:
            yield
        finally:
            health.stop()
    log("stopped")


class _Bridge(logging.Handler):
    """Lines of libraries, and of rooms that use the standard logger, become events; fields come in `extra`."""

    def emit(self, record: logging.LogRecord) -> None:
        level: Level = "error" if record.levelno >= logging.ERROR else "warning"
        fields = getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1] is not None:
            log.failure(record.getMessage(), record.exc_info[1], logger=record.name, **fields)
        else:
            log("library", level, logger=record.name, message=record.getMessage(), **fields)


def configure_log(level: Level) -> None:
    """Everything this process says goes through one log, from this level on; libraries from warnings on."""
    log.configure(level=level)
    root = logging.getLogger()
    root.handlers = [_Bridge(logging.WARNING)]
    root.setLevel(logging.WARNING)
