"""What may be posted by whoever hasn't agreed to the code of responsibility as it is now (docs/law.md, People). Pure.

Within the limits of the lowest rung everything goes on; what is beyond them waits for the signature.
"""

from fedicert.model.standing import Limits
from fedicert.reach.strangers import Verdict
from fedicert.reach.visibility import Visibility, visibility_that_holds


def beyond(lowest: Limits, *, visibility: Visibility, audience: int, verdict: Verdict) -> str:
    """In which respect a post is beyond the lowest rung: `followers`, `visibility`, `strangers` or `answers`; '' in none.

    `audience`: the author's count. `verdict`: what the post's addressees would cost under the lowest rung's limits.
    """
    if visibility != "direct" and lowest.cap is not None and audience > lowest.cap:
        return "followers"
    if visibility_that_holds(visibility, lowest.visibility) != visibility:
        return "visibility"
    if verdict.refusal is not None and verdict.refusal.limit in ("strangers", "answers"):
        return verdict.refusal.limit
    return ""
