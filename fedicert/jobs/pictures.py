"""Removing files that nothing points at any more: first the files, then their rows, so that none is forgotten."""

from fedicert.base.log import log
from fedicert.operations import pictures
from fedicert.operations.jobs import Job
from fedicert.store.blobs import Blobs
from fedicert.store.unit import Database


class Clearing:
    """Handles `discard_media`."""

    def __init__(self, db: Database, blobs: Blobs) -> None:
        self._db = db
        self._blobs = blobs

    async def discard(self, _: Job) -> None:
        """Remove all that was thrown away, some at a time; done twice, it finds nothing the second time."""
        removed = 0
        while found := await self._db.read(pictures.discarded):
            await self._blobs.delete(name for _, names in found for name in names)
            await self._db.write(pictures.forget, [identifier for identifier, _ in found])
            removed += len(found)
        if removed:
            log("pictures_removed", pictures=removed)
