"""Writing an opportunity, its sessions, and publishing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, select, update

from services.opportunities import domain
from services.opportunities.tables import draft_of, notice_counts, opportunities, sessions, sessions_of
from services.opportunities.use_cases import announcing
from shared.clock import london_date
from shared.db import Transaction, actor_values, new_id
from shared.events.opportunities import OpportunityCreated
from shared.messaging import outbox, steps
from shared.reasons import Reason, mark_of, reasons_to_look_again, refuse

TEXTS = frozenset(
    {
        "title",
        "kind",
        "background",
        "expected",
        "time_needed",
        "mode",
        "area",
        "paid",
        "payment",
        "budget_pence",
        "commissioner",
        "contact_role",
        "contact_how",
        "accessibility",
        "result",
        "summary",
        "notice_reason",
        "capacity",
    }
)
"""What may be written while it is a draft."""


@dataclass(frozen=True, slots=True)
class NewSession:
    starts_at: datetime
    ends_at: datetime
    venue: str
    joining: str = ""


async def lock_opportunity(tx: Transaction, opportunity_id: UUID) -> Row[Any]:
    """The row that everything about one opportunity waits for. Missing if there is none."""
    return await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id).with_for_update())


async def start_draft(tx: Transaction, title: str, kind: str, *, reference: str | None = None) -> UUID:
    opportunity_id = new_id()
    await tx.execute(
        insert(opportunities).values(
            id=opportunity_id,
            title=title,
            kind=kind,
            reference=reference,
            created_at=tx.now,
            **actor_values(tx.actor),
        )
    )
    await steps.add(tx, "draft-started", about=opportunity_id)
    return opportunity_id


async def _lock_draft(tx: Transaction, opportunity_id: UUID) -> Row[Any]:
    row = await lock_opportunity(tx, opportunity_id)
    refuse(domain.reasons_not_to_change_text(row.state))
    return row


async def write_texts(tx: Transaction, opportunity_id: UUID, texts: Mapping[str, Any]) -> None:
    """Change some of TEXTS. Refused once it is published."""
    unknown = texts.keys() - TEXTS
    if unknown:
        raise ValueError(f"not texts of an opportunity: {sorted(unknown)}")
    await _lock_draft(tx, opportunity_id)
    await tx.execute(update(opportunities).where(opportunities.c.id == opportunity_id).values(**texts))
    await steps.add(tx, "draft-written", about=opportunity_id, items=sorted(texts))


async def add_session(tx: Transaction, opportunity_id: UUID, session: NewSession) -> UUID:
    await _lock_draft(tx, opportunity_id)
    refuse(domain.reasons_not_to_add_session(session.starts_at, session.ends_at, tx.now))
    return await insert_session(tx, opportunity_id, session)


async def insert_session(tx: Transaction, opportunity_id: UUID, session: NewSession) -> UUID:
    """Of a locked opportunity to which it may be added."""
    session_id = new_id()
    await tx.execute(
        insert(sessions).values(
            id=session_id,
            opportunity_id=opportunity_id,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            venue=session.venue,
            joining=session.joining,
        )
    )
    await steps.add(tx, "session-added", about=opportunity_id, session_id=session_id)
    return session_id


async def remove_session(tx: Transaction, opportunity_id: UUID, session_id: UUID) -> None:
    """Take a session out of a draft. One that is gone already changes nothing."""
    await _lock_draft(tx, opportunity_id)
    of_it = (sessions.c.opportunity_id == opportunity_id) & (sessions.c.id == session_id)
    if (await tx.execute(delete(sessions).where(of_it))).rowcount:
        await steps.add(tx, "session-removed", about=opportunity_id, session_id=session_id)


async def count_notice(tx: Transaction, opportunity_id: UUID, session_id: UUID, because: str, days: int, policy: domain.Policy, reason: str) -> None:
    """OPP-03: for the record of co-production, which flags two days or fewer. because: "published", "moved" or "added"."""
    counted = {"days_given": days, "days_expected": policy.notice_days, "reason": reason, "because": because, "counted_at": tx.now}
    of_it = {"id": new_id(), "opportunity_id": opportunity_id, "session_id": session_id}
    await tx.execute(insert(notice_counts).values(**of_it, **counted, **actor_values(tx.actor)))
    facts = {"session_id": session_id, "days": days, "expected": policy.notice_days, "failure": domain.is_notice_failure(days)}
    await steps.add(tx, "notice-counted", about=opportunity_id, because=because, **facts)


async def mark_of_draft(tx: Transaction, opportunity_id: UUID) -> str:
    """Of all that would be published and shared: another coordinator may write on. Raises Missing."""
    row = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    share = await announcing.share_of(tx, opportunity_id)
    said = [tuple(each) for each in [row, *await tx.all(sessions_of(opportunity_id)), *([share] if share is not None else [])]]
    return mark_of(said)


async def still_as_shown(tx: Transaction, opportunity_id: UUID, mark: str, policy: domain.Policy) -> None:
    """OPP-02: who publishes has seen what everybody will read. It stays locked, so it stays so. Where something is missing, or it is published already,
    what they ask for says so. Raises Refused; Missing."""
    row, planned = await lock_opportunity(tx, opportunity_id), await tx.all(sessions_of(opportunity_id))
    if not reasons_not_to_publish(row, planned, await announcing.share_of(tx, opportunity_id), tx.now, policy):
        refuse(reasons_to_look_again("OPP-02", mark, await mark_of_draft(tx, opportunity_id)))


async def publish(tx: Transaction, opportunity_id: UUID, policy: domain.Policy, host: announcing.Host) -> None:
    """OPP-02, OPP-03, NET-01: refused with every reason while something is missing. Shared with the network if that was chosen."""
    row = await lock_opportunity(tx, opportunity_id)
    planned = await tx.all(sessions_of(opportunity_id))
    share = await announcing.share_of(tx, opportunity_id)
    refuse(reasons_not_to_publish(row, planned, share, tx.now, policy))
    days = domain.days_of_notice(london_date(tx.now), planned[0].starts_at)
    needs_reason = domain.needs_notice_reason(days, policy)
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
    await count_notice(tx, opportunity_id, planned[0].id, "published", days, policy, short_notice_reason)
    await outbox.add(tx, OpportunityCreated(version=version, **announcing.facts(row, planned, short_notice_reason)))
    await steps.add(tx, "published", about=opportunity_id, notice_days=days, notice_failure=domain.is_notice_failure(days))
    if share is not None and share.wanted:
        await announcing.say_shared(tx, opportunity_id, host)


def reasons_not_to_publish(row: Row[Any], planned: Sequence[Row[Any]], share: Row[Any] | None, now: datetime, policy: domain.Policy) -> list[Reason]:
    """The rules of publishing and, where it is to be shared, of sharing."""
    reasons = domain.reasons_not_to_publish(row.state, draft_of(row, planned), now, policy)
    if share is not None and share.wanted:
        reasons += announcing.reasons_not_to_share(row, planned, announcing.offer_of(share), now)
    return reasons
