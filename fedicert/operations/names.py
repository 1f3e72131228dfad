"""Which names an account here may have. A name is given once: what stood under it keeps standing for that person."""

import re

from fedicert.text.names import looks_like_limits

NAME = re.compile(r"[a-z0-9_]{1,30}")

_ROUTES = (
    "about accounts activities actor actors admin_api api apps assets auth authorize collections consent credentials"
    " custom_emojis explore favicon federation fedicert follow followers following healthz home host hostmeta inbox"
    " instance interact invite licence licences limits livez login logout manifest media metrics nobody nodeinfo"
    " notifications null oauth outbox public readyz register robots search settings shares sharedinbox signin signup"
    " sitemap static statuses streaming system tags terms timelines undefined users verify webfinger well_known"
)
RESERVED = frozenset(_ROUTES.split())
"""Routes, our own actors, and words that programs take for something else. Nobody gets them, not by command either."""

_OFFICES = (
    "abuse admin administrator certifier contact everyone fedicert help here hostmaster info legal mod moderation"
    " moderator mods noreply no_reply office official owner postmaster privacy registrar root security staff support"
    " sysadmin team trust webmaster"
)
STAFF = frozenset(_OFFICES.split())
"""Names that speak for the instance: given by command, never by signing up."""


def is_reserved(name: str, host: str) -> bool:
    """Is this name the server's own? `host`: the domain of the instance, whose words are its own too."""
    words = {host, host.replace(".", "_").replace("-", "_"), host.partition(".")[0] if "." in host else host}
    return name in RESERVED or name in words or looks_like_limits(name)
