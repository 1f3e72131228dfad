"""Getting and ending tokens (RFC 6749 §4, RFC 7009), who the holder is, and the discovery document (RFC 8414)."""

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

from fedicert.base.errors import OAuthRefused, Unauthorized
from fedicert.keys.tokens import new_token, same, token_hash
from fedicert.mastodon import scopes
from fedicert.model.oauth import IssuedToken, OAuthApp
from fedicert.operations import oauth
from fedicert.store.views.access import find_app
from fedicert.store.views.pages import find_profile_by_id
from fedicert.web.plumbing.bodies import Fields
from fedicert.web.plumbing.call import INVALID_TOKEN, Call
from fedicert.web.plumbing.endpoint import Answer, endpoint
from fedicert.web.plumbing.passwords import try_password

BAD_CLIENT = "Client authentication failed: unknown client, no client authentication, or a wrong secret"

_NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


@endpoint("POST", "/oauth/token", door="oauth", limit="api")
async def token(call: Call) -> Answer:
    """Every way to a token."""
    fields = await call.fields()
    grant_type = fields.text("grant_type")
    if grant_type is None:
        raise OAuthRefused("invalid_request", "grant_type is missing")
    secret = new_token(call.deps.entropy)
    if grant_type == "authorization_code":
        issued = await _exchange(call, fields, token_hash(secret))
    elif grant_type == "client_credentials":
        app = await _client(call, fields, must_prove=True)
        given = _within(fields, app)
        issued = await call.deps.db.write(oauth.issue, app.id, None, given, token_hash(secret))
    elif grant_type == "password" and call.deps.config.password_grant:
        issued = await _by_password(call, fields, token_hash(secret))
    else:
        raise OAuthRefused("unsupported_grant_type", "This grant_type isn't served here")
    body = {
        "access_token": secret,
        "token_type": "Bearer",
        "scope": scopes.write(issued.scopes),
        "created_at": issued.created_at // 1000,
    }
    return Answer(body, headers=_NO_STORE)


@endpoint("POST", "/oauth/revoke", door="oauth", limit="api")
async def revoke(call: Call) -> dict[str, Any]:
    """End a token of the asking app; whatever hangs on it ends with it."""
    fields = await call.fields()
    given = fields.text("token")
    if given is None:
        raise OAuthRefused("invalid_request", "token is missing")
    try:
        app = await _client(call, fields, must_prove=False)
    except OAuthRefused as error:
        raise OAuthRefused("unauthorized_client", "You are not authorized to revoke this token", 403) from error
    await call.deps.db.write(oauth.revoke, token_hash(given), app.id)
    return {}


@endpoint(("GET", "POST"), "/oauth/userinfo", door="oauth", scope="profile", limit="api")
async def userinfo(call: Call) -> dict[str, Any]:
    """Who the holder of the token is (OpenID Connect §5.3, in Mastodon's words)."""
    person = await call.deps.db.read(find_profile_by_id, call.actor)
    if person is None:
        raise Unauthorized(INVALID_TOKEN)
    return {
        "iss": call.deps.config.base,
        "sub": person.uri,
        "name": person.display_name or person.username,
        "preferred_username": person.username,
        "profile": person.url,
        "picture": person.avatar_url or call.deps.urls.missing_avatar,
    }


@endpoint("GET", "/.well-known/oauth-authorization-server", door="oauth")
async def discover(call: Call) -> dict[str, Any]:
    """What there is, where."""
    base = call.deps.config.base
    grants = ["authorization_code", "client_credentials"]
    if call.deps.config.password_grant:
        grants.append("password")
    return {
        "issuer": base,
        "service_documentation": "https://docs.joinmastodon.org/",
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "userinfo_endpoint": f"{base}/oauth/userinfo",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "app_registration_endpoint": f"{base}/api/v1/apps",
        "scopes_supported": list(scopes.ALL),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": grants,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }


async def _exchange(call: Call, fields: Fields, hashed: str) -> IssuedToken:
    app = await _client(call, fields, must_prove=False)
    code = fields.text("code")
    if code is None:
        raise OAuthRefused("invalid_request", "code is missing")
    issued = await call.deps.db.write(
        oauth.exchange,
        token_hash(code),
        app.id,
        fields.text("redirect_uri"),
        fields.text("code_verifier"),
        _credentials(call, fields)[1] is not None,
        hashed,
    )
    if issued is None:
        raise OAuthRefused("invalid_grant", oauth.BAD_CODE)
    return issued


async def _by_password(call: Call, fields: Fields, hashed: str) -> IssuedToken:
    """RFC 6749 §4.3; only where the configuration has switched it on, for closed test instances."""
    app = await _client(call, fields, must_prove=True)
    name, password = fields.text("username") or "", fields.text("password") or ""
    given = _within(fields, app)
    found, _ = await try_password(call, name, password)
    if found is None or found.account is None:
        raise OAuthRefused("invalid_grant", "The name or the password is wrong")
    return await call.deps.db.write(oauth.issue, app.id, found.account, given, hashed)


async def _client(call: Call, fields: Fields, *, must_prove: bool) -> OAuthApp:
    """The app that asks. A secret that was sent must be right; whether one must be sent depends on what is asked."""
    client_id, secret = _credentials(call, fields)
    app = await call.deps.db.read(find_app, client_id) if client_id else None
    if app is None or (secret is None and must_prove):
        raise OAuthRefused("invalid_client", BAD_CLIENT, 401)
    if secret is not None and not same(token_hash(secret), app.secret_hash):
        raise OAuthRefused("invalid_client", BAD_CLIENT, 401)
    return app


def _credentials(call: Call, fields: Fields) -> tuple[str | None, str | None]:
    """(client_id, client_secret) from the Authorization header (RFC 6749 §2.3.1), else from the body."""
    kind, _, encoded = call.header("authorization").partition(" ")
    if kind.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise OAuthRefused("invalid_client", BAD_CLIENT, 401) from None
        return unquote_plus(client_id), unquote_plus(secret)
    return fields.text("client_id"), fields.text("client_secret")


def _within(fields: Fields, app: OAuthApp) -> frozenset[str]:
    wanted = scopes.read(fields.text("scope") or scopes.DEFAULT)
    if scopes.unknown(wanted) or not scopes.within(wanted, app.scopes):
        raise OAuthRefused("invalid_scope", "The scopes must be among those the app registered")
    return wanted
