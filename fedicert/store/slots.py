"""The process slot: which 4 bits this process puts into its ids (`base/ids.py`).

A row of `process_slots` leased to one process at a time, so that two processes never make the same id.

On PostgreSQL the slot of a process that was killed is free at once, without waiting for the end of its lease: all its
connections bear its token (`session_name`), and where none of them is left, nothing it did can still be committed. It
may be alive all the same, having lost them all: so every connection that it opens later asks first whether the slot is
still its own (`SlotKeeper.check`), behind the lock under which another process would have taken it. On SQLite the one
process that may write voids all leases when it starts (`leases.py`).
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

from fedicert.base.clock import SECOND
from fedicert.base.errors import StoreError, StoreUnavailable
from fedicert.base.ids import Entropy, Ids, moment_of
from fedicert.base.log import log
from fedicert.store.unit import Tx

SLOT_LEASE = 60 * SECOND
RENEWED_EVERY = 20.0
# The sessions of a process that was killed end a moment after it, or when their statement does.
TRIES = 15
MADE_OF_MOMENTS = (
    "accounts", "statuses", "activities", "notifications", "bodies", "media", "keys", "announcements", "appeals",
    "appeal_words", "archives", "imports", "issued_credentials", "issuer_key_changes", "licences", "quotes", "reports",
    "scheduled", "waivers",
)  # fmt: skip
"""Every table whose ids are made here; there is no other trace of the moments of which ids were given."""
TRY_PAUSE = 0.2


def session_name(token: str) -> str:
    """What the connections of a process call themselves, so that others see whether it is there."""
    return f"fedicert {token}"


async def take_slot(tx: Tx, token: str) -> int | None:
    """Lease the lowest free slot under this token; where there is none, that of a process that died. None: all taken."""
    slot = await tx.value(
        """
        UPDATE process_slots SET token = $1, lease_until = {db_now} + $2
        WHERE slot = (SELECT slot FROM process_slots WHERE lease_until <= {db_now}
                      ORDER BY slot LIMIT 1 {for_update} {skip_locked})
        RETURNING slot
        """,
        token,
        SLOT_LEASE,
    )
    if slot is None and tx.engine == "postgres":
        slot = await _take_from_the_dead(tx, token)
    return None if slot is None else int(slot)


async def _take_from_the_dead(tx: Tx, token: str) -> int | None:
    leased = await tx.all("SELECT slot, token FROM process_slots ORDER BY lease_until, slot {for_update} {skip_locked}")
    # Looked at only now that the rows are locked: whoever comes back from here on finds its slot taken.
    there = await tx.all("SELECT application_name FROM pg_stat_activity WHERE datname = current_database()")
    alive = {row[0] for row in there}
    for row in leased:
        if session_name(row[1]) not in alive:
            await tx.run(
                "UPDATE process_slots SET token = $2, lease_until = {db_now} + $3 WHERE slot = $1",
                row[0],
                token,
                SLOT_LEASE,
            )
            return int(row[0])
    return None


async def newest_moment(tx: Tx) -> int:
    """The latest millisecond (or a later one) of which ids were given, whoever gave them. A process that starts after
    the clock stepped back must not give them again."""
    found = [await tx.value(f"SELECT MAX(id) FROM {table}") for table in MADE_OF_MOMENTS]
    return moment_of(max(int(identifier or 0) for identifier in found))


async def keep_slot(tx: Tx, slot: int, token: str) -> bool:
    """Lengthen the lease; False where another process has the slot now."""
    kept = await tx.run(
        "UPDATE process_slots SET lease_until = {db_now} + $3 WHERE slot = $1 AND token = $2",
        slot,
        token,
        SLOT_LEASE,
    )
    return kept == 1


async def free_slot(tx: Tx, slot: int, token: str) -> None:
    """Give the slot back."""
    await tx.run("UPDATE process_slots SET token = '', lease_until = 0 WHERE slot = $1 AND token = $2", slot, token)


class SlotKeeper:
    """Leases a slot when the first unit needs one, renews it, and stops giving ids where the lease may be another's."""

    def __init__(self, write: Callable[..., Awaitable[Any]], entropy: Entropy, slot: int | None) -> None:
        self.ids: Ids | None = None if slot is None else Ids(slot)
        self._write = write
        self.token = entropy.bytes(8).hex()
        self._slot: int | None = None
        # Measured on the steady clock: what counts is how long this process may have slept, not what the wall says.
        self._good_until = float("inf") if slot is not None else 0.0
        self._taking = asyncio.Lock()
        self._renewing: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether ids may be made now."""
        return time.monotonic() < self._good_until

    async def take(self) -> None:
        """Lease a slot, unless another task did meanwhile. StoreUnavailable where all are taken."""
        async with self._taking:
            if self.ready:
                return
            for tried in range(TRIES):
                if tried:
                    await asyncio.sleep(TRY_PAUSE)
                begun = time.monotonic()
                slot = await self._write(take_slot, self.token)
                if slot is not None:
                    break
            else:
                raise StoreUnavailable("as many processes as there are slots for ids are using this database already")
            if self.ids is None or slot != self._slot:
                self.ids = Ids(slot, await self._write(newest_moment))
            self._slot = slot
            self._good_until = begun + SLOT_LEASE / SECOND
            if self._renewing is None:
                self._renewing = asyncio.create_task(self._renew())

    async def check(self, tx: Tx) -> None:
        """A connection was opened, that of `tx`: is the slot still ours? Not, if we had lost all others and somebody
        took it."""
        if self._slot is not None and self.ready and not await keep_slot(tx, self._slot, self.token):
            log("slot_lost", "warning", slot=self._slot)
            self._good_until = 0.0

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEWED_EVERY)
            begun = time.monotonic()
            try:
                kept = self._slot is not None and await self._write(keep_slot, self._slot, self.token)
            except StoreError as error:
                log("slot_not_renewed", "warning", error=type(error).__name__)
                continue
            self._good_until = begun + SLOT_LEASE / SECOND if kept else 0.0

    async def close(self) -> None:
        """Give the slot back, as far as the database can be reached."""
        if self._renewing is not None:
            self._renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._renewing
            self._renewing = None
        if self._slot is not None and self.ready:
            with contextlib.suppress(StoreError):
                await self._write(free_slot, self._slot, self.token)
        self._slot, self._good_until = None, 0.0
