"""Writing an opportunity, its sessions, and publishing it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, select, update

from services.opportunities.people.queries import names_in
from services.opportunities.words.domain import (
    EVERYONE,
    IN_THE_ROOM,
    Host,
    Policy,
    reasons_against_public_words,
    role_alone,
)
from services.opportunities.writing.domain.drafts import (
    is_notice_failure,
    reasons_not_to_add_session,
    reasons_not_to_change_text,
    reasons_not_to_close_on,
    reasons_not_to_meet,
)
from services.opportunities.writing.tables import notice_counts, opportunities, sessions, sessions_of
from shared.db import Transaction, actor_values, new_id
from shared.messaging import steps
from shared.reasons import refuse

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
        *IN_THE_ROOM,
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
    """Locks the row that serialises all changes to an opportunity. Missing if there is none."""
    return await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id).with_for_update())


async def refuse_personal(
    tx: Transaction,
    opportunity: Row[Any],
    field: str,
    words: str,
    host: Host | None,
    *,
    is_place: bool = False,
    readers: str = EVERYONE,
) -> None:
    """NET-02: `reasons_against_public_words`. Our own number, and what stands on the public page, may be in it."""
    if not words:
        return
    ours = [host.duty_number if host else "", opportunity.contact_how, opportunity.accessibility]
    ours += [] if is_place else [session.venue for session in await tx.all(sessions_of(opportunity.id))]
    named = await names_in(tx, words)
    refuse(reasons_against_public_words(field, words, named=named, ours=ours, is_place=is_place, readers=readers))


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
    refuse(reasons_not_to_change_text(row.state))
    return row


async def write_texts(tx: Transaction, opportunity_id: UUID, texts: Mapping[str, Any]) -> None:
    """Changes some of TEXTS. Refused once it is published."""
    unknown = texts.keys() - TEXTS
    if unknown:
        raise ValueError(f"not texts of an opportunity: {sorted(unknown)}")
    if "contact_role" in texts:
        texts = {**texts, "contact_role": role_alone(texts["contact_role"])}
    row = await _lock_draft(tx, opportunity_id)
    await refuse_personal(tx, row, "contact_role", texts.get("contact_role", ""), None)
    await tx.execute(update(opportunities).where(opportunities.c.id == opportunity_id).values(**texts))
    await steps.add(tx, "draft-written", about=opportunity_id, items=sorted(texts))


async def add_session(tx: Transaction, opportunity_id: UUID, session: NewSession) -> UUID:
    row = await _lock_draft(tx, opportunity_id)
    refuse(reasons_not_to_meet(row.closes_on) + reasons_not_to_add_session(session.starts_at, session.ends_at, tx.now))
    await refuse_personal(tx, row, "venue", session.venue, None, is_place=True)
    return await insert_session(tx, opportunity_id, session)


async def close_on(tx: Transaction, opportunity_id: UUID, closes_on: date | None, joining: str) -> None:
    """OPP-01: the last day to do what people do in their own time, and how they do it; None: it has sessions instead.
    Refused once it is published."""
    row = await _lock_draft(tx, opportunity_id)
    if closes_on is not None:
        refuse(reasons_not_to_close_on(row.kind, len(await tx.all(sessions_of(opportunity_id))), closes_on, tx.now))
    values = {"closes_on": closes_on, "joining": "" if closes_on is None else joining}
    await tx.execute(update(opportunities).where(opportunities.c.id == opportunity_id).values(**values))
    await steps.add(tx, "closing-day-written", about=opportunity_id)


async def insert_session(tx: Transaction, opportunity_id: UUID, session: NewSession) -> UUID:
    """The caller has locked the opportunity and checked that a session may be added."""
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
    """Takes a session out of a draft. Does nothing if it is gone already."""
    await _lock_draft(tx, opportunity_id)
    of_it = (sessions.c.opportunity_id == opportunity_id) & (sessions.c.id == session_id)
    if (await tx.execute(delete(sessions).where(of_it))).rowcount:
        await steps.add(tx, "session-removed", about=opportunity_id, session_id=session_id)


async def count_notice(
    tx: Transaction, opportunity_id: UUID, session_id: UUID | None, because: str, days: int, policy: Policy, reason: str
) -> None:
    """OPP-03: for the record of co-production, which flags two days or fewer. because: "published", "moved" or
    "added". session_id None: of its closing day."""
    counted = {
        "days_given": days,
        "days_expected": policy.notice_days,
        "reason": reason,
        "because": because,
        "counted_at": tx.now,
    }
    of_it = {"id": new_id(), "opportunity_id": opportunity_id, "session_id": session_id}
    await tx.execute(insert(notice_counts).values(**of_it, **counted, **actor_values(tx.actor)))
    facts = {"session_id": session_id, "days": days, "expected": policy.notice_days, "failure": is_notice_failure(days)}
    await steps.add(tx, "notice-counted", about=opportunity_id, because=because, **facts)
