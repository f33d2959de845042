"""Names as people's pages show them, for staff pages and voucher lists; and who took each person in (PAY-10)."""

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from services.payments import tables
from shared.db import Transaction


async def keep_card(tx: Transaction, person_id: UUID, card: dict[str, Any]) -> None:
    """A card that is older than ours is left."""
    values: dict[str, Any] = {"version": card["version"], "name": card["name"]}
    for field in ("added_by", "email_entered_by"):  # a people service one version behind does not say
        values[field] = UUID(card[field]) if card.get(field) else None
    statement = insert(tables.cards).values(person_id=person_id, **values)
    newer = tables.cards.c.version < card["version"]
    await tx.execute(statement.on_conflict_do_update(index_elements=[tables.cards.c.person_id], set_=values, where=newer))
