"""Reads while somebody gives feedback."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from services.feedback.domain.codes import draft_key
from services.feedback.tables import drafts, items, opportunities
from shared.db import Transaction


async def draft(tx: Transaction, secret: str) -> tuple[dict[str, Any], datetime] | None:
    """The answers so far, and until when they are kept, in machine time."""
    row = await tx.first(
        select(drafts).where(drafts.c.key == draft_key(secret), drafts.c.expires_at > func.clock_timestamp())
    )
    return (dict(row.answers), row.expires_at) if row else None


@dataclass(frozen=True, slots=True)
class Opportunity:
    """host: the name of the organisation that runs it, or "" if it is ours."""

    title: str
    host: str


async def opportunity(tx: Transaction, opportunity_id: UUID) -> Opportunity | None:
    row = await tx.first(select(opportunities).where(opportunities.c.opportunity_id == opportunity_id))
    return Opportunity(row.title, row.host_name or row.host) if row else None


async def has_code(tx: Transaction, code_hash: bytes) -> bool:
    return await tx.first(select(items.c.item_id).where(items.c.code_hash == code_hash)) is not None
