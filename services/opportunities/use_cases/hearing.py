"""What other services tell us, kept in our own words. A later version wins, in whatever order they arrive."""

from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from services.opportunities import domain
from services.opportunities.tables import claims_heard, feedback_heard, people
from shared.db import Transaction, participant_values
from shared.events import ParticipantRef


async def hear_claim(
    tx: Transaction,
    claim_id: UUID,
    version: int,
    state: domain.ClaimState,
    *,
    opportunity_id: UUID,
    session_id: UUID,
    participant: ParticipantRef,
) -> None:
    values = {"version": version, "opportunity_id": opportunity_id, "session_id": session_id, "state": state}
    await _keep_latest(tx, claims_heard, {"claim_id": claim_id}, {**values, **participant_values(participant)})


async def hear_feedback(tx: Transaction, item_id: UUID, version: int, opportunity_id: UUID | None, *, waiting: bool) -> None:
    await _keep_latest(tx, feedback_heard, {"item_id": item_id}, {"version": version, "opportunity_id": opportunity_id, "waiting": waiting})


async def keep_person(tx: Transaction, person_id: UUID, version: int, name: str, roles: list[str], age_known: bool | None = None) -> None:
    """age_known: PEO-03, None from a program of people that does not say it yet."""
    values = {"version": version, "name": name, "roles": roles, "age_known": age_known}
    await _keep_latest(tx, people, {"person_id": person_id}, values)
    unsaid = (people.c.person_id == person_id) & (people.c.version == version) & people.c.age_known.is_(None)
    await tx.execute(update(people).where(unsaid).values(age_known=age_known))


async def _keep_latest(tx: Transaction, table: Any, key: dict[str, Any], values: dict[str, Any]) -> None:
    adding = insert(table).values(**key, **values)
    await tx.execute(adding.on_conflict_do_update(index_elements=list(key), set_=values, where=table.c.version < adding.excluded.version))
