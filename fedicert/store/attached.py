"""What hangs on a post besides its text and depends on who looks: its poll, what it quotes, who may quote it.

A fixed number of statements for any number of posts. Never writes.
"""

from collections.abc import Iterable, Sequence

import msgspec

from fedicert.model.statuses import Approval, PollFacts, PollOptionRow, PollRow, QuoteView, StatusRow
from fedicert.store.unit import Reader, Row

EVERYBODY = Approval(automatic=("public",), viewer="automatic")
NOBODY = Approval(viewer="denied")


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """Of one post, for one viewer. `quote.shown`: the quoted post may be shown, if the viewer may see it."""

    poll: PollRow | None = None
    quote: QuoteView | None = None
    approval: Approval = Approval()


async def attached(reader: Reader, viewer: int | None, posts: Iterable[StatusRow]) -> dict[int, Attached]:
    """What hangs on these posts: id → for this viewer."""
    rows = list(posts)
    votes = await _votes(reader, viewer, [row.id for row in rows if row.poll is not None])
    quoted = await _quoted(
        reader, viewer, [row.quote.id for row in rows if row.quote is not None and row.quote.id is not None]
    )
    policies = await _policies(reader, viewer, [row.author_id for row in rows if row.quoting in ("tier", "followers")])
    return {
        row.id: Attached(
            poll=None if row.poll is None else poll_row(row.id, row.poll, reader.now, votes.get(row.id, ()), viewer),
            quote=_quote(row, viewer, quoted),
            approval=_approval(row, viewer, policies),
        )
        for row in rows
    }


def poll_row(identifier: int, poll: PollFacts, now: int, own: Sequence[int], viewer: int | None) -> PollRow:
    """A poll as a viewer is shown it at this moment (ms): hidden totals stay hidden until it is over."""
    over = poll.over(now)
    hidden = poll.hide_totals and not over
    return PollRow(
        id=identifier,
        expires_at=poll.expires_at,
        expired=over,
        multiple=poll.multiple,
        votes_count=sum(option.votes or 0 for option in poll.options),
        voters_count=poll.voters,
        options=tuple(PollOptionRow(option.title, None if hidden else option.votes) for option in poll.options),
        own_votes=None if viewer is None else tuple(own),
    )


async def _votes(reader: Reader, viewer: int | None, polls: list[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    if polls and viewer is not None:
        for row in await reader.all(
            "SELECT status, choice FROM poll_votes WHERE account = $1 AND status {any_id:$2} ORDER BY choice",
            viewer,
            polls,
        ):
            found.setdefault(row[0], []).append(row[1])
    return found


async def _quoted(reader: Reader, viewer: int | None, posts: list[int]) -> dict[int, Row]:
    """Whether something stands between the viewer and the authors of quoted posts."""
    if not posts:
        return {}
    rows = await reader.all(
        "SELECT s.id,"
        " EXISTS (SELECT 1 FROM blocks b WHERE b.account = $1 AND b.target = s.author) AS blocked,"
        " EXISTS (SELECT 1 FROM mutes m WHERE m.account = $1 AND m.target = s.author) AS muted,"
        " EXISTS (SELECT 1 FROM hidden_domains h WHERE h.account = $1 AND h.domain = a.domain) AS hidden"
        " FROM statuses s JOIN accounts a ON a.id = s.author WHERE s.id {any_id:$2}",
        viewer or 0,
        posts,
    )
    return {row["id"]: row for row in rows}


async def _policies(reader: Reader, viewer: int | None, authors: list[int]) -> dict[int, Row]:
    """Who may quote posts of these authors by their tier, and whether the viewer is in the audience."""
    if not authors:
        return {}
    rows = await reader.all(
        "SELECT a.id, COALESCE(t.boosts, 'anyone') AS boosts,"
        " (SELECT lt.boosts FROM tiers lt ORDER BY lt.position LIMIT 1) AS lowest,"
        " EXISTS (SELECT 1 FROM follows f WHERE f.follower = $1 AND f.followed = a.id AND f.state = 'admitted') AS follows"
        " FROM accounts a LEFT JOIN local_accounts l ON l.id = a.id LEFT JOIN tiers t ON t.id = l.tier"
        " WHERE a.id {any_id:$2}",
        viewer or 0,
        authors,
    )
    return {row["id"]: row for row in rows}


def _quote(row: StatusRow, viewer: int | None, quoted: dict[int, Row]) -> QuoteView | None:
    quote = row.quote
    if quote is None:
        return None
    state: str = quote.state
    between = None if quote.id is None else quoted.get(quote.id)
    if state == "accepted" and between is None:
        state = "deleted" if quote.id is None else "unauthorized"
    elif state == "accepted" and between is not None:
        if between["blocked"]:
            state = "blocked_account"
        elif between["muted"]:
            state = "muted_account"
        elif between["hidden"]:
            state = "blocked_domain"
    # Whoever waits for an answer sees what they asked to quote.
    shown = state == "accepted" or (state == "pending" and row.author_id == viewer)
    return QuoteView(state=state, id=quote.id, shown=shown)


def _approval(row: StatusRow, viewer: int | None, policies: dict[int, Row]) -> Approval:
    if row.author_id == viewer:
        own = _approval(row, None, policies)
        return Approval(automatic=own.automatic, manual=own.manual, viewer="automatic")
    if row.visibility in ("private", "direct") or row.quoting == "nobody":
        return NOBODY
    if row.quoting == "manual":
        return Approval(manual=("public",), viewer="manual")
    if row.quoting in ("tier", "followers"):
        found = policies.get(row.author_id)
        says = "" if found is None or row.quoting != "tier" else found["boosts"]
        if found is not None and row.scope and found["lowest"] != "anyone":
            says = ""  # outside the scope of its author's licence the lowest rung speaks (law 6)
        if says == "anyone":
            return EVERYBODY
        follows = found is not None and bool(found["follows"])
        return Approval(automatic=("followers",), viewer="automatic" if follows else "denied")
    # '' of a post from here is everybody: only what is known of others' posts can be unsaid.
    return EVERYBODY if row.quoting == "public" else Approval()
