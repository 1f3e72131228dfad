"""A refusal of the law as clients are told it: the status code and the sentence."""

from fedicert.base.errors import Forbidden, LimitReached, Problem
from fedicert.reach.strangers import Refusal, sentence


def refused(refusal: Refusal) -> Problem:
    """422 for a limit of the person's own tier, 403 where somebody else's tier doesn't allow it."""
    return Forbidden(sentence(refusal)) if refusal.limit in ("boosts", "quotes") else LimitReached(sentence(refusal))
