"""Which inboxes and actor documents answered 410, since when, with no other answer in between. URLs alone."""

from collections.abc import Sequence

from fedicert.store.unit import Reader, Tx


async def remember(tx: Tx, url: str, inbox: str) -> None:
    """It answered 410; the moment of the first one stays. `inbox`: whatever is taken there forgets it; '': nothing."""
    await tx.run(
        "INSERT INTO gone (url, inbox, since) VALUES ($1, $2, $3) ON CONFLICT (url) DO NOTHING", url, inbox, tx.now
    )


async def since(reader: Reader, urls: Sequence[str]) -> int | None:
    """When (ms) the first of these answered 410; None where none did."""
    found = await reader.value("SELECT min(since) FROM gone WHERE url {any_text:$1}", list(urls))
    return None if found is None else int(found)


async def forget(tx: Tx, urls: Sequence[str]) -> None:
    """They answered something better, or what there was to do is done."""
    await tx.run("DELETE FROM gone WHERE url {any_text:$1}", list(urls))


async def served(tx: Tx, inboxes: Sequence[str]) -> None:
    """Something was taken at these inboxes."""
    await tx.run("DELETE FROM gone WHERE inbox <> '' AND inbox {any_text:$1}", list(inboxes))


async def sweep(tx: Tx, before: int, most: int) -> int:
    """Forget what answered 410 first before a moment (ms) and was never asked again; how many."""
    return await tx.run("DELETE FROM gone WHERE url IN (SELECT url FROM gone WHERE since < $1 LIMIT $2)", before, most)
