"""A route's description, as `@endpoint` writes it and everything around a handler reads it."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec

from fedicert.web.plumbing.bodies import MAX_BODY

Door = Literal["client", "oauth", "federation", "page", "media"]
"""Whose language an answer, and above all an error, is in."""

Who = Literal["public", "app", "user"]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One handler's description.

    `scopes`: any one of them is enough. `hop`: the token is looked up in the same unit as the handler's own first
    `call.read` or `call.write`, which the handler then must make before it does anything else. `limit`: a class of
    `limits.CLASSES`, or '' for none. `unready`: also for people who haven't confirmed their address or wait for
    approval. `most`: bytes of a body.
    """

    methods: tuple[str, ...]
    path: str
    handler: Callable[[Any], Awaitable[Any]]
    door: Door
    who: Who
    scopes: tuple[str, ...] = ()
    form: type[msgspec.Struct] | None = None
    limit: str = ""
    idempotent: bool = False
    hop: bool = False
    unready: bool = False
    most: int = MAX_BODY
