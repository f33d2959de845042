"""Cards: what `people` lets us know of a person. The newest version is kept."""

from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from services.notifications.tables import cards, names
from services.notifications.use_cases import calls, posting
from shared.copies import keep_newest
from shared.db import Transaction

_HOW_WE_WRITE = cards.c.name, cards.c.discreet, cards.c.format
"""What the words of a letter follow from."""


async def _keep_name(tx: Transaction, person_id: UUID, version: int, name: str) -> None:
    """NOT-08: earlier messages still greet them by the name they had then."""
    last = select(names.c.name).where(names.c.person_id == person_id).order_by(names.c.version.desc()).limit(1)
    if await tx.scalar(last) != name:
        new = {"person_id": person_id, "version": version, "name": name}
        await tx.execute(insert(names).values(new).on_conflict_do_nothing())


async def keep_card(tx: Transaction, person_id: UUID, home: str, card: dict[str, Any]) -> None:
    """card: as `people.cards.notifications` gives it. A card older than ours changes nothing."""
    is_reached = card.get("reached_by_message")
    ruled_out = card["ruled_out"]
    values = {
        "stored_at": func.clock_timestamp(),
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
        "post_changes": card.get("post_changes"),
    }
    unsaid = and_(
        cards.c.version == card["version"], cards.c.reached_by_message.is_(None), literal(is_reached is not None)
    )
    before = await tx.first(select(*_HOW_WE_WRITE).where(cards.c.person_id == person_id))
    if await keep_newest(tx, cards, {"person_id": person_id}, values, also=unsaid):
        await _keep_name(tx, person_id, card["version"], card["name"])
        if before is not None and tuple(before) != tuple(values[column.name] for column in _HOW_WE_WRITE):
            await posting.print_again(tx, person_id)
        await posting.leave_out_unwanted(tx, person_id)
    if is_reached:
        await calls.reached(tx, [person_id])
