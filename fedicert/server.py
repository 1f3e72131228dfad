"""Builds everything once: Config → database, keys, doors → one application; and serves it. The only place that sees all rooms.

`build` is used by `serve` and by tests that run several servers in one process: clock and chance are arguments.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import uvicorn
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from fedicert.base.clock import Clock, SystemClock
from fedicert.base.ids import Entropy, SystemEntropy
from fedicert.base.log import Level, log
from fedicert.config import Config
from fedicert.keys.pairs import Pair
from fedicert.keys.pool import KeyPool
from fedicert.keys.vault import FILE_NAME, FILE_VARIABLE, Vault, open_vault
from fedicert.model.sealed_keys import SealedKey
from fedicert.model.urls import Urls
from fedicert.operations import instance, tiers
from fedicert.store.database import open_database
from fedicert.store.migrations import migrate
from fedicert.store.unit import Database
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

Started = Callable[[App], Awaitable[None]]


async def build(config: Config, *, clock: Clock | None = None, entropy: Entropy | None = None) -> App:
    """A whole server, its database brought up to date and founded, that answers ASGI. `close` it in the end.

    Raises ConfigError, SchemaTooNew, StoreUnavailable: then nothing is left open.
    """
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    db = await open_database(config.database, clock=clock, entropy=entropy)
    try:
        await migrate(db)
        vault = _vault(config, entropy)
        keys = KeyPool(entropy)
        urls = Urls(config.base, config.domain)
        await prepare(config, db, urls, keys, vault)
    except BaseException:
        await db.close()
        raise
    deps = Deps(
        config=config,
        db=db,
        urls=urls,
        clock=clock,
        entropy=entropy,
        keys=keys,
        vault=vault,
        limits=RateLimits(clock, enabled=config.rate_limits),
        pages=Pages(server_name=config.name, base=config.base),
        health=Health(db, config.data_dir),
    )
    return App(deps, routes(), mounts=[Mount("/static", StaticFiles(directory=STATIC))], lifespan=_living)


def routes() -> list[Route]:
    """Every route of every door."""
    return routes_of(apps, authorize, login, tokens, public, health_pages)


async def prepare(config: Config, db: Database, urls: Urls, keys: KeyPool, vault: Vault) -> bool:
    """First start: names, ladder, the instance's actor and its keys. Was it the first?

    Later starts: refuse other names (ConfigError), and warn where the ladder in the file differs from the one that holds.
    """
    await db.read(instance.check_names, urls)
    if not await db.read(instance.founded):
        sealed = await new_keys(db, keys, vault, urls, urls.instance_actor)
        founding = instance.Founding(
            urls=urls, name=config.name, tiers=config.tiers, signups=config.signups, keys=sealed
        )
        return await db.write(instance.found, founding)
    for sentence in await db.read(tiers.differences, config.tiers):
        log("configuration_differs", "warning", message=sentence)
    return False


async def new_keys(db: Database, keys: KeyPool, vault: Vault, urls: Urls, actor: str) -> list[SealedKey]:
    """The pairs of a new local actor, sealed and ready for the unit of work that makes the account."""
    rsa, ed25519 = await keys.new_rsa(), await keys.new_ed25519()
    first, second = await db.write(instance.new_ids, 2)
    return [
        _sealed(vault, first, rsa, urls.main_key(actor)),
        _sealed(vault, second, ed25519, urls.ed25519_key(actor)),
    ]


async def close(app: App) -> None:
    """Finish what was begun and close."""
    app.deps.keys.close()
    await app.deps.db.close()


def serve(config: Config, started: Started | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; the exit code. `started` is called before the first request is taken."""
    import uvloop

    configure_log(config.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(config, started))


async def _serve(config: Config, started: Started | None) -> int:
    app = await build(config)
    try:
        if started is not None:
            await started(app)
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


def _vault(config: Config, entropy: Entropy) -> Vault:
    own = config.master_key_file == config.data_dir / FILE_NAME
    environment = {} if own else {FILE_VARIABLE: str(config.master_key_file)}
    return open_vault(config.data_dir, entropy, environment, create=own)


def _sealed(vault: Vault, number: int, pair: Pair, kid: str) -> SealedKey:
    return SealedKey(
        id=number, purpose="actor", alg=pair.algorithm, public=pair.public, sealed=vault.seal(number, pair.secret), kid=kid
    )
