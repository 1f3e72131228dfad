"""Another account for somebody who is here already: its keys are made before the unit of work, then all in one."""

from fedicert.base.errors import Unprocessable
from fedicert.keys.account_keys import COUNT, account_keys
from fedicert.operations import instance, people
from fedicert.operations.instance import host_of
from fedicert.operations.names import STAFF
from fedicert.operations.shares import Division
from fedicert.web.plumbing.call import Call


async def another_account(call: Call, owner: int, name: str, slots: int) -> list[Division]:
    """Make it, and how the caps are divided then. Raises what the operation raises, before any key is made where it can."""
    deps = call.deps
    name = name.strip().removeprefix("@").lower()
    people.check_name(name, host_of(deps.urls))
    if name in STAFF:
        raise Unprocessable(f"the name {name} is reserved")
    await deps.db.read(people.check_another, owner, name)
    ids = await deps.db.write(instance.new_ids, COUNT)
    keys = await account_keys(deps.keys, deps.vault, deps.urls, deps.urls.actor(name), ids)
    _, divided = await deps.db.write(people.add_account, deps.urls, owner, name, slots, keys)
    return divided
