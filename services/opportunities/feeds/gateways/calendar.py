"""Opportunities as an iCalendar file (RFC 5545) that a calendar program can follow: one entry for each session."""

from collections.abc import Sequence
from datetime import UTC, date, timedelta
from urllib.parse import urlsplit

from icalendar import Calendar, Event, vText

from services.opportunities.feeds.domain import Shown, ShownSession
from services.opportunities.feeds.gateways.schema_org import description
from services.opportunities.feeds.gateways.text import plain
from services.opportunities.words.domain import KINDS
from shared.clock import LONDON
from shared.ical import london_timezone

MEDIA_TYPE = "text/calendar; charset=utf-8"


def calendar_file(shown: Sequence[Shown], *, name: str, url: str) -> bytes:
    """name: of the calendar, as a program shows it; url: the address of this file."""
    calendar = Calendar()
    calendar.add("prodid", "-//Chorus//Opportunities//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", plain(name))
    calendar.add("x-wr-calname", plain(name))
    calendar.add("source", url, {"VALUE": "URI"})
    calendar.add("refresh-interval", timedelta(hours=1), {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    entries = [(each, session) for each in shown for session in each.sessions]
    calendar.add_component(london_timezone())
    site = urlsplit(url).netloc
    for each, session in entries:
        calendar.add_component(_entry(each, session, site))
    for each in shown:
        if each.closes_on is not None:
            calendar.add_component(_last_day(each, each.closes_on, site))
    return calendar.to_ical()


def _entry(shown: Shown, session: ShownSession, site: str) -> Event:
    entry = _notice(shown, f"{session.id}.open@{site}", shown.title)
    entry.add("dtstart", session.starts_at.astimezone(LONDON))
    entry.add("dtend", session.ends_at.astimezone(LONDON))
    entry.add("location", vText(plain(session.venue)))
    return entry


def _last_day(shown: Shown, closes_on: date, site: str) -> Event:
    """OPP-01: of what people do in their own time, the last day to do it: an entry for the whole day."""
    entry = _notice(shown, f"{shown.id}.closes@{site}", f"Last day: {shown.title}")
    entry.add("dtstart", closes_on)
    entry.add("dtend", closes_on + timedelta(days=1))
    return entry


def _notice(shown: Shown, uid: str, summary: str) -> Event:
    """The uid differs from that of the entry mailed to participants: theirs is a booking, this is a notice."""
    entry = Event()
    entry.add("uid", uid)
    entry.add("sequence", shown.version)
    entry.add("dtstamp", shown.changed_at.astimezone(UTC))
    entry.add("last-modified", shown.changed_at.astimezone(UTC))
    entry.add("summary", vText(plain(summary)))
    entry.add("description", vText(plain(f"{description(shown)}\n\nRun by {shown.host.name}.\n{shown.url}")))
    if shown.kind in KINDS:  # a slug that we have no name for is another organisation's own word (NET-01)
        entry.add("categories", [KINDS[shown.kind]])
    entry.add("url", shown.url)
    entry.add("status", "CANCELLED" if shown.standing == "cancelled" else "CONFIRMED")
    entry.add("transp", "TRANSPARENT")
    return entry
