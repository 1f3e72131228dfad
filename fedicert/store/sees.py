"""Who may see a post: one condition in SQL, for the tables and for the views alike.

Public and unlisted posts: anybody. For followers: the author, who is admitted, who is named; a copy that
is fetched is a copy, so who is paused, held, asked for or trimmed sees none (law 1).
Direct: the author and who is named. Nobody sees a post of somebody with whom there is a block either way, or of
somebody suspended. What may not be seen is as if it weren't there.
"""

from fedicert.model.accounts import LIMITS

A_PERSON = f"a.type <> 'Application' AND a.username_key <> '{LIMITS}'"
"""Of local `accounts a`: neither the instance's own actor nor the limits account."""


def sees(viewer: str, status: str = "s", author: str = "a") -> str:
    """The condition. `viewer`: a placeholder (`$1`) for the viewer's account, 0 for nobody.

    `status` and `author` are the aliases of the post and of its author's account.
    """
    return (
        f"({status}.state = 'published' AND {author}.suspended_at IS NULL AND {author}.deleted_at IS NULL"
        f" AND ({status}.author = {viewer} OR ({no_block(viewer, f'{status}.author')}"
        f" AND ({status}.visibility IN ('public', 'unlisted')"
        f" OR EXISTS (SELECT 1 FROM status_mentions sm WHERE sm.status = {status}.id AND sm.account = {viewer})"
        f" OR ({status}.visibility = 'private' AND EXISTS (SELECT 1 FROM follows sf WHERE sf.follower = {viewer}"
        f" AND sf.followed = {status}.author AND sf.state = 'admitted')"
        f" AND {in_kept_set(viewer, status)})))))"
    )


def in_kept_set(viewer: str, status: str = "s") -> str:
    """The condition that a post for a part of its author's audience is for this follower (law 6)."""
    return (
        f"({status}.kept_only = 0 OR EXISTS (SELECT 1 FROM scope_units su WHERE su.status = {status}.id"
        f" AND ((su.host = '' AND su.follower = {viewer}) OR (su.follower = 0"
        f" AND su.host = (SELECT si.host FROM inboxes si WHERE si.account = {viewer})))))"
    )


def hears(viewer: str, author: str = "a") -> str:
    """The condition that the viewer wants to hear of an account: neither muted nor of a domain they hide.

    For what comes without being asked for, timelines and threads; whom one looks up, one sees.
    """
    return (
        f"({author}.id NOT IN (SELECT target FROM mutes WHERE account = {viewer})"
        f" AND {author}.domain NOT IN (SELECT domain FROM hidden_domains WHERE account = {viewer}))"
    )


def no_block(viewer: str, other: str) -> str:
    """The condition that neither blocks the other. Read once a statement: few people block many."""
    return (
        f"{other} NOT IN (SELECT target FROM blocks WHERE account = {viewer}"
        f" UNION ALL SELECT account FROM blocks WHERE target = {viewer})"
    )
