"""Letting a client program act for somebody: registering it, granting, exchanging and revoking.

What is secret is made and digested by the door before the unit of work (keys); here only digests come and go. Who asks
was checked by the door too: an app by its secret, a person by a session.
"""

import base64
import hashlib
import hmac

from fedicert.base.clock import DAY, MINUTE
from fedicert.base.errors import OAuthRefused
from fedicert.model.oauth import Grant, IssuedToken
from fedicert.store.tables import oauth
from fedicert.store.unit import Tx

CODE_LIFE = 10 * MINUTE
UNUSED_APP_LIFE = 30 * DAY
REVOKED = "token_revoked"
"""The signal that a token ended: streams and pushes that hang on it end too."""

BAD_CODE = "The authorization code is invalid, expired, used already or was made for another client"


async def register_app(
    tx: Tx,
    client_id: str,
    secret_hash: str,
    name: str,
    website: str | None,
    redirect_uris: tuple[str, ...],
    asked: frozenset[str],
) -> int:
    """Take in a client program; its id. Nobody checked who it says it is."""
    return await oauth.insert_app(tx, client_id, secret_hash, name, website, redirect_uris, asked)


async def grant(
    tx: Tx,
    code_hash: str,
    app: int,
    account: int,
    redirect_uri: str,
    scopes: frozenset[str],
    challenge: str | None,
) -> None:
    """A person agreed: the app may exchange this code for a token of theirs, once, within ten minutes."""
    await oauth.app_used(tx, app)
    await oauth.insert_grant(
        tx,
        Grant(
            code_hash=code_hash,
            app=app,
            account=account,
            redirect_uri=redirect_uri,
            scopes=scopes,
            challenge=challenge,
            created_at=tx.now,
            used_at=None,
            token=None,
        ),
    )


async def exchange(
    tx: Tx,
    code_hash: str,
    app: int,
    redirect_uri: str | None,
    verifier: str | None,
    proven: bool,
    token_hash: str,
) -> IssuedToken | None:
    """Exchange a code for a token. `proven`: the app gave its secret. Raises `OAuthRefused`.

    None: the code was used before. Then the token made from it has ended in this very unit, so the unit must commit
    and the caller refuses afterwards (RFC 6749 §4.1.2).
    """
    found = await oauth.lock_grant(tx, code_hash)
    if found is None or found.app != app or tx.now - found.created_at > CODE_LIFE:
        raise OAuthRefused("invalid_grant", BAD_CODE)
    if found.used_at is not None:
        if found.token is not None:
            await _end(tx, found.token)
        return None
    if redirect_uri != found.redirect_uri:
        raise OAuthRefused("invalid_grant", "redirect_uri isn't the one the code was made for")
    _check_challenge(found.challenge, verifier, proven)
    issued = await oauth.insert_token(tx, token_hash, app, found.account, found.scopes)
    await oauth.use_grant(tx, code_hash, issued.id)
    return issued


async def issue(tx: Tx, app: int, account: int | None, scopes: frozenset[str], token_hash: str) -> IssuedToken:
    """A token without a code: for an app itself, or for somebody whose password was checked."""
    await oauth.app_used(tx, app)
    return await oauth.insert_token(tx, token_hash, app, account, scopes)


async def revoke(tx: Tx, token_hash: str, app: int) -> None:
    """End an app's own token; again, and for one that never was, it is well (RFC 7009 §2.2). Raises `OAuthRefused`."""
    found = await oauth.token_app(tx, token_hash)
    if found is None:
        return
    token, owner, holds = found
    if owner != app:
        raise OAuthRefused("unauthorized_client", "This token belongs to another app", 403)
    if holds:
        await _end(tx, token)


async def sweep(tx: Tx, most: int = 500) -> int:
    """Remove codes and tokens that are over, and apps that nobody used in 30 days, so many at most; how many went."""
    codes = await oauth.delete_old_grants(tx, tx.now - DAY, most)
    codes += await oauth.delete_ended_tokens(tx, tx.now - UNUSED_APP_LIFE, most)
    return codes + await oauth.delete_unused_apps(tx, tx.now - UNUSED_APP_LIFE, most)


async def _end(tx: Tx, token: int) -> None:
    if await oauth.revoke_token(tx, token):
        tx.signal(REVOKED, token)


def _check_challenge(challenge: str | None, verifier: str | None, proven: bool) -> None:
    """RFC 7636 §4.6: verified where either side has it; asked for where the app gave no secret."""
    if challenge is None:
        if verifier is not None:
            raise OAuthRefused("invalid_grant", "The code was made without a code_challenge, so none can be verified")
        if not proven:
            raise OAuthRefused("invalid_client", "Send the client_secret, or use PKCE (S256)", 401)
        return
    if verifier is None:
        raise OAuthRefused("invalid_grant", "code_verifier is missing")
    digest = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not hmac.compare_digest(made, challenge):
        raise OAuthRefused("invalid_grant", "code_verifier doesn't match the code_challenge")
