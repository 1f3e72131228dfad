"""The one place where an error becomes an HTTP answer, in the form of the door it left by.

client: `{"error": …, "details"?}` · oauth: `{"error": code, "error_description": …}` · federation: `{"error": …}` ·
page: HTML. What is outside the tree of `base/errors.py` is a bug: 500 with the request's id and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fedicert.base.errors import (
    GoElsewhere,
    OAuthRefused,
    Problem,
    RemoteError,
    StoreUnavailable,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    Unprocessable,
)
from fedicert.base.log import log
from fedicert.web.plumbing.answers import HTML, Answer, redirect

if TYPE_CHECKING:
    from fedicert.web.plumbing.route import Door
    from fedicert.web.plumbing.templates import Pages

BUG = "Something went wrong on this server. It was noted under the number of this request"
REMOTE = "Remote data could not be fetched"

_OAUTH_CODES = {
    400: "invalid_request", 401: "invalid_token", 403: "insufficient_scope", 404: "invalid_request",
    429: "temporarily_unavailable", 500: "server_error",
    503: "temporarily_unavailable",
}  # fmt: skip

_TITLES = {
    400: "That request can't be read", 401: "Please log in", 403: "You may not do that", 404: "There is nothing here",
    405: "That can't be done here", 410: "This is gone", 413: "That is too much", 422: "That doesn't work",
    429: "Too many tries", 500: "Something went wrong", 503: "Not now",
}  # fmt: skip


def translate(error: Exception, door: Door, pages: Pages, request_id: str, route: str) -> Answer:
    """The answer for an error; logs it where it is a bug."""
    known = _as_problem(error)
    if known is None:
        log.failure("bug", error, request_id=request_id, route=route)
        known = Problem(BUG)
        known.status = 500
    if isinstance(known, GoElsewhere):
        return redirect(known.location)
    headers: dict[str, str] = {}
    if isinstance(known, TooManyRequests | Unavailable):
        headers["retry-after"] = str(known.retry_after)
    if isinstance(known, Unauthorized) and door in ("client", "oauth"):
        headers["www-authenticate"] = 'Bearer realm="fedicert", error="invalid_token"'
    if isinstance(known, OAuthRefused) and known.status == 401:
        headers["www-authenticate"] = 'Basic realm="fedicert"'
    if door == "page":
        return _page(known, pages, request_id, headers)
    return Answer(_body(known, door), known.status, headers)


def _as_problem(error: Exception) -> Problem | None:
    if isinstance(error, Problem):
        return error
    if isinstance(error, StoreUnavailable):
        return Unavailable()
    if isinstance(error, RemoteError):
        return Unavailable(REMOTE)
    return None


def _body(problem: Problem, door: Door) -> dict[str, Any]:
    if door == "oauth":
        general = _OAUTH_CODES.get(problem.status, "invalid_request")
        code = problem.code if isinstance(problem, OAuthRefused) else general
        return {"error": code, "error_description": str(problem)}
    body: dict[str, Any] = {"error": problem.code if isinstance(problem, OAuthRefused) else str(problem)}
    if isinstance(problem, OAuthRefused):
        body["error_description"] = str(problem)
    if isinstance(problem, Unprocessable) and problem.details and door == "client":
        body["details"] = {
            field: [{"error": code, "description": sentence} for code, sentence in faults]
            for field, faults in problem.details.items()
        }
    return body


def _page(problem: Problem, pages: Pages, request_id: str, headers: dict[str, str]) -> Answer:
    title = _TITLES.get(problem.status, "That didn't work")
    html = pages.render("error.html", title=title, message=str(problem), status=problem.status, request_id=request_id)
    return Answer(html, problem.status, headers, content_type=HTML)
