"""The engine of deliveries: lanes per host, kept connections, signatures in batches, deadlines swept by one timer.

Straight callbacks instead of a task per delivery: beside the RSA signature itself, a delivery to a kept connection may
cost some tens of microseconds. It runs in the courier's child process, or in the server's own for tests. It has no
database and decides nothing: what failed is tried again by whoever gave it.
"""

import asyncio
import ssl
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import urljoin

from fedicert.base.clock import SECOND, Clock
from fedicert.base.errors import AddressForbidden, RemoteError
from fedicert.base.urls import Url
from fedicert.model.signing import SignBatch, SigningKey
from fedicert.proofs import cavage, rfc9421
from fedicert.proofs.messages import CAVAGE, RFC9421, http_date
from fedicert.remote import parcels
from fedicert.remote.courier_lanes import Done, Lane, Task, extra_headers, fault_of
from fedicert.remote.courier_protocol import Link, Reply
from fedicert.remote.guard import Guard
from fedicert.remote.parcels import Body, CourierLimits, Outcome, Parcel
from fedicert.remote.trust import client_context
from fedicert.remote.wire import retry_after

SWEEP_SECONDS = 0.25
ADDRESSES_TRIED = 2
ROUTES = 16_384


class Engine:
    """Delivers parcels. Everything happens on one event loop, signatures aside."""

    def __init__(
        self,
        guard: Guard,
        sign_batch: SignBatch,
        *,
        clock: Clock,
        user_agent: str,
        limits: CourierLimits | None = None,
        ca_file: str | None = None,
    ) -> None:
        self._guard = guard
        self._sign_batch = sign_batch
        self._clock = clock
        self._user_agent = user_agent
        self._limits = limits or CourierLimits()
        self._ca_file = ca_file
        self._context: ssl.SSLContext | None = None
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(self._limits.sign_threads, thread_name_prefix="sign")
        self._lanes: dict[str, Lane] = {}
        self._routes: dict[str, Url] = {}
        self._ready: deque[Lane] = deque()
        self._under_way: dict[Task, None] = {}
        self._idle: dict[Link, float] = {}
        self._to_sign: list[Task] = []
        self._signing = 0
        self._soon = False
        self._sweeper: asyncio.TimerHandle | None = None
        self._date = (0, "", b"")
        self._closed = False

    # What others call

    def submit(self, parcel: Parcel, body: Body, key: SigningKey, done: Done) -> None:
        """Take a parcel; `done` is called once with its outcome, later or at once."""
        try:
            url = self._route(parcel.inbox)
        except AddressForbidden as error:
            done(Outcome(parcel.delivery, parcels.FORBIDDEN, reason=str(error)))
            return
        lane = self._lanes.get(url.origin)
        if lane is None:
            lane = self._lanes[url.origin] = Lane(url, self._user_agent)
        lane.pending.append(Task(parcel, body, key, lane, url.target, done))
        self._queue(lane)

    @property
    def under_way(self) -> int:
        """How many deliveries hold a place now."""
        return len(self._under_way)

    @property
    def at_rest(self) -> int:
        """How many connections wait for their next use."""
        return len(self._idle)

    def close(self) -> None:
        """Drop everything; deliveries that were under way get no outcome."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        for task in list(self._under_way):
            task.over = True
            if task.dialling is not None:
                task.dialling.cancel()
            if task.link is not None:
                task.link.close()
        for link in list(self._idle):
            link.close()
        self._idle.clear()
        self._under_way.clear()
        self._lanes.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)

    # Taking turns

    def _route(self, inbox: str) -> Url:
        url = self._routes.get(inbox)
        if url is None:
            url = self._guard.judge_url(inbox)
            if len(self._routes) >= ROUTES:
                self._routes.clear()
            self._routes[inbox] = url
        return url

    def _queue(self, lane: Lane) -> None:
        if not lane.queued and lane.pending and lane.active < self._limits.per_host:
            lane.queued = True
            self._ready.append(lane)
        if not self._soon:
            self._soon = True
            self._loop.call_soon(self._advance)

    def _advance(self) -> None:
        """Fill the free places, lane by lane, then sign what became ready."""
        self._soon = False
        if self._closed:
            return
        limits = self._limits
        while self._ready and len(self._under_way) < limits.total:
            lane = self._ready.popleft()
            lane.queued = False
            task = lane.take()
            if task is None:
                continue
            lane.active += 1
            if task.parcel.order:
                lane.orders.add(task.parcel.order)
            self._under_way[task] = None
            if lane.pending and lane.active < limits.per_host:
                lane.queued = True
                self._ready.append(lane)
            task.started = self._loop.time()
            self._board(task)
        self._sign()
        self._arm()

    def _board(self, task: Task) -> None:
        """Give the task a connection: one at rest, or a new one."""
        idle = task.lane.idle
        if idle and not task.retried:
            link = idle.pop()
            del self._idle[link]
            self._aboard(task, link)
        else:
            task.dialling = self._loop.create_task(self._dial(task))

    def _aboard(self, task: Task, link: Link) -> None:
        task.link = link
        link.cargo = task
        self._to_sign.append(task)

    async def _dial(self, task: Task) -> None:
        lane = task.lane
        try:
            link = await self._connect(lane)
        except RemoteError as error:
            fault = parcels.FORBIDDEN if isinstance(error, AddressForbidden) else parcels.UNREACHABLE
            self._finish(task, fault, str(error))
        except TimeoutError:
            waited = f"{self._limits.connect_seconds:g} s"
            self._finish(task, parcels.UNREACHABLE, f"{lane.url.origin} did not take the connection within {waited}")
        except ssl.SSLError as error:
            self._finish(task, parcels.UNREACHABLE, f"{lane.url.origin} has no good certificate: {error}")
        except OSError as error:
            self._finish(task, parcels.UNREACHABLE, f"{lane.url.origin} can't be reached: {error}")
        else:
            task.dialling = None
            if task.over:
                link.close()
                return
            self._aboard(task, link)
            self._queue(lane)

    async def _connect(self, lane: Lane) -> Link:
        """Resolve once, judge every answer, connect to what was judged; SNI and the verified name are the host's."""
        url, limits = lane.url, self._limits
        async with asyncio.timeout(limits.connect_seconds):
            addresses = (await self._guard.addresses(url.host, url.port))[:ADDRESSES_TRIED]
            context, name = None, None
            if url.scheme == "https":
                if self._context is None:
                    self._context = client_context(self._ca_file)
                context, name = self._context, url.host.strip("[]")
            for number, address in enumerate(addresses, 1):
                try:
                    _, link = await self._loop.create_connection(
                        lambda: Link(self, lane, limits.head_bytes, limits.body_bytes),
                        address,
                        url.port,
                        ssl=context,
                        server_hostname=name,
                    )
                except OSError:
                    if number == len(addresses):
                        raise
                else:
                    return link
        raise OSError("no address")

    # Signing

    def _sign(self) -> None:
        """Hand out batches while threads are free; what comes meanwhile waits and makes the next batch larger."""
        limits = self._limits
        while self._to_sign and self._signing < limits.sign_threads:
            free = limits.sign_threads - self._signing
            size = min(limits.sign_batch, -(-len(self._to_sign) // free))
            batch, self._to_sign = self._to_sign[:size], self._to_sign[size:]
            work = [(task.key.secret, self._base(task)) for task in batch]
            self._signing += 1
            future = self._threads.submit(self._sign_batch, work)
            future.add_done_callback(lambda done, batch=batch: self._hand_back(batch, done))  # type: ignore[misc]

    def _hand_back(self, batch: list[Task], done: "Future[list[bytes]]") -> None:
        """From the thread to the loop."""
        if not self._closed:
            self._loop.call_soon_threadsafe(self._signed, batch, done)

    def _signed(self, batch: list[Task], done: "Future[list[bytes]]") -> None:
        self._signing -= 1
        if self._closed:
            return
        error = done.exception()
        if error is not None:
            for task in batch:
                self._finish(task, parcels.INVALID, f"The request can't be signed: {error}")
        else:
            for task, signature in zip(batch, done.result(), strict=True):
                if not task.over:
                    self._send(task, signature)
        self._sign()

    def _now(self) -> tuple[int, str, bytes]:
        """The present second: number, and Date as text and bytes."""
        second = self._clock.now() // SECOND
        if second != self._date[0]:
            text = http_date(second * SECOND)
            self._date = (second, text, text.encode())
        return self._date

    def _base(self, task: Task) -> bytes:
        second, date, _ = self._now()
        url = task.lane.url
        if task.spec == CAVAGE:
            task.created = date
            return cavage.post_base(task.target, url.authority, date, task.body.digest, extra_headers(task))
        extra = extra_headers(task)
        task.created = rfc9421.post_parameters(task.key.key_id, task.key.algorithm, second, extra)
        return rfc9421.post_base(url.origin + task.target, task.body.content_digest, task.created, extra)

    def _send(self, task: Task, signature: bytes) -> None:
        link = task.link
        if link is None or link.closed:
            self._again(task)  # it was closed while the signature was made
            return
        key, body, extra = task.key, task.body, extra_headers(task)
        if task.spec == CAVAGE:
            value = cavage.signature_header(key.key_id, key.algorithm, cavage.post_names(extra), signature)
            lines = f"Date: {task.created}\r\nDigest: {body.digest}\r\nSignature: {value}\r\n"
        else:
            lines = (
                f"Date: {self._now()[1]}\r\nContent-Digest: {body.content_digest}\r\n"
                f"Signature-Input: {rfc9421.LABEL}={task.created}\r\n"
                f"Signature: {rfc9421.signature_header(signature)}\r\n"
            )
        for name, value in extra:
            lines += f"{name}: {value}\r\n"
        link.send(
            b"".join(
                (
                    b"POST ",
                    task.target.encode("latin-1"),
                    task.lane.head,
                    lines.encode("latin-1"),
                    b"Content-Length: ",
                    body.length,
                    b"\r\n\r\n",
                    body.data,
                )
            ),
            task,
        )

    # How exchanges end

    def answered(self, link: Link, reply: Reply, keep: bool) -> None:
        """`Owner`: a response."""
        task: Task = link.cargo
        link.cargo = None
        task.link = None
        if keep:
            self._rest(link)
        elif not link.closed:
            link.close()
        self._judge(task, reply)

    def lost(self, link: Link, reason: str, untouched: bool) -> None:
        """`Owner`: no response. A kept connection that closed before a byte came is the one case tried again here."""
        task: Task = link.cargo
        link.cargo = None
        task.link = None
        if untouched and link.uses and not task.retried:
            self._again(task)
        else:
            self._finish(task, parcels.UNREACHABLE, f"{task.lane.url.origin} {reason}")

    def idled_out(self, link: Link) -> None:
        """`Owner`: a resting connection is gone, or one whose request isn't signed yet."""
        if link in self._idle:
            del self._idle[link]
            link.lane.idle.remove(link)
            self._forget(link.lane)

    def _again(self, task: Task) -> None:
        """Once more on a fresh connection, signed anew."""
        if task.retried:
            self._finish(task, parcels.UNREACHABLE, f"{task.lane.url.origin} closed the connection")
            return
        task.retried = True
        task.link = None
        self._board(task)
        self._queue(task.lane)

    def _rest(self, link: Link) -> None:
        self._idle[link] = self._loop.time()
        link.lane.idle.append(link)
        if len(self._idle) > self._limits.idle_links:
            self._retire(next(iter(self._idle)))

    def _retire(self, link: Link) -> None:
        del self._idle[link]
        link.lane.idle.remove(link)
        link.close()
        self._forget(link.lane)

    def _judge(self, task: Task, reply: Reply) -> None:
        status = reply.status
        if 200 <= status < 300:
            self._finish(task, parcels.OK, "", status)
        elif status in (400, 401) and not task.knocked:
            task.knocked = True
            task.spec = RFC9421 if task.spec == CAVAGE else CAVAGE  # §1.3: the second knock
            self._board(task)
            self._queue(task.lane)
        elif status in (307, 308) and not task.redirected:
            self._redirect(task, reply)
        else:
            self._finish(task, fault_of(status), f"{task.lane.url.origin} answered {status}", status, reply.retry_after)

    def _redirect(self, task: Task, reply: Reply) -> None:
        """Once, to the same origin, signed anew; everything else a POST is redirected to is an error."""
        url = task.lane.url
        try:
            further = self._guard.judge_url(urljoin(url.origin + task.target, reply.location))
        except AddressForbidden as error:
            self._finish(task, parcels.FORBIDDEN, str(error), reply.status)
            return
        if not reply.location or further.origin != url.origin:
            self._finish(task, parcels.INVALID, f"{url.origin} redirects a delivery elsewhere", reply.status)
            return
        task.redirected = True
        task.target = further.target
        self._board(task)
        self._queue(task.lane)

    def _finish(self, task: Task, fault: str, reason: str, status: int = 0, wait: str = "") -> None:
        if task.over:
            return
        task.over = True
        lane = task.lane
        del self._under_way[task]
        lane.active -= 1
        order = task.parcel.order
        if order:
            lane.orders.discard(order)
        spent = int((self._loop.time() - task.started) * 1000)
        task.done(Outcome(task.parcel.delivery, fault, status, reason, retry_after(wait), task.spec, spent))
        if order and fault == parcels.UNREACHABLE:
            self._hold_back(lane, order)
        self._queue(lane)
        self._forget(lane)

    def _hold_back(self, lane: Lane, order: int) -> None:
        """Nothing overtakes what has to be tried again."""
        behind = [task for task in lane.pending if task.parcel.order == order]
        for task in behind:
            lane.pending.remove(task)
            task.over = True
            reason = "An earlier delivery about the same has to come first"
            task.done(Outcome(task.parcel.delivery, parcels.UNREACHABLE, reason=reason, spec=task.spec))

    def _forget(self, lane: Lane) -> None:
        if not lane.active and not lane.pending and not lane.idle:
            self._lanes.pop(lane.url.origin, None)

    # Time

    def _arm(self) -> None:
        if self._sweeper is None and (self._under_way or self._idle):
            self._sweeper = self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        self._sweeper = None
        now, limits = self._loop.time(), self._limits
        slow = []
        for task in list(self._under_way):
            spent = now - task.started
            if spent > limits.total_seconds:
                self._time_out(task, f"did not answer within {limits.total_seconds:g} s")
            elif spent > limits.slow_after:
                slow.append(task)
        # Slow hosts may hold a part of the places; beyond it the unproven give theirs up.
        excess = len(slow) - int(limits.total * limits.slow_share)
        for task in slow:
            if excess <= 0:
                break
            if not task.parcel.proven:
                excess -= 1
                self._time_out(task, f"did not answer within {limits.slow_after:g} s")
        while self._idle:
            link, since = next(iter(self._idle.items()))
            if now - since <= limits.idle_seconds:
                break
            self._retire(link)
        self._arm()

    def _time_out(self, task: Task, reason: str) -> None:
        if task.dialling is not None:
            task.dialling.cancel()
        link, task.link = task.link, None
        reply = link.give_up() if link is not None else None
        if reply is not None and 200 <= reply.status < 300:
            self._finish(task, parcels.OK, "", reply.status)  # the body was still dripping
        else:
            self._finish(task, parcels.UNREACHABLE, f"{task.lane.url.origin} {reason}")
