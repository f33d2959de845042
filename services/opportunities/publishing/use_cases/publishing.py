"""Publishes what is written (OPP-02, OPP-03), to the network too if that was chosen (NET-01)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from services.opportunities.people.queries import names_in
from services.opportunities.publishing.use_cases.sessions import say_sessions_added
from services.opportunities.sharing.use_cases.announcing import (
    facts,
    offer_of,
    reasons_not_to_share,
    say_shared,
    share_of,
)
from services.opportunities.words.domain import PUBLIC_TEXTS, Host, Policy, reasons_against_naming
from services.opportunities.writing.domain import drafts
from services.opportunities.writing.domain.drafts import days_of_notice, is_notice_failure, needs_notice_reason
from services.opportunities.writing.tables import draft_of, opportunities, sessions_of
from services.opportunities.writing.use_cases import count_notice, lock_opportunity, refuse_personal
from shared.clock import london_date
from shared.db import Transaction
from shared.events.opportunities import OpportunityCreated
from shared.messaging import outbox, steps
from shared.reasons import Reason, mark_of, reasons_to_look_again, refuse


async def mark_of_draft(tx: Transaction, opportunity_id: UUID) -> str:
    """The mark of everything that would be published and shared, since another coordinator may change it. Raises
    Missing."""
    row = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    share = await share_of(tx, opportunity_id)
    said = [
        tuple(each)
        for each in [row, *await tx.all(sessions_of(opportunity_id)), *([share] if share is not None else [])]
    ]
    return mark_of(said)


async def still_as_shown(tx: Transaction, opportunity_id: UUID, mark: str, policy: Policy) -> None:
    """OPP-02: whoever publishes has seen what everybody will read. It stays locked, so it cannot change. If something
    is missing, or it is already published, the request itself says so. Raises Refused; Missing."""
    row, planned = await lock_opportunity(tx, opportunity_id), await tx.all(sessions_of(opportunity_id))
    if not reasons_not_to_publish(row, planned, await share_of(tx, opportunity_id), tx.now, policy):
        refuse(reasons_to_look_again("OPP-02", mark, await mark_of_draft(tx, opportunity_id)))


async def publish(tx: Transaction, opportunity_id: UUID, policy: Policy, host: Host) -> None:
    """OPP-02, OPP-03, NET-01: refused with every reason while something is missing. Shared with the network if that was
    chosen."""
    row = await lock_opportunity(tx, opportunity_id)
    planned = await tx.all(sessions_of(opportunity_id))
    share = await share_of(tx, opportunity_id)
    refuse(reasons_not_to_publish(row, planned, share, tx.now, policy))
    day = draft_of(row, planned).plan_from
    if day is None:
        raise ValueError("published without a session or a closing day")  # the rules ask for one
    days = days_of_notice(london_date(tx.now), day)
    needs_reason = needs_notice_reason(days, policy)
    await refuse_personal(tx, row, "notice", row.notice_reason if needs_reason else "", host)
    await _refuse_named_participants(tx, row)
    version = row.version + 1
    await tx.execute(
        update(opportunities)
        .where(opportunities.c.id == opportunity_id)
        .values(
            state="published",
            version=version,
            published_at=tx.now,
            notice_days_given=days,
            notice_days_expected=policy.notice_days,
            notice_reason=row.notice_reason if needs_reason else "",
        )
    )
    short_notice_reason = row.notice_reason if needs_reason else ""
    await count_notice(
        tx, opportunity_id, planned[0].id if planned else None, "published", days, policy, short_notice_reason
    )
    await outbox.add(tx, OpportunityCreated(version=version, **facts(row, planned, short_notice_reason)))
    await say_sessions_added(tx, [session.id for session in planned], version)
    await steps.add(tx, "published", about=opportunity_id, notice_days=days, notice_failure=is_notice_failure(days))
    if share is not None and share.wanted:
        await say_shared(tx, opportunity_id, host)


async def _refuse_named_participants(tx: Transaction, row: Row[Any]) -> None:
    """NET-02: no public text names somebody who takes part with us. Staff may be named."""
    texts = "\n".join(row._mapping[name] for name in PUBLIC_TEXTS)
    refuse(reasons_against_naming(await names_in(tx, texts, of_participants=True)))


def reasons_not_to_publish(
    row: Row[Any], planned: Sequence[Row[Any]], share: Row[Any] | None, now: datetime, policy: Policy
) -> list[Reason]:
    """The rules of publishing and, if it is to be shared, of sharing."""
    reasons = drafts.reasons_not_to_publish(row.state, draft_of(row, planned), now, policy)
    if share is not None and share.wanted:
        reasons += reasons_not_to_share(row, planned, offer_of(share), now)
    return reasons
