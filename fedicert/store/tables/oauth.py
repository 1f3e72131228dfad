"""Apps, authorization codes and tokens as rows. Only digests of what their holders keep; nothing here judges."""

from fedicert.base import json
from fedicert.mastodon import scopes
from fedicert.model.oauth import Grant, IssuedToken
from fedicert.store.unit import Reader, Row, Tx


async def insert_app(
    tx: Tx,
    client_id: str,
    secret_hash: str,
    name: str,
    website: str | None,
    redirect_uris: tuple[str, ...],
    asked: frozenset[str],
) -> int:
    """A new app; its id."""
    return int(
        await tx.value(
            "INSERT INTO apps (client_id, secret_hash, name, website, redirect_uris, scopes, created_at, used_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id",
            client_id,
            secret_hash,
            name,
            website,
            json.dump_text(list(redirect_uris)),
            scopes.write(asked),
            tx.now,
        )
    )


async def app_used(tx: Tx, app: int) -> None:
    """Somebody uses this app; those that nobody uses are swept away one day."""
    await tx.run("UPDATE apps SET used_at = $2 WHERE id = $1", app, tx.now)


async def delete_unused_apps(tx: Tx, before: int, most: int) -> int:
    """Remove apps that hold no token and weren't used since `before` (ms); how many."""
    return await tx.run(
        "DELETE FROM apps WHERE id IN (SELECT a.id FROM apps a WHERE a.used_at < $1"
        " AND NOT EXISTS (SELECT 1 FROM tokens t WHERE t.app = a.id AND t.revoked_at IS NULL)"
        " ORDER BY a.id LIMIT $2)",
        before,
        most,
    )


async def delete_ended_tokens(tx: Tx, before: int, most: int) -> int:
    """Remove tokens that ended before a moment (ms); how many."""
    return await tx.run(
        "DELETE FROM tokens WHERE id IN (SELECT id FROM tokens WHERE revoked_at < $1 LIMIT $2)", before, most
    )


async def insert_grant(tx: Tx, grant: Grant) -> None:
    """A code that may be exchanged once."""
    await tx.run(
        "INSERT INTO grants (code_hash, app, account, redirect_uri, scopes, challenge, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        grant.code_hash,
        grant.app,
        grant.account,
        grant.redirect_uri,
        scopes.write(grant.scopes),
        grant.challenge,
        grant.created_at,
    )


async def lock_grant(tx: Tx, code_hash: str) -> Grant | None:
    """The code, locked until the unit ends, so that two exchanges can't both find it unused."""
    row = await tx.one("SELECT * FROM grants WHERE code_hash = $1 {for_update}", code_hash)
    return None if row is None else _grant(row)


async def use_grant(tx: Tx, code_hash: str, token: int) -> None:
    """The code was exchanged for this token."""
    await tx.run("UPDATE grants SET used_at = $2, token = $3 WHERE code_hash = $1", code_hash, tx.now, token)


async def delete_old_grants(tx: Tx, before: int, most: int) -> int:
    """Remove codes made before a moment (ms); how many."""
    return await tx.run(
        "DELETE FROM grants WHERE code_hash IN (SELECT code_hash FROM grants WHERE created_at < $1 LIMIT $2)",
        before,
        most,
    )


async def insert_token(tx: Tx, token_hash: str, app: int, account: int | None, given: frozenset[str]) -> IssuedToken:
    """A new token."""
    number = await tx.value(
        "INSERT INTO tokens (hash, app, account, scopes, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id",
        token_hash,
        app,
        account,
        scopes.write(given),
        tx.now,
    )
    return IssuedToken(id=int(number), scopes=given, created_at=tx.now)


async def token_app(reader: Reader, token_hash: str) -> tuple[int, int, bool] | None:
    """(id, app, holds still) of a token; None where it was never made."""
    row = await reader.one("SELECT id, app, revoked_at FROM tokens WHERE hash = $1", token_hash)
    return None if row is None else (row["id"], row["app"], row["revoked_at"] is None)


async def revoke_token(tx: Tx, token: int) -> bool:
    """End a token; was it still held?"""
    return bool(await tx.run("UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", token, tx.now))


def _grant(row: Row) -> Grant:
    return Grant(
        code_hash=row["code_hash"],
        app=row["app"],
        account=row["account"],
        redirect_uri=row["redirect_uri"],
        scopes=scopes.read(row["scopes"]),
        challenge=row["challenge"],
        created_at=row["created_at"],
        used_at=row["used_at"],
        token=row["token"],
    )
