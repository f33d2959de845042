"""Reminders before a session, and before the last day of what people do in their own time, by business time
(NOT-05)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, exists, select

from services.notifications.domain.channels import channels_for
from services.notifications.domain.due import (
    REMIND_DAYS,
    REMIND_DAYS_TO_CLOSE,
    closing_reminder_id,
    reminder_id,
    reminder_is_due,
)
from services.notifications.domain.messages import Kind
from services.notifications.tables import card_of, cards, claims, opportunities, places, sessions
from services.notifications.use_cases import messages
from shared.clock import end_of_day, london_date, london_datetime
from shared.db import Transaction


async def remind(tx: Transaction) -> None:
    """One reminder for each person, channel and session at its time, or last day, however often this runs."""
    await _of_sessions(tx)
    await _of_last_days(tx)


async def _of_sessions(tx: Transaction) -> None:
    day = tx.today + timedelta(days=REMIND_DAYS)
    rows = await tx.all(
        select(sessions.c.session_id, sessions.c.opportunity_id, sessions.c.starts_at, places.c.changed_on, cards)
        .join(opportunities, opportunities.c.opportunity_id == sessions.c.opportunity_id)
        .join(places, places.c.opportunity_id == sessions.c.opportunity_id)
        .join(cards, cards.c.person_id == places.c.participant_id)
        .where(
            places.c.held,
            ~opportunities.c.cancelled,
            sessions.c.starts_at >= london_datetime(day, 0),
            sessions.c.starts_at < end_of_day(day),
        )
        .order_by(sessions.c.session_id)
    )
    for row in rows:
        if not reminder_is_due(london_date(row.starts_at), tx.today, row.changed_on):
            continue
        await messages.tell_all(
            tx,
            _channels(row),
            "session-reminder",
            about=row.opportunity_id,
            opportunity_id=row.opportunity_id,
            session_id=row.session_id,
            event_id=reminder_id(row.session_id, row.starts_at),
            starts_at=row.starts_at.isoformat(),
        )


async def _of_last_days(tx: Transaction) -> None:
    """Whoever has a claim for it has done it already."""
    has_done_it = exists().where(
        claims.c.opportunity_id == places.c.opportunity_id,
        claims.c.participant_id == places.c.participant_id,
        claims.c.state != "refused",
    )
    rows = await tx.all(
        select(opportunities.c.opportunity_id, opportunities.c.closes_on, places.c.changed_on, cards)
        .join(places, places.c.opportunity_id == opportunities.c.opportunity_id)
        .join(cards, cards.c.person_id == places.c.participant_id)
        .where(
            places.c.held,
            ~opportunities.c.cancelled,
            ~opportunities.c.closed,
            opportunities.c.closes_on == tx.today + timedelta(days=REMIND_DAYS_TO_CLOSE),
            ~has_done_it,
        )
        .order_by(opportunities.c.opportunity_id)
    )
    for row in rows:
        if not reminder_is_due(row.closes_on, tx.today, row.changed_on, REMIND_DAYS_TO_CLOSE):
            continue
        await messages.tell_all(
            tx,
            _channels(row),
            "closing-reminder",
            about=row.opportunity_id,
            opportunity_id=row.opportunity_id,
            event_id=closing_reminder_id(row.opportunity_id, row.closes_on),
            closes_on=row.closes_on.isoformat(),
        )


def _channels(row: Row[Any]) -> Sequence[tuple[UUID, str]]:
    return [(row.person_id, channel) for channel in channels_for(card_of(row), Kind.REMINDERS)]
