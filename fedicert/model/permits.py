"""The permit that a post carries: which licence it is stated under, and what this server found of it. Frozen values.

Times are milliseconds since the epoch, UTC; '' is "none" in texts.
"""

from typing import Literal

import msgspec

PermitState = Literal["pending", "valid", "ended", "unlisted", "out_of_scope", "invalid"]
"""`valid`: the licence was in force at the post's latest moment and its issuer counts here. `ended`: first met after the
licence had ended. `unlisted`, `out_of_scope`: genuine, but our trust list doesn't speak for it. `pending`: not looked at
yet. `invalid`: nothing is shown of it."""

SHOWN: tuple[PermitState, ...] = ("valid", "ended", "unlisted", "out_of_scope")
"""What others are shown; a permit that isn't verified is never shown."""

Scope = Literal["", "off_duty", "marked"]
"""'' within the scope of its author's licence, or of somebody without one. `off_duty`: outside, by its author's word;
`marked`: by a moderator's."""

OFF_DUTY = "offduty"
"""The hashtag that puts a post outside, in normal form."""

PERMIT_CONTEXT = "https://w3id.org/security/data-integrity/v2"


class PermitRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A permit as it stands with its post.

    `href`: the credential; `at`: the latest of the post's published and updated and of the proof's created. `number`: of
    the licence's page, for posts of people here. `what`: the trade and the place; `issuer`: by whom it was
    issued. `seal`: of posts from elsewhere the proof's value, so that the same isn't looked at again.
    """

    state: PermitState
    href: str
    at: int
    number: int = 0
    what: str = ""
    issuer: str = ""
    label: str = ""
    seal: str = ""

    @property
    def shown(self) -> bool:
        """May others see it?"""
        return self.state in SHOWN
