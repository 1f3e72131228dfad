"""Voids what a process that was killed still holds. For a database that one process alone writes, and that one is us.

Everywhere else a lease has to run out by itself: nothing tells a dead holder from a slow one.
"""

from fedicert.store.unit import Tx


async def void(tx: Tx) -> None:
    """End every lease of jobs, lanes and process slots at once. The caller holds the lock that lets nobody else write."""
    await tx.run("UPDATE jobs SET lease_until = 0, token = 0 WHERE lease_until > 0")
    await tx.run("UPDATE lanes SET lease_until = 0, token = 0 WHERE lease_until > 0")
    await tx.run("UPDATE process_slots SET token = '', lease_until = 0 WHERE lease_until > 0")
