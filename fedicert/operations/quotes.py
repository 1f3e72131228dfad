"""Somebody elsewhere asks to quote a post of somebody here (FEP-044f): allowed or not by the author's tier (law 5)."""

from fedicert.activitypub.build_quotes import QuoteRequest, accept_quote, reject_quote
from fedicert.model.urls import Urls
from fedicert.operations import dispatch
from fedicert.operations.boosts import lets_boost
from fedicert.operations.ledger import Party, record_about
from fedicert.store.tables import quotes, seats, statuses
from fedicert.store.unit import Tx


async def receive_request(tx: Tx, urls: Urls, quoter: int, request: QuoteRequest) -> bool:
    """Answer a request; False where there is no such post here for this actor to see, which isn't answered.

    A post for few is never quoted. A refusal stands on the author's ledger.
    """
    post = await statuses.visible_by_uri(tx, request.quoted, quoter)
    if post is None or not post.author_local or post.row.reblog_of_id is not None:
        return False
    seat = await seats.lock(tx, post.author)
    if seat is None or seat.closed:
        return False
    pair = f"{seat.account}>{quoter}"
    stamp = None
    if post.row.visibility in ("public", "unlisted") and await lets_boost(tx, post, quoter):
        stamp = await quotes.allow(tx, post.id, request.quote, quoter)
    if stamp is None:
        party = Party(request.quoter, quoter)
        body = {"limit": "quotes", "tier": seat.limits.tier}
        await record_about(tx, seat.account, "refused:quotes", "law 5: quotes", "quoter", party, body)
        refusal = reject_quote(urls.activity(tx.new_id()), seat.uri, request)
        await dispatch.answer(tx, seat.account, [quoter], refusal, pair=pair)
        return True
    shown = urls.quote_authorization(seat.username, stamp)
    accepted = accept_quote(urls.activity(tx.new_id()), seat.uri, request, shown)
    await dispatch.answer(tx, seat.account, [quoter], accepted, pair=pair, about=post.id)
    return True
