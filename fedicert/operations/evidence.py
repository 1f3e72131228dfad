"""Keep what was had of issuers of licences. What is kept was proven before; the judgement is made elsewhere."""

from fedicert.store.tables import evidence
from fedicert.store.unit import Tx


async def keep_issuer(tx: Tx, did: str, document: str, pin: str) -> str | None:
    """Keep an issuer's document. Where its keys became others than those pinned: the old thumbprint, and a row."""
    before = await evidence.pin_of(tx, did)
    await evidence.put_issuer(tx, did, document, pin)
    if before is None or before == pin:
        return None
    await evidence.add_change(tx, did, before, pin)
    return before


async def keep_list(tx: Tx, url: str, issuer: str, document: str, pin: str, valid_from: int) -> bool:
    """Keep a proven status list, unless a newer one was had from its address."""
    return await evidence.put_list(tx, url, issuer, document, pin, valid_from)
