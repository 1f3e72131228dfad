"""`@endpoint`: what a handler answers to, who may call it, what it takes. It registers nothing by itself.

    @endpoint("POST", "/api/v1/statuses", scope="write:statuses", form=StatusForm, idempotent=True)
    async def create(call: Call) -> Status: ...

The description stays on the function; `routes_of(module, …)` collects them when the server is built. Everything that
is the same for all (token, scope, rate, body, errors, headers) is done by `web/plumbing/app.py` around the handler.
"""

from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import msgspec

from fedicert.web.plumbing.answers import Answer, redirect
from fedicert.web.plumbing.bodies import MAX_BODY
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.route import Door, Route, Who

__all__ = ["Answer", "Call", "Route", "endpoint", "redirect", "routes_of"]

Handler = Callable[[Call], Awaitable[Any]]


def endpoint(
    methods: str | tuple[str, ...],
    path: str,
    *,
    door: Door = "client",
    who: Who | None = None,
    scope: str | tuple[str, ...] = (),
    form: type[msgspec.Struct] | None = None,
    limit: str | None = None,
    idempotent: bool = False,
    hop: bool = False,
    unready: bool = False,
    most: int = MAX_BODY,
) -> Callable[[Handler], Handler]:
    """Describe a handler; may stand several times above one. Without `who`: `user` where a scope is named.

    PATCH is answered on PUT too, unless another handler has that; GET on HEAD. A path has `{name}` for one segment,
    also behind a prefix (`/@{name}`).
    """
    scopes = (scope,) if isinstance(scope, str) else scope

    def describe(handler: Handler) -> Handler:
        route = Route(
            methods=(methods,) if isinstance(methods, str) else methods,
            path=path,
            handler=handler,
            door=door,
            who=who or ("user" if scopes else "public"),
            scopes=scopes,
            form=form,
            limit=("api" if door == "client" else "") if limit is None else limit,
            idempotent=idempotent,
            hop=hop,
            unready=unready,
            most=most,
        )
        described: list[Route] = getattr(handler, "__routes__", [])
        handler.__routes__ = [route, *described]  # type: ignore[attr-defined]
        return handler

    return describe


def routes_of(*modules: ModuleType) -> list[Route]:
    """Every route described in these modules, in the order of their definition."""
    found: list[Route] = []
    for module in modules:
        for value in vars(module).values():
            if getattr(value, "__module__", None) == module.__name__:
                found += getattr(value, "__routes__", [])
    return found
