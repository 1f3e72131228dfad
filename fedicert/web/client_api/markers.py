"""How far one has read the home timeline and the notifications, for all one's clients to know."""

from fedicert.base.errors import Unprocessable
from fedicert.mastodon.forms import MarkersForm, MarkersQuery
from fedicert.mastodon.render import markers
from fedicert.model.notifications import MarkerRow
from fedicert.operations.markers import set_markers
from fedicert.store.unit import Tx
from fedicert.store.views import own
from fedicert.web.client_api.ids import readable_id
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v1/markers", scope="read:statuses", hop=True, form=MarkersQuery)
async def show(call: Call) -> Answer:
    """The markers of the timelines asked for, as far as there are any."""
    return Answer(markers(await call.read(own.markers, list(call.form.timeline))))


@endpoint("POST", "/api/v1/markers", scope="write:statuses", hop=True, form=MarkersForm)
async def save(call: Call) -> Answer:
    """Remember places; the last word wins. Answers with those that were sent."""
    form: MarkersForm = call.form
    places: dict[str, int] = {}
    for timeline, marker in (("home", form.home), ("notifications", form.notifications)):
        if marker is not None:
            last_read = readable_id(marker.last_read_id)
            if last_read is None:
                await call.identify()
                raise Unprocessable(f"Validation failed: {timeline.capitalize()} has no last_read_id that is an id")
            places[timeline] = last_read
    return Answer(markers(await call.write(_save, places)))


async def _save(tx: Tx, account: int, places: dict[str, int]) -> dict[str, MarkerRow]:
    await set_markers(tx, account, places)
    return await own.markers(tx, account, list(places))
