"""Lists that clients ask for when they start and that are truly empty: nothing of the kind can be made here yet.

What could put something into one of them isn't served: it answers 404 in the documented form, like any unknown path.
"""

from typing import Any

from fedicert.web.plumbing.endpoint import Call, endpoint


@endpoint("GET", "/api/v1/custom_emojis")
@endpoint("GET", "/api/v1/suggestions", scope="read")
@endpoint("GET", "/api/v2/suggestions", scope="read")
@endpoint("GET", "/api/v1/scheduled_statuses", scope="read:statuses")
async def nothing(_: Call) -> list[Any]:
    """Nothing."""
    return []
