"""What trends is written down anew from time to time; nobody picks it, and nobody's capped voice is in it (law 5)."""

from collections.abc import Sequence

from fedicert.reach.trends import Trend
from fedicert.store.tables import trends
from fedicert.store.unit import Tx


async def replace(tx: Tx, tags: Sequence[Trend], links: Sequence[Trend], posts: Sequence[Trend]) -> None:
    """All three lists at once."""
    await trends.put(tx, "tag", tags)
    await trends.put(tx, "link", links)
    await trends.put(tx, "status", posts)
