"""Whoever is to be rung."""

from datetime import UTC, datetime
from typing import Any

from tests.notifications.support import World

AWAY = {"channels": ["in-app"], "reached_by_message": False}
NOON = datetime(2026, 12, 4, 12, tzinfo=UTC)  # a Friday


async def to_ring(world: World) -> list[tuple[str, str]]:
    rows = await world.rows(
        "SELECT c.name, k.template FROM calls k JOIN cards c USING (person_id) WHERE settled_at IS NULL"
    )
    return sorted((row.name, row.template) for row in rows)


async def run(world: World, work: Any) -> None:
    await world.do(work)
