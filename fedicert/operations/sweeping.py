"""What grows by what others send, and how long it is kept: every table of that kind has a time or a bound here.

Each sweep is one unit of work over so many rows at most and says how many it looked at, so that it is called again while
there is more. The ledger is never swept, only the names beside it. `KEPT` is the list for people and for the tests.
"""

from collections.abc import Awaitable, Callable

from fedicert.base.clock import DAY, HOUR, utc_day
from fedicert.operations import (
    archives,
    arrivals,
    certification,
    dispatch,
    imports,
    jobs,
    ledger,
    moves,
    oauth,
    pictures,
    relays,
    sessions,
    synchronizing,
    trimming,
)
from fedicert.reach.strangers import WINDOW
from fedicert.reach.turnover import WINDOW as REFILLS_COUNT
from fedicert.store.tables import (
    activities,
    addressed,
    answer_days,
    evidence,
    follows,
    gone,
    idempotency,
    local_people,
    notifications,
    remote_actors,
    statuses,
    told,
    turnover,
)
from fedicert.store.unit import Tx

MOST = 500
PEOPLE = 100
MONTH = 30 * DAY
REMEMBERED = 400 * DAY
"""Longer than a licence is usually in force, so that a change of its issuer's keys is noticed, and it isn't told twice
that it ends."""

KEPT = {
    "accounts": "30 days since its document was read, where nobody and nothing here has to do with it",
    "addressed": "31 days",
    "activities": "30 days since all deliveries were planned; at once, where the object is taken back",
    "answer_days": "two days",
    "apps": "30 days unused, without a token",
    "archives": "their files a week, their rows 60 days; three a day and person",
    "arrivals": "30 days",
    "attempts": "an hour",
    "blocks": "one a pair of people, as long as both are here",
    "bodies": "a day after their last delivery",
    "conversation_statuses": "as long as the post",
    "conversations": "as long as a post of it",
    "deliveries": "10 days; dead letters 30 days more",
    "domain_days": "two days",
    "favourites": "one a person and post, as long as the post",
    "feed": "800 rows a reader",
    "follower_digests": "one a person here and server with followers",
    "follows": "one a pair; the line 10 × cap, a place 180 days",
    "gone": "30 days, or until another answer comes",
    "grants": "a day",
    "idempotency": "an hour",
    "inboxes": "as long as the account",
    "import_rows": "as long as the import",
    "imports": "60 days after its end; ten a day and person",
    "issuer_key_changes": "the latest 20 an issuer, as long as it is known",
    "jobs": "dead letters 30 days",
    "licences": "of actors elsewhere the 8 that the document links to; of people here for ever, or as long as the account",
    "lanes": "30 days without a delivery",
    "ledger_names": "24 months",
    "ledger_repeats": "a day, then told",
    "list_feed": "800 rows a list",
    "marks": "one a person and post, as long as the post",
    "media": "a day, where they hang on nothing",
    "met_issuers": "400 days since its document was fetched",
    "met_status_lists": "400 days since it was fetched",
    "moves": "31 days",
    "moved_inboxes": "24 months, the latest 5 an actor",
    "permits": "as long as the post",
    "notifications": "the latest 4,000 a person",
    "peer_software": "90 days since it was asked for",
    "poll_votes": "one a person and choice, as long as the post",
    "quotes": "10,000 a post, as long as the post",
    "refills": "31 days",
    "relayed": "30 days; what nobody here touched goes with it",
    "rejections": "one a trimmed follower, until confirmed",
    "remote_keys": "30 days since it was fetched or shown",
    "reports": "as long as the account they are about; of one reporter elsewhere about one account, the latest",
    "restorations": "one a restore from a backup",
    "restored_hosts": "until the restoration is over, 72 hours at most",
    "sent_to": "as long as the post or account, and until its retraction is planned",
    "sessions": "14 days unused, 90 days in all",
    "signatures_seen": "two hours",
    "status_edits": "the latest 100 a post",
    "status_mentions": "as long as the post",
    "status_tags": "as long as the post",
    "statuses": "as long as its author's server doesn't take it back; only where somebody here has to do with it",
    "synchronizations": "30 days",
    "tags": "names of kept posts' hashtags, each once",
    "tokens": "30 days after they ended",
    "told": "400 days",
    "tombstones": "of posts of others 30 days",
    "trim_hosts": "one a person here and server with unconfirmed rows",
}
"""Table → how long its rows stay, of those that what comes in from outside adds to."""

