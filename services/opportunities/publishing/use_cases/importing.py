"""Takes in opportunities that were written elsewhere."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

from sqlalchemy import select, update

from services.opportunities.publishing.use_cases import publishing
from services.opportunities.words.domain import Host, Policy
from services.opportunities.writing.domain.drafts import HERE_ALREADY
from services.opportunities.writing.tables import opportunities
from services.opportunities.writing.use_cases import NewSession, add_session, close_on, start_draft, write_texts
from shared.db import Transaction
from shared.reasons import refuse


async def import_opportunity(
    tx: Transaction,
    reference: str,
    digest: str,
    texts: Mapping[str, Any],
    sessions: Sequence[NewSession],
    *,
    closes_on: date | None = None,
    joining: str = "",
    publish: bool,
    policy: Policy,
    host: Host,
) -> Literal["added", "unchanged"]:
    """Adds the opportunity named by reference, as a draft or published.

    digest identifies the whole row. The same row again changes nothing, whatever was written here since. A different
    row under a known reference is refused, because a file never overwrites what was written or published here."""
    held = await tx.first(select(opportunities.c.imported_row).where(opportunities.c.reference == reference))
    if held is not None and held.imported_row == digest:
        return "unchanged"
    if held is not None:
        refuse(HERE_ALREADY)
    opportunity_id = await start_draft(tx, texts["title"], texts["kind"], reference=reference)
    await tx.execute(update(opportunities).where(opportunities.c.id == opportunity_id).values(imported_row=digest))
    await write_texts(tx, opportunity_id, texts)
    for session in sessions:
        await add_session(tx, opportunity_id, session)
    if closes_on is not None:
        await close_on(tx, opportunity_id, closes_on, joining)
    if publish:
        await publishing.publish(tx, opportunity_id, policy, host)
    return "added"
