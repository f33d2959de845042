"""Calendar files (.ics): one entry for each session, the same in whatever message it comes (NOT-05)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from icalendar import Calendar, Event, vText

from services.notifications.domain.messages import Standing
from shared.clock import LONDON
from shared.ical import london_timezone

_STATUS = {"possible": "TENTATIVE", "booked": "CONFIRMED", "given-back": "CANCELLED"}


@dataclass(frozen=True, slots=True)
class Entry:
    session_id: UUID
    starts_at: datetime
    ends_at: datetime
    title: str
    where: str
    url: str
    standing: Standing


def calendar_file(entries: Sequence[Entry], method: str, *, sequence: int, host: str, written_at: datetime) -> bytes:
    """host is the organisation's, so that entries of two organisations never collide. written_at: when the message was
    written.

    sequence: a calendar replaces entries with a lower number and ignores late ones with a lower number."""
    calendar = Calendar()
    calendar.add("prodid", "-//Chorus//Notifications//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(london_timezone())
    for entry in entries:
        calendar.add_component(_event(entry, sequence, host, written_at))
    return calendar.to_ical()


def method(standing: Standing) -> str:
    return "CANCEL" if standing == "given-back" else "PUBLISH"


def _event(entry: Entry, sequence: int, host: str, written_at: datetime) -> Event:
    event = Event()
    event.add("uid", f"{entry.session_id}@{host}")
    event.add("sequence", sequence)
    event.add("dtstamp", written_at)
    event.add("dtstart", entry.starts_at.astimezone(LONDON))
    event.add("dtend", entry.ends_at.astimezone(LONDON))
    event.add("summary", vText(entry.title))
    if entry.where:
        event.add("location", vText(entry.where))
    event.add("url", entry.url)
    event.add("status", _STATUS[entry.standing])
    event.add("transp", "TRANSPARENT" if entry.standing == "possible" else "OPAQUE")
    return event
