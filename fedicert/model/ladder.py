"""A change of the ladder as an admin proposes it, and a window, in which a tier's limits are lowered for a time."""

import hashlib
from typing import Any, Literal

import msgspec
import orjson

Act = Literal["set", "add", "remove", "rename", "move", "window", "cancel"]

ACTS: tuple[Act, ...] = ("set", "add", "remove", "rename", "move", "window", "cancel")


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is proposed. `values`: keys and values in the admin's words, as in the configuration.

    `to`: the new name. `place`: counted from 1, the lowest rung; None is the top. `starts_at`, `ends_at`: of a window,
    in ms. `window`: the number of the window that is cancelled.
    """

    act: Act
    name: str = ""
    values: dict[str, Any] = {}
    to: str = ""
    place: int | None = None
    starts_at: int | None = None
    ends_at: int | None = None
    window: int | None = None


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A tier's limits, lowered from one moment to another (ms). `limits`: fields of the tier and their values.

    `begun_at`: when it took hold; `ended_at`: when it no longer did, by its end or because it was cancelled.
    """

    id: int
    tier: int
    tier_name: str
    limits: dict[str, Any]
    starts_at: int
    ends_at: int
    decider: int
    why: str
    announced_at: int
    begun_at: int | None = None
    ended_at: int | None = None
    cancelled_at: int | None = None


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A ladder that held, from `at` (ms) on. `ladder`: each tier as it was shown, lowest first, with what its rule said
    where a window lowered it. `by`: the name of the account that decided, '' at the first start."""

    number: int
    at: int
    by: str
    act: str
    why: str
    ladder: list[dict[str, Any]]
    digest: str


def token_of(change: Change, version: int) -> str:
    """What a forecast gives, and applying asks for: it binds the change to the ladder that the forecast was made on."""
    told = orjson.dumps([version, msgspec.to_builtins(change)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(told).hexdigest()[:32]
