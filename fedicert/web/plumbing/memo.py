"""What is the same for everybody and dear to gather is kept for a moment, a process. Nothing of anybody is put here."""

from collections.abc import Awaitable, Callable
from typing import Any


class Memo:
    """Values by name, each with the moment until which it stands (ms)."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, Any]] = {}

    async def get(self, name: str, now: int, length: int, gather: Callable[[], Awaitable[Any]]) -> Any:
        """The value, gathered anew where it is older than `length` ms, or from a clock that was ahead."""
        until, value = self._kept.get(name, (0, None))
        if not now < until <= now + length:
            value = await gather()
            self._kept[name] = (now + length, value)
        return value
