"""What receiving an activity comes to: a look at the network first, then an effect inside one unit of work.

A receiver is `async (peers, activity, signer) → Effect`: it may fetch what the activity speaks of, with no unit open,
and returns what is to be done. `signer` is the account of the actor who signed, which is the activity's actor. An
effect answers with a word for the log; it may refuse by raising one of `base.errors`.
"""

from collections.abc import Awaitable, Callable

from fedicert.activitypub.types import Activity
from fedicert.discovery.peers import Peers
from fedicert.store.unit import Tx

Effect = Callable[[Tx], Awaitable[str]]
Receiver = Callable[[Peers, Activity, int], Awaitable[Effect]]

DONE = "done"


def nothing(word: str) -> Effect:
    """An activity that has no effect here, and why."""

    async def effect(tx: Tx) -> str:
        return f"ignored: {word}"

    return effect


def outcome(happened: bool, otherwise: str) -> str:
    """`done`, or why nothing happened."""
    return DONE if happened else f"ignored: {otherwise}"
