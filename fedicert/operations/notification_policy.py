"""What is done with what strangers and the like make one be told, and what is to become of what was set aside."""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import NotFound
from fedicert.model.notifications import Policy
from fedicert.store.tables import notification_policies, notifications, people
from fedicert.store.unit import Tx


async def change(tx: Tx, account: int, wanted: dict[str, str]) -> None:
    """Change somebody's policy; what isn't named stays. It holds for what comes from now on."""
    before = await notification_policies.get(tx, account) or Policy()
    await notification_policies.put(tx, account, msgspec.structs.replace(before, **wanted))


async def accept(tx: Tx, account: int, senders: Sequence[int], *, known: bool = True) -> None:
    """Be told of these people after all, and from now on. `NotFound` where nothing of one waits, if `known`."""
    found = await notifications.let_in(tx, account, senders)
    if known and not found:
        raise NotFound
    if found:
        await notification_policies.permit(tx, account, await people.known(tx, senders))
    tx.signal("notifications_merged", account)


async def dismiss(tx: Tx, account: int, senders: Sequence[int], *, known: bool = True) -> None:
    """Don't be told of what waits. `NotFound` where nothing does, if `known`."""
    if not await notifications.delete_filtered(tx, account, senders) and known:
        raise NotFound
