"""The table: what each incoming activity does, one module per type. What isn't here has no effect, and that is logged."""

from fedicert.inbox import (
    announce,
    answers,
    block,
    create,
    delete,
    follow,
    like,
    move,
    quote_request,
    relayed,
    undo,
    update,
)
from fedicert.inbox.effects import Receiver

RECEIVERS: dict[str, Receiver] = {
    "Accept": answers.receive_accept,
    "Announce": announce.receive,
    "Block": block.receive,
    "Create": create.receive,
    "Delete": delete.receive,
    "Follow": follow.receive,
    "Like": like.receive,
    "Move": move.receive,
    "QuoteRequest": quote_request.receive,
    "Reject": answers.receive_reject,
    relayed.TYPE: relayed.receive,
    "Undo": undo.receive,
    "Update": update.receive,
}
