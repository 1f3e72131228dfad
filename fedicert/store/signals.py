"""What happened, told after it is durable: (kind, ids), never a body.

Subscribers live in this process; on PostgreSQL other processes' signals arrive here too (`postgres_signals.py`). A
signal is a hint: it may be lost with a broken connection, so whoever subscribes also looks by itself now and then, and
listens for `RESYNC`, which says that some may have been missed.
"""

from collections.abc import Callable

from fedicert.base.log import log

RESYNC = "resync"

Subscriber = Callable[[tuple[int, ...]], None]


class Signals:
    """Who wants to hear of which kind. Used from the event loop's thread alone."""

    def __init__(self) -> None:
        self._subscribers: dict[str, list[Subscriber]] = {}

    def subscribe(self, kind: str, callback: Subscriber) -> Callable[[], None]:
        """Call back with the ids of each signal of this kind; what is returned ends it."""
        self._subscribers.setdefault(kind, []).append(callback)

        def unsubscribe() -> None:
            callbacks = self._subscribers.get(kind, [])
            if callback in callbacks:
                callbacks.remove(callback)
            if not callbacks:
                self._subscribers.pop(kind, None)

        return unsubscribe

    def publish(self, kind: str, ids: tuple[int, ...]) -> None:
        """Tell this process's subscribers. One that raises is logged; the others are told all the same."""
        for callback in tuple(self._subscribers.get(kind, ())):
            try:
                callback(ids)
            except Exception as error:
                log.failure("subscriber_failed", error, kind=kind)
