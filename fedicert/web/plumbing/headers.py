"""Headers that answers carry whatever is in them: for whom they may be read, cached and framed.

Nothing here knows a handler; a header that a handler set itself is kept.
"""

from fedicert.web.plumbing.answers import Header
from fedicert.web.plumbing.route import Door

CORS_PREFIXES = (
    "/api/", "/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/.well-known/", "/nodeinfo/", "/@", "/users/",
    "/media/", "/static/", "/credentials/", "/status-lists/", "/achievements/",
)  # fmt: skip
"""Where pages of other origins may read. No cookie counts there."""

EXPOSED = "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, Mastodon-Async-Refresh"
METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD"
ASKABLE = "Authorization, Content-Type, Idempotency-Key, Accept-Language"

JSON_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

CORS: list[Header] = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED.encode()),
]


def page_policy(form_action: str = "'self'") -> str:
    """The Content-Security-Policy of a page: our own style sheet and pictures, no script, no frame.

    `form_action` names where forms, and what they are redirected to, may lead: browsers hold redirects to it as well.
    """
    return (
        "default-src 'none'; style-src 'self'; img-src * data:; media-src *; base-uri 'none'; object-src 'none'; "
        f"form-action {form_action}; frame-ancestors 'none'"
    )


def has_cors(path: str) -> bool:
    """May other origins read what is at this path?"""
    return path.startswith(CORS_PREFIXES)


def preflight(asked: str) -> list[Header]:
    """The answer to OPTIONS: every method, and whatever headers were asked for (`*` would not cover Authorization)."""
    allowed = asked if asked and asked.isascii() and asked.isprintable() and len(asked) <= 1_000 else ASKABLE
    return [
        *CORS,
        (b"access-control-allow-methods", METHODS.encode()),
        (b"access-control-allow-headers", allowed.encode()),
        (b"access-control-max-age", b"86400"),
        (b"vary", b"Access-Control-Request-Headers"),
    ]


class Standing:
    """The headers of every answer, ready as bytes per door."""

    def __init__(self, *, https: bool) -> None:
        common: list[Header] = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin")]
        if https:
            common.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))
        policy: Header = (b"content-security-policy", JSON_POLICY.encode())
        api: list[Header] = [
            *common,
            policy,
            (b"cache-control", b"private, no-store"),
            (b"vary", b"Authorization, Origin, Accept"),
        ]
        page: list[Header] = [
            *common,
            (b"content-security-policy", page_policy().encode()),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cache-control", b"private, no-store"),
            (b"vary", b"Accept, Cookie"),
        ]
        # An answer may hang on who signed, an error too: only who knows better says that it may be kept (attack #46).
        federation: list[Header] = [
            *common,
            policy,
            (b"cache-control", b"private, no-store"),
            (b"vary", b"Accept, Signature"),
        ]
        # Pictures are shown by pages of any origin, and never are a page themselves (attack #30).
        media: list[Header] = [
            *common,
            policy,
            (b"cross-origin-resource-policy", b"cross-origin"),
            (b"cache-control", b"no-store"),
        ]
        self._by_door: dict[Door, list[Header]] = {
            "client": api,
            "oauth": api,
            "page": page,
            "federation": federation,
            "media": media,
        }

    def add(self, door: Door, headers: list[Header]) -> None:
        """Put in what is missing."""
        present = {name for name, _ in headers}
        headers += [header for header in self._by_door[door] if header[0] not in present]
