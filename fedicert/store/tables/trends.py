"""What trends, as it was counted last."""

from collections.abc import Sequence

import msgspec

from fedicert.reach.trends import Trend
from fedicert.store.unit import Tx


async def put(tx: Tx, kind: str, trends: Sequence[Trend]) -> None:
    """These trend from now on, in this order; what did before does no more."""
    await tx.run("DELETE FROM trends WHERE kind = $1", kind)
    await tx.many(
        "INSERT INTO trends (kind, place, thing, title, history) VALUES ($1, $2, $3, '', $4)",
        [(kind, place, trend.thing, msgspec.json.encode(trend.history).decode()) for place, trend in enumerate(trends)],
    )
