"""A decision of staff as Mastodon's clients are told it, with the appeal that it has. Pure."""

from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.render_account import account
from fedicert.mastodon.staff_entities import AccountWarning, Appeal
from fedicert.model.accounts import AccountRow
from fedicert.model.notifications import WarningRow
from fedicert.model.urls import Urls
from fedicert.text.cases import kind_in_words

_ACTIONS = {"account_disabled": "disable", "account_suspended": "suspend"}
STATES = {"": "pending", "granted": "approved", "dismissed": "rejected", "withdrawn": "rejected"}
"""How an appeal stands, in Mastodon's words; it knows no taking back."""


def warning(row: WarningRow, target: AccountRow, urls: Urls) -> AccountWarning:
    """The entity. `action` is `none` for what Mastodon has no word for; the text says it, and where to appeal."""
    appeal = None if row.appeal is None else Appeal(text=row.appeal, state=STATES[row.outcome])
    return AccountWarning(
        id=str(row.decision),
        action=_ACTIONS.get(row.kind, "none"),
        text=f"{kind_in_words(row.kind)}. You can read why, and appeal: {urls.base}/settings/appeals",
        status_ids=None,
        created_at=timestamp(row.created_at),
        target_account=account(target, urls),
        appeal=appeal,
    )
