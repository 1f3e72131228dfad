"""Is somebody a relay of ours?"""

from fedicert.store.unit import Reader, one_statement


@one_statement
async def is_relay(reader: Reader, actor: str) -> bool:
    """Is this actor a relay that this server subscribed to, and that said yes?"""
    return bool(
        await reader.value(
            "SELECT 1 FROM relays r JOIN accounts a ON a.id = r.account WHERE a.uri = $1 AND r.state = 'accepted'",
            actor,
        )
    )
