"""What clients send about their accounts, the code of responsibility, appeals and waivers: forms as in `forms.py`."""

from typing import Any, Literal

import msgspec

from fedicert.model.standing import WAIVABLE


class AnotherAccountForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/fedicert/v1/accounts; `slots`: how many of the shared cap it gets."""

    username: str
    slots: int = 0


class SharesForm(msgspec.Struct, frozen=True, kw_only=True):
    """PUT /api/fedicert/v1/accounts/shares: account name → slots, as an object or as `shares[NAME]`."""

    shares: Any = None


class AgreementForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/fedicert/v1/agreement: the version that was read."""

    version: int


class AppealForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/fedicert/v1/appeals; `decision`: its place on one's own ledger."""

    decision: int
    text: str = ""


class WordsForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST …/words."""

    text: str = ""


class OutcomeForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/fedicert/v1/admin/appeals/:id/decide."""

    outcome: Literal["granted", "dismissed"]
    text: str = ""


class AppealsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/fedicert/v1/admin/appeals."""

    open: bool = False


class WaiverForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/fedicert/v1/waivers, and for another account, named, under admin."""

    account: str = ""
    followers: int | None = None
    following: int | None = None
    strangers: int | None = None
    answers: int | None = None
    days: int = 30
    reason: str = ""

    @property
    def limits(self) -> dict[str, int]:
        """What it shall raise, and to what."""
        return {name: value for name in WAIVABLE if (value := getattr(self, name)) is not None}


class ReasonForm(msgspec.Struct, frozen=True, kw_only=True):
    """Why something is refused or ended."""

    reason: str = ""
