"""Who may answer a post: its author's own setting, told to others as an interaction policy and held here (law 5).

The author, whom the post names and whom it answers may always. A setting holds for posts written from then on.
"""

from fedicert.base.errors import Forbidden, NotFound, Unprocessable
from fedicert.operations.ledger import Party, record_about
from fedicert.operations.writing import open_seat
from fedicert.store.tables import follows, people, scopes, seats, statuses
from fedicert.store.tables.statuses import Post
from fedicert.store.unit import Reader, Tx

ANYONE, AUDIENCE, MENTIONED = "anyone", "audience", "mentioned"
CHOICES = (ANYONE, AUDIENCE, MENTIONED)
RULE = "law 5: answers"
NOT_YOURS = "This action is not allowed: the author lets only some people answer this post"


async def set_policy(tx: Tx, account: int, answers_by: str) -> str:
    """Let anyone, the audience, or only whom a post names answer the posts to come. Raises Unprocessable, NotFound,
    Forbidden."""
    if answers_by not in CHOICES:
        raise Unprocessable(f"answers_by is one of {', '.join(CHOICES)}")
    await open_seat(tx, account)
    await seats.set_answers_by(tx, account, "" if answers_by == ANYONE else answers_by)
    return answers_by


async def policy(reader: Reader, account: int) -> str:
    """Who may answer the posts to come. Raises NotFound."""
    seat = await seats.read(reader, account)
    if seat is None:
        raise NotFound
    return seat.answers_by or ANYONE


async def lets_answer(reader: Reader, post: Post, answerer: int) -> bool:
    """May this person, here or elsewhere, answer a post?"""
    if not post.answers_by or answerer in (post.author, post.row.in_reply_to_account_id):
        return True
    if answerer in await statuses.people_named(reader, post.id):
        return True
    if post.answers_by != AUDIENCE:
        return False
    row = await follows.between(reader, answerer, post.author)
    if row is None or row.state != "admitted":
        return False
    return not post.kept_only or await scopes.is_for(reader, post.id, answerer)


async def check(reader: Reader, post: Post | None, answerer: int) -> None:
    """Somebody here is about to answer. Raises Forbidden."""
    if post is not None and not await lets_answer(reader, post, answerer):
        raise Forbidden(NOT_YOURS)


async def takes(tx: Tx, post: Post | None, answerer: int) -> bool:
    """An answer came from elsewhere to a post of somebody here. What isn't taken stands on the author's ledger."""
    if post is None or not post.author_local or await lets_answer(tx, post, answerer):
        return True
    seat, person = await seats.lock(tx, post.author), await people.by_id(tx, answerer)
    if seat is not None and person is not None:
        body = {"limit": "replies", "tier": seat.limits.tier}
        await record_about(tx, seat.account, "refused:replies", RULE, "answerer", Party(person.uri, person.id), body)
    return False
