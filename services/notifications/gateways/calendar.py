"""Calendar files (.ics): one entry for each session, or for the last day, the same in whatever message it comes
(NOT-05)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from icalendar import Calendar, Event, vText

from services.notifications.domain.messages import Standing
from shared.clock import LONDON
from shared.ical import london_timezone

_STATUS = {"possible": "TENTATIVE", "booked": "CONFIRMED", "given-back": "CANCELLED"}


@dataclass(frozen=True, slots=True)
class Entry:
    """about: the session; or the opportunity, whose last day starts is: then the entry is for the whole day."""

    about: UUID
    starts: datetime | date
    ends: datetime | date
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
    event.add("uid", f"{entry.about}@{host}")
    event.add("sequence", sequence)
    event.add("dtstamp", written_at)
    event.add("dtstart", _in_london(entry.starts))
    event.add("dtend", _in_london(entry.ends))
    event.add("summary", vText(entry.title))
    if entry.where:
        event.add("location", vText(entry.where))
    event.add("url", entry.url)
    event.add("status", _STATUS[entry.standing])
    is_free = entry.standing == "possible" or not isinstance(entry.starts, datetime)
    event.add("transp", "TRANSPARENT" if is_free else "OPAQUE")
    return event


def _in_london(when: datetime | date) -> datetime | date:
    return when.astimezone(LONDON) if isinstance(when, datetime) else when
