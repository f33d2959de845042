"""Taking in opportunities that were written elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import select

from services.opportunities import domain
from services.opportunities.tables import opportunities, sessions_of
from services.opportunities.use_cases import writing
from services.opportunities.use_cases.writing import NewSession
from shared.db import Transaction
from shared.reasons import Reason, Refused


async def import_opportunity(
    tx: Transaction,
    reference: str,
    texts: Mapping[str, Any],
    sessions: Sequence[NewSession],
    *,
    fixed_days: bool,
    publish: bool,
    policy: domain.Policy,
) -> Literal["added", "unchanged"]:
    """Add the opportunity that reference names, as a draft or published.

    One that is here already and says the same is left alone; one that says something else is refused: what was written or
    published here since is not overwritten from a file. fixed_days: whether the sessions' days are dates, and so can differ.
    """
    held = await tx.first(select(opportunities).where(opportunities.c.reference == reference).with_for_update())
    if held is not None:
        planned = await tx.all(sessions_of(held.id))
        same_times = [(each.starts_at, each.ends_at) for each in planned] == sorted((each.starts_at, each.ends_at) for each in sessions)
        if all(held._mapping[name] == value for name, value in texts.items()) and (same_times or not fixed_days):
            return "unchanged"
        raise Refused([Reason("OPP-02", "This reference is here already and says something else. Change it on its page.", "reference")])
    opportunity_id = await writing.start_draft(tx, texts["title"], texts["kind"], reference=reference)
    await writing.write_texts(tx, opportunity_id, texts)
    for session in sessions:
        await writing.add_session(tx, opportunity_id, session)
    if publish:
        await writing.publish(tx, opportunity_id, policy)
    return "added"
