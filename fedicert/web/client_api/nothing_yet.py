"""Lists that clients ask for when they start and that are truly empty: nothing of the kind can be made here yet.

What could put something into one of them isn't served: it answers 404 in the documented form, like any unknown path.
"""

from typing import Any

from fedicert.web.plumbing.endpoint import Call, endpoint


@endpoint("GET", "/api/v1/custom_emojis")
@endpoint("GET", "/api/v1/trends")
@endpoint("GET", "/api/v1/trends/tags")
@endpoint("GET", "/api/v1/trends/statuses")
@endpoint("GET", "/api/v1/trends/links")
@endpoint("GET", "/api/v1/announcements", who="user")
@endpoint("GET", "/api/v1/suggestions", scope="read")
@endpoint("GET", "/api/v2/suggestions", scope="read")
@endpoint("GET", "/api/v1/lists", scope="read:lists")
@endpoint("GET", "/api/v1/accounts/{id}/lists", scope="read:lists")
@endpoint("GET", "/api/v1/filters", scope="read:filters")
@endpoint("GET", "/api/v2/filters", scope="read:filters")
@endpoint("GET", "/api/v1/followed_tags", scope="read:follows")
@endpoint("GET", "/api/v1/featured_tags", scope="read:accounts")
@endpoint("GET", "/api/v1/accounts/{id}/featured_tags")
@endpoint("GET", "/api/v1/mutes", scope="read:mutes")
@endpoint("GET", "/api/v1/domain_blocks", scope="read:blocks")
@endpoint("GET", "/api/v1/endorsements", scope="read:accounts")
@endpoint("GET", "/api/v1/accounts/{id}/endorsements")
@endpoint("GET", "/api/v1/scheduled_statuses", scope="read:statuses")
async def nothing(_: Call) -> list[Any]:
    """Nothing."""
    return []
