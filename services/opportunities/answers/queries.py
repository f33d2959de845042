"""The answers that everybody reads."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from services.opportunities.answers.domain import Shown, as_text
from services.opportunities.answers.tables import answers
from shared.db import Transaction, one_of


async def shown_of(tx: Transaction, opportunity_id: UUID) -> list[Shown]:
    """The newest first."""
    return (await _shown_of_each(tx, [opportunity_id]))[opportunity_id]


async def texts_of(tx: Transaction, opportunity_ids: Collection[UUID]) -> dict[UUID, str]:
    """For the network."""
    return {each: as_text(shown) for each, shown in (await _shown_of_each(tx, opportunity_ids)).items()}


async def _shown_of_each(tx: Transaction, opportunity_ids: Collection[UUID]) -> dict[UUID, list[Shown]]:
    found: dict[UUID, list[Shown]] = {each: [] for each in opportunity_ids}
    newest = select(answers).where(one_of(answers.c.opportunity_id, opportunity_ids))
    for row in await tx.all(newest.order_by(answers.c.shown_at.desc(), answers.c.id.desc())):
        found[row.opportunity_id].append(Shown(row.question, row.answer))
    return found


async def shown_for(tx: Transaction, question_id: UUID) -> Row[Any] | None:
    """What everybody reads of this question, if anything."""
    return await tx.first(select(answers).where(answers.c.question_id == question_id))
