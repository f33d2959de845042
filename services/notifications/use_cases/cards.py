"""Cards: what `people` lets us know of a person. The newest one stands."""

from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_
from sqlalchemy.dialects.postgresql import insert

from services.notifications.tables import cards
from services.notifications.use_cases import calls
from shared.db import Transaction


async def keep_card(tx: Transaction, person_id: UUID, home: str, card: dict[str, Any]) -> None:
    """card: as `people.cards.notifications` gives it. An older one than ours changes nothing."""
    is_reached = card.get("reached_by_message")
    ruled_out = card["ruled_out"]
    values = {
        "person_id": person_id,
        "home": home,
        "version": card["version"],
        "name": card["name"],
        "roles": list(card["roles"]),
        "ruled_out_kinds": list(ruled_out["kinds"]),
        "ruled_out_areas": list(ruled_out["areas"]),
        "ruled_out_times": list(ruled_out["times"]),
        "area": card["area"] or "",
        "channels": list(card["channels"]),
        "discreet": card["discreet"],
        "format": card["format"],
        "opted_out": list(card["opted_out"]),
        "paused": card["paused"],
        "reached_by_message": is_reached,
        "told_apart_by": card.get("told_apart_by"),
    }
    statement = insert(cards).values(values)
    new = statement.excluded
    newer = {name: new[name] for name in values if name != "person_id"}
    newer["stored_at"] = new.stored_at
    unsaid = and_(cards.c.version == new.version, cards.c.reached_by_message.is_(None), new.reached_by_message.is_not(None))
    await tx.execute(statement.on_conflict_do_update(index_elements=["person_id"], set_=newer, where=or_(cards.c.version < new.version, unsaid)))
    if is_reached:
        await calls.reached(tx, [person_id])
