"""What a unit of work promises for later: callbacks and signals, given once it is durable and never when undone."""

from collections.abc import Callable

from fedicert.base.log import log
from fedicert.store.signals import Signals

Signal = tuple[str, tuple[int, ...]]
Mark = tuple[int, int]


class Promises:
    """The callbacks and signals of one unit, in order."""

    __slots__ = ("callbacks", "signals")

    def __init__(self) -> None:
        self.callbacks: list[Callable[[], None]] = []
        self.signals: list[Signal] = []

    def mark(self) -> Mark:
        """Where the lists stand now; `back_to` it when what follows was undone."""
        return len(self.callbacks), len(self.signals)

    def back_to(self, mark: Mark) -> None:
        """Forget what was promised since."""
        del self.callbacks[mark[0] :]
        del self.signals[mark[1] :]


def keep_promises(promises: Promises, signals: Signals) -> None:
    """On the loop, after COMMIT: callbacks first, then each different signal once. A failing one stops no other."""
    for callback in promises.callbacks:
        try:
            callback()
        except Exception as error:
            log.failure("after_commit_failed", error)
    for kind, ids in dict.fromkeys(promises.signals):
        signals.publish(kind, ids)
