"""A post in bytes by the way of its parts, as a page of a timeline puts it together."""

from __future__ import annotations

from fedicert.mastodon import render
from fedicert.model.statuses import StatusView
from fedicert.model.urls import Urls


def status_bytes(view: StatusView, urls: Urls) -> bytes:
    """The same JSON as `encode(status(view, urls))`."""
    row = view.status
    if render.is_extended(row):
        return render.encode(render.status(view, urls))
    return render.splice(
        render.status_static(row, urls),
        row.replies_count,
        row.reblogs_count,
        row.favourites_count,
        view.marks if view.reblog is None else view.reblog.marks,
        render.account_bytes(view.author, urls),
        b"null" if view.reblog is None else status_bytes(view.reblog, urls),
        b"null" if view.poll is None else render.encode(render.poll(view.poll)),
    )
