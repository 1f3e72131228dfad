"""What a server does for its issuer by itself: lists are signed when another process changed them, and after a failure."""

from __future__ import annotations

import asyncio
from typing import Any

from fedicert.attestations import bitstrings
from fedicert.base.clock import FrozenClock
from fedicert.base.errors import StoreUnavailable
from fedicert.jobs.issuing import keeping_lists_signed
from fedicert.operations import issuing
from fedicert.store.unit import Database
from tests.issuing import board


async def test_lists_are_kept_signed_whoever_changed_them(db: Database, clock: FrozenClock, monkeypatch: Any) -> None:
    async with board(db, clock) as here:
        issued = await here.issue()
        whole, failures = here.office.sign_lists, [StoreUnavailable("away"), StoreUnavailable("away")]

        async def signing() -> list[int]:
            if failures:
                raise failures.pop()
            return await whole()

        monkeypatch.setattr(here.office, "sign_lists", signing)
        async with keeping_lists_signed(here.office, pause=0.01):
            await db.write(issuing.revoke, issued.uuid, "said by another process")
            async with asyncio.timeout(60):
                while True:
                    listed = await here.status_list()
                    bits = bitstrings.decode(listed["credentialSubject"]["encodedList"])
                    if bitstrings.get_bit(bits, issued.place.index):
                        break
                    await asyncio.sleep(0.01)
        assert not failures and await here.faults(listed) == [""]
