"""What the filters of whoever asks say of the posts they are sent. Who has none pays for nothing: not a look-up.

The number of somebody's filters comes with their token; filters of that number are kept ready in the process.
"""

from collections.abc import Callable, Sequence

from fedicert.mastodon.filtering import Compiled, compile_filters, filter_notification, filter_post
from fedicert.store.loaders import Slice
from fedicert.store.views import filters as views
from fedicert.web.client_api.slices import sliced
from fedicert.web.plumbing.endpoint import Answer, Call

Apply = Callable[[bytes, Sequence[Compiled], int, int], bytes]


async def filtered(call: Call, items: list[bytes]) -> list[bytes]:
    """Posts with what the filters say of each. The caller was judged before."""
    return await _applied(call, items, filter_post)


async def filtered_notifications(call: Call, items: list[bytes]) -> list[bytes]:
    """The same for notifications."""
    return await _applied(call, items, filter_notification)


async def post_answer(call: Call, item: bytes) -> Answer:
    """One post."""
    return Answer((await filtered(call, [item]))[0])


async def posts_answer(call: Call, part: Slice) -> Answer:
    """A part of a list of posts, with where it goes on."""
    return sliced(call, Slice(await filtered(call, part.items), part.newest, part.oldest))


async def _applied(call: Call, items: list[bytes], apply: Apply) -> list[bytes]:
    token = call.token
    if token is None or not token.filters or not items:
        return items
    ready = call.deps.shelf.filters.get(call.actor, token.filters)
    if ready is None:
        number, rows = await call.read(views.numbered)
        ready = compile_filters(rows)
        call.deps.shelf.filters.put(call.actor, number, ready)
    return [apply(item, ready, call.actor, call.now) for item in items]
