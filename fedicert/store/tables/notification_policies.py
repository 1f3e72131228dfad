"""What people want done with what strangers, new people and the like make them be told; and whom they except."""

from collections.abc import Sequence

from fedicert.model.accounts import LIMITS
from fedicert.model.notifications import Policy
from fedicert.store.unit import Reader, Tx


async def get(reader: Reader, account: int) -> Policy | None:
    """Somebody's policy; None where they never said."""
    row = await reader.one(
        "SELECT not_following, not_followers, new_accounts, private_mentions, limited_accounts"
        " FROM notification_policies WHERE account = $1",
        account,
    )
    return None if row is None else Policy(row[0], row[1], row[2], row[3], row[4])


async def put(tx: Tx, account: int, policy: Policy) -> None:
    """Somebody's policy, in the place of what was."""
    await tx.run(
        "INSERT INTO notification_policies (account, not_following, not_followers, new_accounts, private_mentions,"
        " limited_accounts) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account) DO UPDATE SET"
        " not_following = excluded.not_following, not_followers = excluded.not_followers,"
        " new_accounts = excluded.new_accounts, private_mentions = excluded.private_mentions,"
        " limited_accounts = excluded.limited_accounts",
        account,
        policy.for_not_following,
        policy.for_not_followers,
        policy.for_new_accounts,
        policy.for_private_mentions,
        policy.for_limited_accounts,
    )


async def permit(tx: Tx, account: int, senders: Sequence[int]) -> None:
    """Want to be told of these people whatever the policy says."""
    await tx.many(
        "INSERT INTO notification_permissions (account, from_account) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [(account, sender) for sender in senders],
    )


async def facts(reader: Reader, account: int, sender: int, status: int | None) -> dict[str, bool]:
    """What a policy asks about a sender, and about the post it is about."""
    row = await reader.one(
        "SELECT EXISTS (SELECT 1 FROM notification_permissions p WHERE p.account = $1 AND p.from_account = a.id),"
        f" a.domain = '' AND (a.type = 'Application' OR a.username_key = '{LIMITS}'"
        " OR EXISTS (SELECT 1 FROM local_accounts l WHERE l.id = a.id"
        " AND l.role <> '')),"
        " EXISTS (SELECT 1 FROM follows f WHERE f.follower = $1 AND f.followed = a.id"
        " AND f.state IN ('admitted', 'paused')),"
        " EXISTS (SELECT 1 FROM follows f WHERE f.follower = a.id AND f.followed = $1"
        " AND f.state IN ('admitted', 'paused')),"
        " a.created_at > $4,"
        " EXISTS (SELECT 1 FROM statuses s WHERE s.id = $3 AND s.visibility = 'direct'"
        " AND (s.in_reply_to_account IS NULL OR s.in_reply_to_account <> $1))"
        " FROM accounts a WHERE a.id = $2",
        account,
        sender,
        status or 0,
        reader.now - NEW_MS,
    )
    names = ("permitted", "of_the_house", "followed", "follower", "new", "private")
    return {name: bool(row[place]) if row is not None else False for place, name in enumerate(names)}


NEW_MS = 30 * 86_400_000
"""An account is new for so long."""


async def forget(tx: Tx, account: int) -> None:
    """An account is gone: so is its policy, and what was excepted of it."""
    await tx.run("DELETE FROM notification_policies WHERE account = $1", account)
    await tx.run("DELETE FROM notification_permissions WHERE account = $1 OR from_account = $1", account)
