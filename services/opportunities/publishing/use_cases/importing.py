"""Taking in opportunities that were written elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import select, update

from services.opportunities import domain
from services.opportunities.tables import opportunities
from services.opportunities.use_cases import writing
from services.opportunities.use_cases.announcing import Host
from services.opportunities.use_cases.writing import NewSession
from shared.db import Transaction
from shared.reasons import refuse


async def import_opportunity(
    tx: Transaction,
    reference: str,
    digest: str,
    texts: Mapping[str, Any],
    sessions: Sequence[NewSession],
    *,
    publish: bool,
    policy: domain.Policy,
    host: Host,
) -> Literal["added", "unchanged"]:
    """Add the opportunity that reference names, as a draft or published.

    digest stands for the whole row. The same row again changes nothing, whatever was written here since; another row under a
    known reference is refused, because nothing written or published here is overwritten from a file.
    """
    held = await tx.first(select(opportunities.c.imported_row).where(opportunities.c.reference == reference))
    if held is not None and held.imported_row == digest:
        return "unchanged"
    if held is not None:
        refuse(domain.HERE_ALREADY)
    opportunity_id = await writing.start_draft(tx, texts["title"], texts["kind"], reference=reference)
    await tx.execute(update(opportunities).where(opportunities.c.id == opportunity_id).values(imported_row=digest))
    await writing.write_texts(tx, opportunity_id, texts)
    for session in sessions:
        await writing.add_session(tx, opportunity_id, session)
    if publish:
        await writing.publish(tx, opportunity_id, policy, host)
    return "added"
