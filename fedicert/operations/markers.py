"""Remembering how far somebody has read. The last word wins, backwards too; units of work never lose one another's."""

from collections.abc import Mapping

from fedicert.store.tables import markers
from fedicert.store.unit import Tx


async def set_markers(tx: Tx, account: int, places: Mapping[str, int]) -> None:
    """Remember these places: timeline → the id last read."""
    for timeline, last_read in sorted(places.items()):
        await markers.put(tx, account, timeline, last_read)
