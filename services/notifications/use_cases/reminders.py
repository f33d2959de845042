"""Reminders the day before a session, by business time (NOT-05)."""

from datetime import timedelta

from sqlalchemy import select

from services.notifications.domain.channels import channels_for
from services.notifications.domain.due import reminder_id, reminder_is_due
from services.notifications.domain.messages import Kind
from services.notifications.tables import card_of, cards, opportunities, places, sessions
from services.notifications.use_cases import messages
from shared.clock import london_date, london_datetime
from shared.db import Transaction


async def remind(tx: Transaction) -> None:
    """One reminder for each person, session, time and channel, however often this runs."""
    tomorrow = tx.today + timedelta(days=1)
    rows = await tx.all(
        select(sessions.c.session_id, sessions.c.opportunity_id, sessions.c.starts_at, places.c.changed_on, cards)
        .join(opportunities, opportunities.c.opportunity_id == sessions.c.opportunity_id)
        .join(places, places.c.opportunity_id == sessions.c.opportunity_id)
        .join(cards, cards.c.person_id == places.c.participant_id)
        .where(
            places.c.held,
            ~opportunities.c.cancelled,
            sessions.c.starts_at >= london_datetime(tomorrow, 0),
            sessions.c.starts_at < london_datetime(tomorrow + timedelta(days=1), 0),
        )
        .order_by(sessions.c.session_id)
    )
    for row in rows:
        if not reminder_is_due(london_date(row.starts_at), tx.today, row.changed_on):
            continue
        channels = channels_for(card_of(row), Kind.REMINDERS)
        await messages.tell_all(
            tx,
            [(row.person_id, channel) for channel in channels],
            "session-reminder",
            about=row.opportunity_id,
            opportunity_id=row.opportunity_id,
            session_id=row.session_id,
            event_id=reminder_id(row.session_id, row.starts_at),
            starts_at=row.starts_at.isoformat(),
        )
