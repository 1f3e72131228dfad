"""The code of responsibility: the text that comes with the program, its digest, and how a profile shows it.

An admin replaces the text by a newer version; nothing here knows which version holds.
"""

import hashlib
from html import escape

from fedicert.model.accounts import FieldRow

FIELD = "Code of responsibility"
"""The name of the field in which a server says which version somebody signed: the server's own."""

LONGEST = 20_000

DEFAULT = """\
Code of responsibility

Whoever speaks to more people than they can know answers for what they say. I agree to this:

1. I am who I say I am. Where I write for somebody else, I say for whom.
2. I say what I know, how I know it, and what I only believe. A guess is called a guess.
3. Before I pass something on, I look where it comes from. What I can't check, I don't spread.
4. Within my trade I keep to its rules, and outside of it I don't borrow its authority.
5. Where I was wrong, I say so as loudly as I was wrong, and soon. I don't delete it silently.
6. I say who pays me for what I write, and what I gain by it.
7. I attack no one for what they are, set nobody on anyone, and give nobody's private life away.
8. Who answers me with a reason gets an answer or is left in peace.
9. I don't use other accounts, machines or friends to seem to be more people than I am.
10. I know that what I decide here is on a record, that my limits can be changed by the rules of this server, and that I
    can appeal against any such decision.
"""


def digest_of(text: str) -> str:
    """SHA-256 of the text as it is published, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def tidy(text: str) -> str:
    """A text as it is kept: line ends of one kind, nothing behind the last line but one."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return "\n".join(lines).strip("\n") + "\n"


def code_field(shown: str, page: str) -> FieldRow:
    """The profile field of somebody who signed. `shown`: `VERSION DIGEST`; `page`: where every version is."""
    version, _, digest = shown.partition(" ")
    address = escape(f"{page}/{version}")
    said = escape(f"version {version}, SHA-256 {digest}")
    return FieldRow(FIELD, f'<a href="{address}" rel="nofollow noopener" target="_blank">{said}</a>')