Sweep = Callable[[Tx], Awaitable[int]]


async def _answer_days(tx: Tx) -> int:
    return await answer_days.forget(tx, utc_day(tx.now) - 1)


async def _arrivals(tx: Tx) -> int:
    await arrivals.sweep(tx)
    return 0


async def _relayed(tx: Tx) -> int:
    return await relays.sweep(tx, MOST)


async def _activities(tx: Tx) -> int:
    return await activities.forget(tx, tx.now - MONTH, MOST)


async def _addressed(tx: Tx) -> int:
    return await addressed.forget(tx, tx.now - WINDOW - DAY, MOST)


async def _domain_days(tx: Tx) -> int:
    today = utc_day(tx.now)
    return await follows.forget_domain_days(tx, today - 1, today + 1)


async def _moves(tx: Tx) -> int:
    return await dispatch.forget_moves(tx, tx.now - ledger.NAMES_KEPT, MOST)


async def _gone(tx: Tx) -> int:
    return await gone.sweep(tx, tx.now - MONTH, MOST)


async def _idempotency(tx: Tx) -> int:
    return await idempotency.forget(tx, tx.now - HOUR)


async def _queues(tx: Tx) -> int:
    await jobs.sweep(tx, tx.now - MONTH)
    return 0


async def _repeats(tx: Tx) -> int:
    return await ledger.tell_repeats(tx, MOST)


async def _tombstones(tx: Tx) -> int:
    return await statuses.forget_tombstones(tx, tx.now - MONTH, MOST)


async def _keys(tx: Tx) -> int:
    return await remote_actors.forget_keys(tx, tx.now - MONTH, MOST)


async def _issuers(tx: Tx) -> int:
    return await evidence.forget(tx, tx.now - REMEMBERED, MOST)


async def _tokens(tx: Tx) -> int:
    return await oauth.sweep(tx)


async def _sessions(tx: Tx) -> int:
    await sessions.sweep(tx)
    return 0


async def _pictures(tx: Tx) -> int:
    return await pictures.sweep(tx)


async def _software(tx: Tx) -> int:
    return await trimming.forget_software(tx, MOST)


async def _refills(tx: Tx) -> int:
    return await turnover.forget(tx, tx.now - REFILLS_COUNT - DAY, MOST)


async def _synchronizations(tx: Tx) -> int:
    return await synchronizing.forget(tx, tx.now - MONTH, MOST)


async def _imports(tx: Tx) -> int:
    return await imports.forget(tx, MOST)


async def _archives(tx: Tx) -> int:
    return await archives.forget(tx, MOST)


async def _moved_accounts(tx: Tx) -> int:
    return await moves.forget(tx, MOST)


async def _told(tx: Tx) -> int:
    return await told.sweep(tx, tx.now - REMEMBERED, MOST)


SWEEPS: tuple[Sweep, ...] = (
    _answer_days,
    _arrivals,
    _activities,
    _addressed,
    _domain_days,
    _gone,
    _moves,
    _idempotency,
    _queues,
    _relayed,
    _repeats,
    _tombstones,
    _keys,
    _issuers,
    _tokens,
    _sessions,
    _pictures,
    _software,
    _refills,
    _synchronizations,
    _moved_accounts,
    _imports,
    _archives,
    _told,
)


async def forget_strangers(tx: Tx, after: tuple[int, int]) -> tuple[int, int] | None:
    """Take out a page of remote accounts that nobody here has to do with, behind (read at, id); where to go on."""
    page = await remote_actors.old(tx, after, tx.now - MONTH, MOST)
    for account, uri in await remote_actors.unrelated(tx, [found[1] for found in page]):
        await dispatch.forget_inbox(tx, account)
        await remote_actors.drop_keys(tx, uri)
        await certification.forget(tx, account)
        await remote_actors.remove(tx, account)
    return page[-1] if len(page) == MOST else None


async def trim_people(tx: Tx, after: int) -> int | None:
    """Bound what is told to a page of people here, and the names beside their chains; where to go on, None at the end."""
    page = await local_people.ids(tx, after, PEOPLE)
    for account in page:
        await notifications.trim(tx, account)
        await ledger.forget_old_names(tx, account)
    return page[-1] if len(page) == PEOPLE else None
