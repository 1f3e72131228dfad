"""Changing a rung as an admin who has looked at its forecast does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fedicert.model.ladder import Change
from fedicert.operations import deciding
from fedicert.operations.deciding import Applied
from fedicert.store.unit import Tx


async def change_tier(tx: Tx, name: str, changes: Mapping[str, Any], by: int, reason: str) -> Applied:
    """Set limits of a tier. `changes`: words and values as in the configuration."""
    return await deciding.apply(tx, by, Change(act="set", name=name, values=dict(changes)), reason)
