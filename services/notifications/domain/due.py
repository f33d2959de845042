"""Whether a message is due: NOT-02, NOT-03, NOT-05."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

REMIND_DAYS, REMIND_DAYS_TO_CLOSE = 1, 2
"""Days before a session, and before the last day of what takes a while and is done in one's own time."""


def is_entry_due(starts_at: datetime, ends_at: datetime, now: datetime, *, given_back: bool) -> bool:
    """NOT-05, OPP-11: whether to send this session to a calendar. It is taken out only before it begins, and put in
    only before it ends."""
    return starts_at > now if given_back else ends_at > now


def has_something_left(ends: Iterable[datetime], now: datetime) -> bool:
    """Whether any session, or the last day, is not over yet. Someone who walked in is not told afterwards that they
    have a place (OPP-11)."""
    return any(end > now for end in ends)


def gives_something_back(starts: Iterable[datetime], now: datetime) -> bool:
    """OPP-05: whether any session has yet to begin, or people can still do it in their own time. Somebody who leaves
    during the last session was there, so they are not told that they gave their place back."""
    return any(start > now for start in starts)


def is_news(*, announced: bool, cancelled: bool, closed: bool, ends: Iterable[datetime], now: datetime) -> bool:
    """NOT-03: an opportunity is announced once, and only while someone can still take part in it."""
    return not (announced or cancelled or closed) and has_something_left(ends, now)


def reminder_is_due(day: date, today: date, place_taken_on: date, days: int = REMIND_DAYS) -> bool:
    """NOT-05: so many days before the session or the last day, unless they took their place that day and were told of
    it then."""
    return day - today == timedelta(days=days) and place_taken_on < today


_REMINDERS = UUID("6d1f1a52-2c0b-5d0e-8a53-0f3f6f2b9a77")


def reminder_id(session_id: UUID, starts_at: datetime) -> UUID:
    """NOT-02, NOT-05: the id of a reminder of this session at this time. If the session moves, there is a new
    reminder."""
    return uuid5(_REMINDERS, f"{session_id}/{starts_at.astimezone(UTC).isoformat()}")


def closing_reminder_id(opportunity_id: UUID, closes_on: date) -> UUID:
    """NOT-02, NOT-05: the same for the last day of what people do in their own time."""
    return uuid5(_REMINDERS, f"{opportunity_id}/{closes_on.isoformat()}")


def cancellation_id(opportunity_id: UUID) -> UUID:
    """NOT-02: the id of a cancellation, so that nobody hears it twice however often it is said."""
    return uuid5(_CANCELLATIONS, str(opportunity_id))


_CANCELLATIONS = UUID("b1a7c2f4-54c1-5b0c-9c2b-3b6f9d4f7e10")


TOGETHER = timedelta(minutes=10)
"""How long a mail about one answer waits for further answers."""
THEY_TRAVEL = timedelta(hours=2)


def waits_for_more(starts: Iterable[datetime], now: datetime) -> timedelta:
    """OPP-07: people who asked for several things get one mail, not one for each answer; but at once if a session is so
    near that they are about to travel."""
    near = any(now < each <= now + THEY_TRAVEL for each in starts)
    return timedelta() if near else TOGETHER
