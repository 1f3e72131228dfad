"""One request as a handler sees it: who asks, with what, and the two ways to the database.

`call.read(view, …)` and `call.write(operation, …)` hand the asking account's id over as the first value. Where the
endpoint says `hop=True`, the token is looked up in that very unit: one trip to the database instead of two, always the
present state of the token, and no cache that could outlive a revocation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from starlette.requests import Request
from starlette.types import Receive, Scope

from fedicert.base.errors import BadRequest, Forbidden, NotFound, Unauthorized, Unprocessable
from fedicert.mastodon import scopes
from fedicert.mastodon.paging import Page, link_header, offset_link_header, read_page
from fedicert.model.oauth import AccountState, Token
from fedicert.store.unit import Reader, Tx, is_one_statement, is_quick, one_statement, quick
from fedicert.store.views.access import find_token
from fedicert.web.plumbing.bodies import Fields, query_pairs, read_fields

if TYPE_CHECKING:
    from fedicert.web.plumbing.deps import Deps
    from fedicert.web.plumbing.route import Route

P = ParamSpec("P")
T = TypeVar("T")

MAX_ID = 2**63 - 1
MAX_KEY = 255

INVALID_TOKEN = "The access token is invalid"
OUTSIDE_SCOPES = "This action is outside the authorized scopes"
NEEDS_USER = "This method requires an authenticated user"

_STATES: dict[AccountState, str] = {
    "unconfirmed": "Your login is missing a confirmed e-mail address",
    "pending": "Your login is currently pending approval",
    "disabled": "Your login is currently disabled",
}


class Call:
    """A request under way."""

    __slots__ = (
        "_fields", "_receive", "_resolved", "deps", "form", "now", "params", "request_id", "route", "scope", "token",
        "token_hash",
    )  # fmt: skip

    def __init__(
        self, deps: Deps, route: Route, params: dict[str, str], scope: Scope, receive: Receive, request_id: str
    ) -> None:
        self.deps = deps
        self.route = route
        self.params = params
        self.scope = scope
        self.request_id = request_id
        self.now = deps.clock.now()
        self.form: Any = None
        self.token: Token | None = None
        self.token_hash: str | None = None
        self._receive = receive
        self._fields: Fields | None = None
        self._resolved = False

    @property
    def request(self) -> Request:
        """The request as Starlette shows it."""
        return Request(self.scope, self._receive)

    @property
    def method(self) -> str:
        """GET, POST, …"""
        return str(self.scope["method"])

    @property
    def address(self) -> str:
        """Where the request comes from; a trusted proxy's word counted."""
        client = self.scope.get("client")
        return client[0] if client else ""

    @property
    def viewer(self) -> int | None:
        """The account that asks, None for nobody and for an app alone. Known once the token was looked up."""
        return self.token.account if self.token else None

    @property
    def actor(self) -> int:
        """The account that asks, where the endpoint is for users."""
        account = self.viewer
        if account is None:
            raise RuntimeError("this endpoint is not for users, or asked before its token was looked up")
        return account

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key, where the endpoint takes one. Raises `BadRequest` beyond 255 characters."""
        key = self.header("idempotency-key") if self.route.idempotent else ""
        if len(key) > MAX_KEY:
            raise BadRequest(f"An Idempotency-Key has at most {MAX_KEY} characters")
        return key or None

    def header(self, name: str) -> str:
        """A header of the request, '' where there is none; the name in lower case."""
        wanted = name.encode("latin-1")
        for key, value in self.scope["headers"]:
            if key == wanted:
                return str(value.decode("latin-1"))
        return ""

    def id(self, name: str = "id") -> int:
        """An id in the path. Raises `NotFound` for what can't be one: malformed and unknown look alike."""
        return read_id(self.params[name])

    def query(self, name: str) -> str | None:
        """A value of the query; the last one where it stands there twice."""
        return next((value for key, value in reversed(query_pairs(self.scope)) if key == name), None)

    def page(self, default: int, maximum: int) -> Page:
        """The part of a list that the query asks for."""
        return read_page(dict(query_pairs(self.scope)), default, maximum)

    def link(self, oldest: int | None, newest: int | None, more: bool = True) -> str:
        """The Link header of a page with these cursors at its ends; '' for an empty page. Goes to `Answer(link=…)`."""
        return link_header(self._url(), self._kept(), oldest, newest, more)

    def offset_link(self, page: Page, count: int) -> str:
        """The same of a list that is paged by offset; `count`: how many this page has."""
        return offset_link_header(self._url(), self._kept(), page, count)

    def _url(self) -> str:
        return self.deps.config.base + str(self.scope["path"])

    def _kept(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in query_pairs(self.scope) if name != "access_token"]

    async def fields(self) -> Fields:
        """The fields of body and query, read once."""
        if self._fields is None:
            self._fields = await read_fields(self.scope, self._receive, self.route.most)
        return self._fields

    async def close(self) -> None:
        """Let go of what was uploaded."""
        if self._fields is not None:
            await self._fields.close()

    async def read(
        self, view: Callable[Concatenate[Reader, int, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a view for the asking account."""
        await self._identify_apart(view)
        if self._resolved:
            return await self.deps.db.read(view, _account(self.token), *args, **kwargs)

        async def looked_up(reader: Reader) -> T:
            token = await self._look_up(reader)
            return await view(reader, _account(token), *args, **kwargs)

        return await self.deps.db.read(quick(looked_up) if is_quick(view) else looked_up)

    async def read_public(
        self, view: Callable[Concatenate[Reader, int | None, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a view for whoever asks, be it nobody."""
        await self._identify_apart(view)
        if self._resolved:
            return await self.deps.db.read(view, self.viewer, *args, **kwargs)

        async def looked_up(reader: Reader) -> T:
            token = await self._look_up(reader)
            return await view(reader, token.account if token else None, *args, **kwargs)

        return await self.deps.db.read(quick(looked_up) if is_quick(view) else looked_up)

    async def write(
        self, operation: Callable[Concatenate[Tx, int, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run an operation as the asking account."""

        async def looked_up(tx: Tx) -> T:
            token = await self._look_up(tx)
            return await operation(tx, _account(token), *args, **kwargs)

        return await self.deps.db.write(looked_up)

    async def read_this(self, view: Callable[[Reader, int, int], Awaitable[T]]) -> T:
        """Run a view of what the path names (`id`) for the asking account: (reader, id, account)."""

        async def named(reader: Reader, account: int) -> T:
            return await view(reader, self.id(), account)

        return await self.read(named)

    async def write_this(
        self, operation: Callable[Concatenate[Tx, int, int, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run an operation on what the path names (`id`) as the asking account: (tx, id, account, …)."""

        async def named(tx: Tx, account: int) -> T:
            return await operation(tx, self.id(), account, *args, **kwargs)

        return await self.write(named)

    async def _identify_apart(self, view: Callable[..., Any]) -> None:
        """On PostgreSQL two statements by themselves are two trips, and both in one snapshot are four."""
        if self.deps.db.engine == "postgres" and is_one_statement(view):
            await self.identify()

    async def identify(self) -> None:
        """Look the token up in a unit of its own, where that wasn't done yet."""
        if not self._resolved and (self.route.scopes or self.route.who != "public"):
            await self.deps.db.read(_alone(self._look_up))

    @property
    def resolved(self) -> bool:
        """Was the caller judged already?"""
        return self._resolved or (self.route.who == "public" and not (self.route.scopes and self.token_hash))

    async def _look_up(self, reader: Reader) -> Token | None:
        if self._resolved:
            return self.token
        if self.token_hash is None:
            judge(self.route, None)
            token = None
        else:
            token = await find_token(reader, self.token_hash)
            if token is None:
                raise Unauthorized(INVALID_TOKEN)
            judge(self.route, token)
        self.token = token
        self._resolved = True
        return token


def judge(route: Route, token: Token | None) -> None:
    """May the holder of this token (None: nobody) call this? Raises with the texts of the client API §1."""
    if token is None:
        if route.who != "public":
            raise Unauthorized(INVALID_TOKEN)
        return
    if route.scopes and not any(scopes.grants(token.scopes, needed) for needed in route.scopes):
        raise Forbidden(OUTSIDE_SCOPES)
    if token.account is None:
        if route.who == "user":
            raise Unprocessable(NEEDS_USER)
        return
    if token.state != "ready" and route.who != "app" and not (route.unready and token.state != "disabled"):
        raise Forbidden(_STATES[token.state])


def bearer(scope: Scope) -> str | None:
    """The token in the Authorization header, '' where the header is no bearer's; None without the header."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if kind.lower() == "bearer" else ""
    return None


def read_id(text: str) -> int:
    """An id as clients write it: decimal digits that fit 63 bits. Raises `NotFound`."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        raise NotFound()
    number = int(text)
    if not 0 < number <= MAX_ID:
        raise NotFound()
    return number


def _alone(look_up: Callable[[Reader], Awaitable[Token | None]]) -> Callable[[Reader], Awaitable[Token | None]]:
    """The look-up of a token as a view of one statement."""

    @quick
    @one_statement
    async def view(reader: Reader) -> Token | None:
        return await look_up(reader)

    return view


def _account(token: Token | None) -> int:
    if token is None or token.account is None:
        raise RuntimeError("an endpoint that acts for an account must be for users")
    return token.account
