"""The page on which a person lets a client program in (RFC 6749 §4.1.1, RFC 7636, RFC 9207).

A request whose client or redirect isn't right gets a page and never a redirect. Every other error, a refusal and the
code go back to the client, with its `state`.
"""

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from fedicert.base.errors import BadRequest, Forbidden, Unprocessable
from fedicert.keys.tokens import new_token, token_hash
from fedicert.mastodon import scopes
from fedicert.model.oauth import OUT_OF_BAND, OAuthApp, Session, SessionAccount
from fedicert.operations import oauth
from fedicert.store.views.access import find_app
from fedicert.web.plumbing.answers import Answer, redirect
from fedicert.web.plumbing.bodies import Fields
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.sessions import Browser, browser_of, check_form, page

PARAMETERS = (
    "client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method", "lang",
)  # fmt: skip
"""What the consent form sends back as it came."""

MAX_STATE = 4_000
NOT_READY = {
    "unconfirmed": "Confirm your e-mail address first",
    "pending": "Your sign-up waits for an approval",
    "disabled": "This login is disabled",
}

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_OUR_PAGE = re.compile(r"/(settings|admin)(/[a-z0-9_-]+)*(\?[A-Za-z0-9_=&.%-]*)?")
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?")


class AuthorizeRequest(msgspec.Struct, frozen=True):
    """What a client asks for, checked. `lang` was read by the caller."""

    app: OAuthApp
    redirect_uri: str
    scopes: frozenset[str]
    state: str
    challenge: str | None


@endpoint("GET", "/oauth/authorize", door="page")
async def show(call: Call) -> Answer:
    """Log in first, then decide."""
    fields = await call.fields()
    asked = await _read(call, fields)
    if isinstance(asked, Answer):
        return asked
    browser = await browser_of(call)
    if browser.session is None or (fields.text("force_login") or "").lower() in ("true", "1", "t", "on"):
        return page(call, "login.html", browser, **login_values(_again(fields), app=asked.app.name))
    return _consent(call, browser, browser.session, asked, fields)


@endpoint("POST", "/oauth/authorize", door="page")
async def decide(call: Call) -> Answer:
    """The person agreed or refused."""
    fields = await call.fields()
    asked = await _read(call, fields)
    if isinstance(asked, Answer):
        return asked
    browser = await browser_of(call)
    check_form(call, browser, fields)
    if browser.session is None:
        return redirect(_again(fields))
    if fields.text("decision") != "allow":
        return _back(
            call, asked.redirect_uri, asked.state, error="access_denied", error_description="The person refused"
        )
    account = _chosen(browser.session, fields)
    code = new_token(call.deps.entropy)
    await call.deps.db.write(
        oauth.grant, token_hash(code), asked.app.id, account.id, asked.redirect_uri, asked.scopes, asked.challenge
    )
    if asked.redirect_uri == OUT_OF_BAND:
        return redirect("/oauth/authorize/native?" + urlencode({"code": code} | _state(asked.state)))
    return _back(call, asked.redirect_uri, asked.state, code=code)


@endpoint("GET", "/oauth/authorize/native", door="page")
async def show_code(call: Call) -> Answer:
    """The code, to be copied into a program that can't be redirected to."""
    code = call.query("code") or ""
    if not _CHALLENGE.fullmatch(code):
        raise BadRequest("There is no code to show. Start again in your program")
    return page(call, "code.html", code=code)


async def _read(call: Call, fields: Fields) -> AuthorizeRequest | Answer:
    """The request, or the redirect that tells the client what is wrong. Raises where no redirect may be followed."""
    app = await call.deps.db.read(find_app, fields.text("client_id") or "")
    if app is None:
        raise BadRequest("The program that sent you here isn't registered with this server. Let it register again")
    redirect_uri = fields.text("redirect_uri") or ""
    if redirect_uri not in app.redirect_uris:
        raise BadRequest("The program that sent you here asks to be answered at an address that it didn't register")
    state = fields.text("state") or ""
    if len(state) > MAX_STATE:
        raise BadRequest(f"The program that sent you here sends a state of more than {MAX_STATE} characters")
    wanted = scopes.read(fields.text("scope") or scopes.DEFAULT)
    challenge = fields.text("code_challenge")
    method = fields.text("code_challenge_method")
    refusal = _refusal(fields.text("response_type"), wanted, app, challenge, method)
    if refusal is None:
        return AuthorizeRequest(app, redirect_uri, wanted, state, challenge)
    code, sentence = refusal
    if redirect_uri == OUT_OF_BAND:
        raise BadRequest(sentence)
    return _back(call, redirect_uri, state, error=code, error_description=sentence)


