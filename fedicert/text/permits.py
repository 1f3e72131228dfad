"""The short visible line under a post that carries a permit, for servers that know nothing of permits.

The line is the server's: nobody's own text may begin one like it. Takes values, makes safe HTML.
"""

import re
from html import escape

from fedicert.text.names import is_permit_opening

OPENING = "Under licence"

_COLON = re.compile("[:：∶ː꞉]")


def permit_line(label: str, issuer: str, page: str) -> str:
    """`label`: what and where, as its holder lets it be shown; `page`: of the licence, with each check in words."""
    address = escape(page)
    said = escape(f"{OPENING}: {label}, issued by {issuer}")
    return f'<p>{said}: <a href="{address}" rel="nofollow noopener" target="_blank">{address}</a></p>'


def imitates(text: str) -> bool:
    """Would a line of this text pass for the server's own?"""
    return any(_COLON.search(line) and is_permit_opening(_COLON.split(line, 1)[0]) for line in text.splitlines())


def chip(what: str, issuer: str, state: str) -> str:
    """A permit in words, always with the issuer's name: what a viewer is shown in place of the line."""
    said = {
        "valid": f"{what}, {issuer}",
        "ended": f"{what}, {issuer}: licence ended",
        "unlisted": f"{what}: valid, issuer not on our list: {issuer}",
        "out_of_scope": f"{what}: valid, but {issuer} isn't trusted here for this trade or place",
    }
    return said.get(state, "")
