"""People with a browser: the cookie, who is behind it, and whether a form was really sent from our own page.

The cookie holds 256 random bits and the database their digest. A browser gets one before anybody logged in, so that the
login form can be tied to it; it is replaced at login. The client API never looks at it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any
from urllib.parse import urlsplit

from fedicert.base.clock import HOUR
from fedicert.base.errors import Forbidden
from fedicert.config import Config
from fedicert.keys.tokens import new_token, token_hash
from fedicert.model.oauth import SESSION_LIFE, Session
from fedicert.operations import sessions
from fedicert.store.views.access import find_session
from fedicert.web.plumbing.answers import HTML, Answer
from fedicert.web.plumbing.bodies import Fields
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.headers import page_policy

TOUCH_AFTER = HOUR
FORM_TOKEN = "form_token"
FOREIGN = "This form came from another site, or its page is too old. Go back, load the page again and send it once more"

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


class Browser:
    """One browser: its secret, whether it has it already, and the person behind it."""

    __slots__ = ("known", "secret", "session")

    def __init__(self, secret: str, known: bool, session: Session | None) -> None:
        self.secret = secret
        self.known = known
        self.session = session

    @property
    def form_token(self) -> str:
        """What a form of ours carries to show that this browser was given it."""
        return hashlib.sha256(f"form:{self.secret}".encode()).hexdigest()


async def browser_of(call: Call) -> Browser:
    """Who sits there. A session that is in use is kept alive, at most once an hour."""
    secret = _cookie(call, cookie_name(call.deps.config))
    if secret is None:
        return Browser(new_token(call.deps.entropy), False, None)
    digest = token_hash(secret)
    session = await call.deps.db.read(find_session, digest)
    if session is not None and call.now - session.seen_at >= TOUCH_AFTER:
        await call.deps.db.write(sessions.keep, digest)
    return Browser(secret, True, session)


def check_form(call: Call, browser: Browser, fields: Fields) -> None:
    """Refuse a form that another site sent. Raises `Forbidden`.

    What the browser says of the origin is asked first; the token in the form decides where it says nothing.
    """
    site = call.header("sec-fetch-site")
    origin = call.header("origin")
    ours = urlsplit(call.deps.config.base)
    if site and site not in ("same-origin", "none"):
        raise Forbidden(FOREIGN)
    if not site and origin and origin != f"{ours.scheme}://{ours.netloc}":
        raise Forbidden(FOREIGN)
    sent = fields.text(FORM_TOKEN) or ""
    if not browser.known or not hmac.compare_digest(sent.encode(), browser.form_token.encode()):
        raise Forbidden(FOREIGN)


def page(
    call: Call,
    template: str,
    browser: Browser | None = None,
    *,
    status: int = 200,
    form_action: str = "'self'",
    **values: Any,
) -> Answer:
    """A page; where it has a form, give the browser, so that the form carries its token."""
    values["form_token"] = browser.form_token if browser else ""
    html = call.deps.pages.render(template, **values)
    answer = Answer(html, status, {"content-security-policy": page_policy(form_action)}, content_type=HTML)
    if browser is not None and not browser.known:
        set_cookie(call, answer, browser.secret)
    return answer


def set_cookie(call: Call, answer: Answer, secret: str) -> None:
    """Give the browser its secret; '' takes it away."""
    config = call.deps.config
    parts = [f"{cookie_name(config)}={secret}", "Path=/", "HttpOnly", "SameSite=Lax"]
    parts.append(f"Max-Age={SESSION_LIFE // 1000 if secret else 0}")
    if config.base.startswith("https:"):
        parts.append("Secure")
    answer.headers.append((b"set-cookie", "; ".join(parts).encode()))


def cookie_name(config: Config) -> str:
    """`__Host-session` on https; with the port on plain http, where cookies of all ports of a host are mixed."""
    if config.base.startswith("https:"):
        return "__Host-session"
    return f"session-{urlsplit(config.base).port or 80}"


def _cookie(call: Call, name: str) -> str | None:
    for part in call.header("cookie").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name and _SECRET.fullmatch(value):
            return value
    return None
