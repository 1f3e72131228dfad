"""The application: what is done around every handler, in the order it is done. A Starlette application without layers.

request id → route → rate → token and scope → fields → handler → answer or problem → headers → one line in the log.
Handlers and errors never meet ASGI; only what streams (a Starlette response) is passed through.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from time import perf_counter
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

from fedicert.base.errors import NotFound, Problem, TooManyRequests, Unauthorized
from fedicert.base.log import log
from fedicert.keys.tokens import token_hash
from fedicert.web.plumbing import headers, problems
from fedicert.web.plumbing.answers import Answer, Header, as_answer
from fedicert.web.plumbing.bodies import MAX_BODY, content_type
from fedicert.web.plumbing.call import INVALID_TOKEN, Call, bearer
from fedicert.web.plumbing.deps import Deps, State
from fedicert.web.plumbing.forms import read_form
from fedicert.web.plumbing.limits import Allowance, address_block
from fedicert.web.plumbing.protocol import WHOLE
from fedicert.web.plumbing.route import Door, Route
from fedicert.web.plumbing.routing import RouteTable

Lifespan = Callable[["App"], contextlib.AbstractAsyncContextManager[None]]

FILE_CACHE: Header = (b"cache-control", b"public, max-age=3600")

_NONE: dict[str, Any] = {}
_UNMATCHED = "(none)"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "application/json")


class MethodNotAllowed(Problem):
    """The path is there, for other methods."""

    status = 405


class App(Starlette):
    """The doors of one server. `mounts` are tried where no route of ours fits (files)."""

    def __init__(
        self, deps: Deps, routes: Sequence[Route], *, mounts: Sequence[BaseRoute] = (), lifespan: Lifespan | None = None
    ) -> None:
        @contextlib.asynccontextmanager
        async def living(_: Starlette) -> AsyncIterator[State]:
            async with lifespan(self) if lifespan else contextlib.nullcontext():
                yield State(deps=deps)

        super().__init__(routes=list(mounts), lifespan=living)
        self.deps = deps
        self.table = RouteTable(routes)
        self._standing = headers.Standing(https=deps.config.base.startswith("https:"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            scope["app"] = self
            await self.router(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        request_id = self.deps.entropy.bytes(8).hex()
        method, path = scope["method"], scope["path"]
        route, params, known = self.table.find(method, path)
        name = route.path if route else _UNMATCHED
        answer: Answer | Response | None
        try:
            if route is not None:
                answer = await self._routed(scope, receive, route, params, request_id)
            elif method == "OPTIONS":
                answer = self._options(scope, known)
            elif status := await self._mounted(scope, receive, send, request_id):
                answer, name = None, "(file)"
            else:
                answer = self._unmatched(scope, known, request_id)
            if answer is not None:
                status = await self._send(scope, receive, send, answer, route, request_id)
        except ClientDisconnect:
            status = 499
        took = round((perf_counter() - began) * 1000, 2)
        log("request", method=method, route=name, status=status, ms=took, request_id=request_id)

    async def _routed(
        self, scope: Scope, receive: Receive, route: Route, params: dict[str, str], request_id: str
    ) -> Answer | Response:
        call = Call(self.deps, route, params, scope, receive, request_id)
        allowance: Allowance | None = None
        try:
            call.token_hash = await _token_hash(call)
            allowance = self._take(call)
            if allowance is not None and allowance.exceeded:
                raise TooManyRequests(retry_after=allowance.retry_after)
            if not route.hop:
                await call.identify()
            elif route.who != "public" and call.token_hash is None:
                raise Unauthorized(INVALID_TOKEN)
            if route.form is not None:
                call.form = read_form(route.form, await call.fields())
            result = await route.handler(call)
            if not call.resolved:
                raise RuntimeError(f"{route.path} answered before its caller was judged")
            answer = result if isinstance(result, Response) else as_answer(result)
        except ClientDisconnect:
            raise
        except Exception as error:
            answer = problems.translate(error, route.door, self.deps.pages, request_id, route.path)
        finally:
            await call.close()
        if allowance is not None:
            _add(answer, allowance.headers())
        return answer

    def _take(self, call: Call) -> Allowance | None:
        if not call.route.limit or not self.deps.limits.enabled:
            return None
        caller = call.token_hash or address_block(call.address)
        return self.deps.limits.take(call.route.limit, caller)

    def _options(self, scope: Scope, known: tuple[str, ...]) -> Answer:
        answer = Answer(b"", 204, content_type=b"")
        if headers.has_cors(scope["path"]):
            asked = next((v for k, v in scope["headers"] if k == b"access-control-request-headers"), b"")
            answer.headers += headers.preflight(asked.decode("latin-1"))
        else:
            answer.headers.append((b"allow", ", ".join(sorted({*known, "OPTIONS"})).encode()))
        return answer

    async def _mounted(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> int:
        """Let a mount answer, where one fits; the status, 0 where none did."""
        status = 0

        async def noticing(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], FILE_CACHE]}
            await dressed(message)

        dressed = self._dressed(send, scope["path"], "federation", request_id)
        for mount in self.router.routes:
            match, child = mount.matches(scope)
            if match is Match.FULL:
                try:
                    await mount.handle({**scope, **child}, receive, noticing)
                except HTTPException as error:
                    if error.status_code not in (404, 405):
                        raise
        return status

    def _unmatched(self, scope: Scope, known: tuple[str, ...], request_id: str) -> Answer:
        path = scope["path"]
        door = _door_of(scope)
        error: Problem = NotFound("Record not found" if door == "client" else "There is nothing at this address")
        if known and not path.startswith("/api/"):
            error = MethodNotAllowed("This address takes " + ", ".join(sorted(set(known))))
        answer = problems.translate(error, door, self.deps.pages, request_id, _UNMATCHED)
        if error.status == 405:
            answer.headers.append((b"allow", ", ".join(sorted(set(known))).encode()))
        return answer

    async def _send(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        answer: Answer | Response,
        route: Route | None,
        request_id: str,
    ) -> int:
        path = scope["path"]
        door = route.door if route else _door_of(scope)
        if isinstance(answer, Response):
            await answer(scope, receive, self._dressed(send, path, door, request_id))
            return answer.status_code
        lines = answer.headers
        self._standing.add(door, lines)
        if headers.has_cors(path):
            lines += (header for header in headers.CORS if header not in lines)
        lines.append((b"x-request-id", request_id.encode()))
        if answer.status != 204:
            lines.append((b"content-length", b"%d" % len(answer.body)))
        body = b"" if scope["method"] == "HEAD" else answer.body
        whole = scope.get("extensions", _NONE).get(WHOLE)
        if whole is None or not whole(scope, answer.status, lines, body):
            await send({"type": "http.response.start", "status": answer.status, "headers": lines})
            await send({"type": "http.response.body", "body": body})
        return answer.status

    def _dressed(self, send: Send, path: str, door: Door, request_id: str) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                lines: list[Header] = list(message.get("headers", []))
                self._standing.add(door, lines)
                if headers.has_cors(path):
                    lines += headers.CORS
                message = {**message, "headers": [*lines, (b"x-request-id", request_id.encode())]}
            await send(message)

        return dressed


async def _token_hash(call: Call) -> str | None:
    """The hash of the token that came along, in the header or as `access_token`; None without one."""
    if call.route.who == "public" and not call.route.scopes:
        return None
    token: str | None = bearer(call.scope)
    if token is None and b"access_token=" in call.scope.get("query_string", b""):
        token = call.query("access_token")
    # Where files may come, nothing of the body is taken before it is known who sends it.
    small = call.route.most <= MAX_BODY
    if token is None and small and call.method not in ("GET", "HEAD") and content_type(call.scope) in _FORMS:
        token = (await call.fields()).text("access_token")
    return None if token is None else token_hash(token)


def _door_of(scope: Scope) -> Door:
    """In whose language to speak where no route says it."""
    path = scope["path"]
    if path.startswith("/api/"):
        return "client"
    if path.startswith(("/oauth/token", "/oauth/revoke", "/oauth/userinfo")):
        return "oauth"
    if path.startswith("/media/"):
        return "media"
    accept = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return "page" if b"text/html" in accept else "federation"


def _add(answer: Answer | Response, lines: list[Header]) -> None:
    if isinstance(answer, Answer):
        answer.headers += lines
    else:
        answer.raw_headers += lines
