"""What the courier's engine keeps in its hands: a lane per origin and a task per delivery. No behaviour beyond that."""

import asyncio
from collections import deque
from collections.abc import Callable

from fedicert.base.urls import Url
from fedicert.model.signing import SigningKey
from fedicert.proofs.messages import CAVAGE
from fedicert.remote import parcels
from fedicert.remote.courier_protocol import Link
from fedicert.remote.parcels import Body, Outcome, Parcel

Done = Callable[[Outcome], None]


class Lane:
    """One origin: what waits, what is under way, and the connections at rest."""

    __slots__ = ("active", "head", "idle", "orders", "pending", "queued", "url")

    def __init__(self, url: Url, user_agent: str) -> None:
        self.url = url
        self.head = (
            f" HTTP/1.1\r\nHost: {url.authority}\r\nUser-Agent: {user_agent}\r\nAccept: */*\r\n"
            "Content-Type: application/activity+json\r\n"
        ).encode("latin-1")
        self.pending: deque[Task] = deque()
        self.idle: list[Link] = []
        self.orders: set[int] = set()
        self.active = 0
        self.queued = False

    def take(self) -> "Task | None":
        """The first that waits and isn't behind another of its order."""
        pending = self.pending
        if not pending:
            return None
        if pending[0].parcel.order not in self.orders:
            return pending.popleft()
        for index, task in enumerate(pending):
            if task.parcel.order not in self.orders:
                del pending[index]
                return task
        return None


class Task:
    """One delivery on its way."""

    __slots__ = (
        "body",
        "created",
        "dialling",
        "done",
        "key",
        "knocked",
        "lane",
        "link",
        "over",
        "parcel",
        "redirected",
        "retried",
        "spec",
        "started",
        "target",
    )

    def __init__(self, parcel: Parcel, body: Body, key: SigningKey, lane: Lane, target: str, done: Done) -> None:
        self.parcel = parcel
        self.body = body
        self.key = key
        self.lane = lane
        self.target = target
        self.done = done
        self.spec = parcel.spec or CAVAGE
        self.link: Link | None = None
        self.dialling: asyncio.Task[None] | None = None
        self.created = ""
        self.started = 0.0
        self.over = False
        self.knocked = False
        self.redirected = False
        self.retried = False


def extra_headers(task: Task) -> tuple[tuple[str, str], ...]:
    """Headers that are signed besides the usual ones."""
    value = task.parcel.synchronization
    return (("collection-synchronization", value),) if value else ()


def fault_of(status: int) -> str:
    """What may be tried again: 408, 425, 429 and 5xx but 501."""
    if status in (408, 425, 429) or (status >= 500 and status != 501):
        return parcels.UNREACHABLE
    if status == 410:
        return parcels.GONE
    return parcels.REFUSED if status >= 400 else parcels.INVALID
