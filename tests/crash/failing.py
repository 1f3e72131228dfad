"""`fedicert serve` that kills itself at a named point: `python -m tests.crash.failing NAME COUNT`, or `none 0`.

The program holds no trace of this: its functions are wrapped here, before it starts. Leases are shortened, so that on
PostgreSQL, where nothing tells a dead holder from a slow one, a rig needn't wait a minute for each.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import fedicert.store.slots as slots
from fedicert.cli.main import main
from fedicert.jobs import reach, receive
from fedicert.jobs.deliver import Deliverer
from fedicert.jobs.worker import Worker
from fedicert.operations import arrivals, dispatch, posts
from fedicert.remote.courier import Courier
from fedicert.store import lanes

LEASE = 1_500

POINTS: dict[str, tuple[Any, str, str]] = {
    # Before the acknowledgement: nothing may be half there.
    "taking in, before the commit": (arrivals, "take_in", "after"),
    "publishing, before the commit": (posts, "publish", "after"),
    # Between the acknowledgement and the effect.
    "receiving, claimed": (receive.Receiving, "batch", "before"),
    "receiving, before the commit": (receive, "_apply", "after"),
    "fanning out, claimed": (reach.Reaching, "fan_out", "before"),
    "fanning out, before the commit": (dispatch, "fan_out", "after"),
    "delivering, claimed": (Courier, "deliver", "before"),
    # After a part of the effect.
    "received, committed": (receive.Receiving, "batch", "after"),
    "fanned out, not finished": (reach.Reaching, "fan_out", "after"),
    "delivered, not written down": (Courier, "deliver", "after"),
    "delivered, before the commit": (lanes, "settle", "after"),
}
"""Name → (module or class, a function that is awaited, before or after it)."""

BEFORE_THE_EFFECT = frozenset(
    {
        "receiving, claimed",
        "receiving, before the commit",
        "fanning out, claimed",
        "fanning out, before the commit",
        "delivering, claimed",
    }
)


def _arm(name: str, count: int) -> None:
    where, function, when = POINTS[name]
    inner: Callable[..., Any] = getattr(where, function)
    left = count

    def strike() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    async def armed(*values: Any, **named: Any) -> Any:
        if when == "before":
            strike()
        result = await inner(*values, **named)
        if when == "after":
            strike()
        return result

    setattr(where, function, armed)


def _shorten() -> None:
    for kind in (Worker, Deliverer):
        defaults = kind.__init__.__kwdefaults__
        assert defaults is not None and "lease" in defaults
        defaults["lease"] = LEASE
    slots.SLOT_LEASE = LEASE
    slots.RENEWED_EVERY = LEASE / 3_000


if __name__ == "__main__":
    _shorten()
    if sys.argv[1] != "none":
        _arm(sys.argv[1], int(sys.argv[2]))
    sys.exit(main(["serve"]))
