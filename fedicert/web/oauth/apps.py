"""Registering client programs (RFC 7591 in Mastodon's words), and an app asking what it is."""

import re
from urllib.parse import urlsplit

from fedicert.base.errors import NotFound, Unprocessable
from fedicert.keys.tokens import new_token, token_hash
from fedicert.mastodon import scopes
from fedicert.mastodon.application_entities import CredentialApplication, RegisteredApplication
from fedicert.mastodon.render import application, credential_application
from fedicert.model.oauth import OUT_OF_BAND, OAuthApp
from fedicert.operations import oauth
from fedicert.store.views.access import app_by_id
from fedicert.web.plumbing.bodies import Fields
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint

MAX_NAME = 60
MAX_WEBSITE = 2_000
MAX_URI = 2_000
MAX_URIS = 20

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_FORBIDDEN_SCHEMES = {"javascript", "data", "vbscript", "file", "blob", "about", "view-source", "filesystem"}


@endpoint("POST", "/api/v1/apps", who="public", limit="apps")
async def register(call: Call) -> CredentialApplication:
    """Anybody may register a program; the consent page says that its name is unverified."""
    fields = await call.fields()
    name = _name(fields)
    uris = _redirect_uris(fields)
    asked = _scopes(fields)
    website = _website(fields)
    client_id, secret = new_token(call.deps.entropy), new_token(call.deps.entropy)
    number = await call.deps.db.write(oauth.register_app, client_id, token_hash(secret), name, website, uris, asked)
    return credential_application(number, name, website, uris, scopes.write(asked).split(), client_id, secret)


@endpoint("GET", "/api/v1/apps/verify_credentials", who="app")
async def verify_credentials(call: Call) -> RegisteredApplication:
    """Which app a token belongs to; any token will do."""
    if call.token is None:
        raise RuntimeError("an endpoint for apps without a token")
    app = await call.deps.db.read(app_by_id, call.token.app)
    if app is None:
        raise NotFound()
    return shown(app)


def shown(app: OAuthApp) -> RegisteredApplication:
    """An app without what is secret."""
    return application(app.id, app.name, app.website, app.redirect_uris, scopes.write(app.scopes).split())


def check_redirect_uri(uri: str) -> str:
    """What is wrong with a redirect, or ''. Fit are: out of band, http(s) with a host, and schemes of an app's own."""
    if uri == OUT_OF_BAND:
        return ""
    if len(uri) > MAX_URI or not uri.isascii() or not uri.isprintable() or " " in uri:
        return f"must be an absolute address of at most {MAX_URI} ASCII characters"
    try:
        parts = urlsplit(uri)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return "is no valid address"
    if not parts.scheme or not _SCHEME.fullmatch(parts.scheme):
        return "must be an absolute address"
    if parts.scheme in _FORBIDDEN_SCHEMES:
        return f"must not begin with {parts.scheme}:"
    if "#" in uri:
        return "must not have a fragment"
    if parts.scheme in ("http", "https") and (not host or parts.username is not None or parts.password is not None):
        return "must name a host, and nobody's password"
    return ""


def _name(fields: Fields) -> str:
    name = (fields.text("client_name") or "").strip()
    if not name:
        raise _invalid("client_name", "name", "ERR_BLANK", "can't be blank")
    if len(name) > MAX_NAME or not name.isprintable():
        raise _invalid("client_name", "name", "ERR_TOO_LONG", f"must have at most {MAX_NAME} printable characters")
    return name


def _redirect_uris(fields: Fields) -> tuple[str, ...]:
    uris = [uri for text in fields.texts("redirect_uris") for uri in text.split()]
    if not uris:
        raise _invalid("redirect_uris", "redirect_uri", "ERR_BLANK", "can't be blank")
    if len(uris) > MAX_URIS:
        raise _invalid("redirect_uris", "redirect_uri", "ERR_TOO_LONG", f"must be at most {MAX_URIS}")
    for uri in uris:
        wrong = check_redirect_uri(uri)
        if wrong:
            raise _invalid("redirect_uris", "redirect_uri", "ERR_INVALID", wrong)
    return tuple(dict.fromkeys(uris))


def _scopes(fields: Fields) -> frozenset[str]:
    asked = scopes.read(" ".join(fields.texts("scopes") or fields.texts("scope")) or scopes.DEFAULT)
    unknown = scopes.unknown(asked)
    if unknown:
        raise _invalid("scopes", "scopes", "ERR_INVALID", f"doesn't know {', '.join(unknown)[:200]}")
    return asked


def _website(fields: Fields) -> str | None:
    website = (fields.text("website") or "").strip()
    if not website:
        return None
    if len(website) > MAX_WEBSITE or not re.fullmatch(r"https?://[^\s<>\"]+", website):
        raise _invalid("website", "website", "ERR_INVALID", "must be an http or https address")
    return website


def _invalid(field: str, attribute: str, code: str, sentence: str) -> Unprocessable:
    label = attribute.replace("_", " ").capitalize().replace("uri", "URI")
    return Unprocessable(f"Validation failed: {label} {sentence}", {field: [(code, sentence)]})