def _refusal(
    response_type: str | None, wanted: frozenset[str], app: OAuthApp, challenge: str | None, method: str | None
) -> tuple[str, str] | None:
    if response_type != "code":
        return "unsupported_response_type", "response_type must be code"
    if scopes.unknown(wanted) or not scopes.within(wanted, app.scopes):
        return "invalid_scope", "The scopes must be among those the app registered"
    if (challenge is None) != (method is None) or method not in (None, "S256"):
        return "invalid_request", "PKCE takes a code_challenge with code_challenge_method S256"
    if challenge is not None and not _CHALLENGE.fullmatch(challenge):
        return "invalid_request", "A code_challenge has 43 characters of base64url"
    return None


def _consent(call: Call, browser: Browser, session: Session, asked: AuthorizeRequest, fields: Fields) -> Answer:
    if session.state != "ready":
        raise Forbidden(NOT_READY[session.state])
    if not session.accounts:
        raise Forbidden("No account of yours can be used at the moment")
    kept = {name: fields.text(name) for name in PARAMETERS}
    values: dict[str, Any] = {
        "app": asked.app.name,
        "website": asked.app.website,
        "target": "" if asked.redirect_uri == OUT_OF_BAND else _target(asked.redirect_uri),
        "allowed": scopes.in_words(asked.scopes),
        "accounts": session.accounts,
        "kept": {name: value for name, value in kept.items() if value is not None},
        "again": _again(fields) + "&force_login=true",
    }
    return page(call, "consent.html", browser, form_action=_form_action(asked.redirect_uri), **values)


def _chosen(session: Session, fields: Fields) -> SessionAccount:
    if session.state != "ready":
        raise Forbidden(NOT_READY[session.state])
    wanted = fields.text("account")
    for account in session.accounts:
        if wanted is None or wanted == str(account.id):
            return account
    raise Unprocessable("That account isn't yours")


def _back(call: Call, uri: str, state: str, **told: str) -> Answer:
    """Send the browser to the client; 303, so that a form isn't sent on."""
    joint = "&" if "?" in uri else "?"
    return redirect(f"{uri}{joint}{urlencode(told | _state(state) | {'iss': call.deps.config.base})}")


def _state(state: str) -> dict[str, str]:
    return {"state": state} if state else {}


def _again(fields: Fields) -> str:
    """This very request, without asking for the password once more."""
    kept = [(name, fields.text(name)) for name in PARAMETERS]
    return "/oauth/authorize?" + urlencode([(name, value) for name, value in kept if value is not None])


def login_values(return_to: str, **more: Any) -> dict[str, Any]:
    """What the login page shows where nothing else is said."""
    return {"return_to": return_to, "name": "", "wrong": "", "app": "", "logged_in": False} | more


def read_return_to(text: str | None) -> str:
    """Where to go after logging in: back to an authorization or a page of ours, else home. Never elsewhere."""
    if text is None or not text.isascii() or not text.isprintable():
        return "/"
    if _OUR_PAGE.fullmatch(text):
        return text
    if not text.startswith("/oauth/authorize?"):
        return "/"
    known = [(name, value) for name, value in parse_qsl(text.partition("?")[2]) if name in PARAMETERS]
    return "/oauth/authorize?" + urlencode(known)


def _target(uri: str) -> str:
    parts = urlsplit(uri)
    return parts.hostname or f"{parts.scheme}:"


def _form_action(uri: str) -> str:
    """Where the consent form may lead: here, and, through the redirect, to the client. Browsers hold both to it."""
    if uri == OUT_OF_BAND:
        return "'self'"
    parts = urlsplit(uri)
    if parts.scheme in ("http", "https") and _HOST.fullmatch(parts.netloc):
        return f"'self' {parts.scheme}://{parts.netloc}"
    return f"'self' {parts.scheme}:"
