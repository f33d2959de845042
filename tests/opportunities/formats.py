"""What the standards ask of a feed, as checks that name each fault: schema.org Event, iCalendar (RFC 5545), Atom (RFC
4287)."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from defusedxml import ElementTree
from icalendar import Calendar

_SCHEMA = "https://schema.org/"
_MODES = {f"{_SCHEMA}{mode}EventAttendanceMode" for mode in ("Offline", "Online", "Mixed")}
_STATES = {f"{_SCHEMA}Event{state}" for state in ("Scheduled", "Cancelled", "Rescheduled")}
_EVENT = {
    "@context", "@id", "@type", "description", "endDate", "eventAttendanceMode", "eventStatus", "funder", "identifier", "inLanguage", "isAccessibleForFree",  # noqa: E501
    "keywords", "location", "name", "offers", "organizer", "previousStartDate", "sameAs", "startDate", "subEvent", "superEvent", "url",  # noqa: E501
}  # fmt: skip
"""The properties of Event (and Thing) that we use; one that schema.org does not know of Event must not slip in."""
_NEEDED = {
    "Event": {"name", "startDate", "endDate", "location", "eventStatus", "eventAttendanceMode", "url"},
    "Place": {"name", "address"},
    "PostalAddress": {"addressCountry"},
    "VirtualLocation": {"url"},
    "Organization": {"name"},
    "Offer": {"price", "priceCurrency", "url"},
}
_EXPECTED = {
    "location": {"Place", "VirtualLocation"},
    "organizer": {"Organization"},
    "funder": {"Organization"},
    "offers": {"Offer"},
    "subEvent": {"Event"},
}


def faults_of_event(event: dict[str, Any], within: dict[str, Any] | None = None) -> list[str]:
    """What is wrong with a schema.org Event; within is the series that it is part of."""
    faults = [] if within or event.get("@context") == "https://schema.org" else ["no context"]
    faults += [f"{name} is no property of Event" for name in event.keys() - _EVENT]
    faults += list(_faults_of_types(event))
    if event.get("eventAttendanceMode") not in _MODES:
        faults.append("eventAttendanceMode")
    if event.get("eventStatus") not in _STATES:
        faults.append("eventStatus")
    moments = {name: event[name] for name in ("startDate", "endDate", "previousStartDate") if name in event}
    without = [
        f"{name} has no offset"
        for name, text in moments.items()
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", text)
    ]
    if without:
        return faults + without
    starts_at, ends_at = _when(event)
    if ends_at <= starts_at:
        faults.append("it ends before it starts")
    if "previousStartDate" in event and event["eventStatus"] == f"{_SCHEMA}EventScheduled":
        faults.append("it was moved, and does not say so")
    if within is not None and event.get("superEvent") != {"@id": within["@id"]}:
        faults.append("its series is another")
    for part in event.get("subEvent", []):
        faults += [f"subEvent: {fault}" for fault in faults_of_event(part, within=event)]
        if _when(part)[0] < starts_at or _when(part)[1] > ends_at:
            faults.append("subEvent: outside of its series")
    return faults


def _when(event: dict[str, Any]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(event["startDate"]), datetime.fromisoformat(event["endDate"])


def _faults_of_types(thing: dict[str, Any]) -> Iterator[str]:
    kind = thing.get("@type")
    if kind not in _NEEDED:
        yield f"unknown type {kind}"
        return
    yield from (f"{kind} without {name}" for name in _NEEDED[kind] if thing.get(name) in (None, "", [], {}))
    yield from (
        f"{kind}.{name} is no web address"
        for name in ("url", "sameAs", "@id")
        if name in thing and not urlsplit(str(thing[name])).netloc
    )
    for name, value in thing.items():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict) and "@type" in part and name != "subEvent":
                if part["@type"] not in _EXPECTED.get(name, {part["@type"]}):
                    yield f"{name} is a {part['@type']}"
                yield from (f"{name}: {fault}" for fault in _faults_of_types(part))


def faults_of_calendar(file: bytes) -> list[str]:
    """What is wrong with an iCalendar file."""
    faults = [f"a line of {len(line)} octets" for line in file.split(b"\r\n") if len(line) > 75]
    if re.search(rb"(?<!\r)\n|\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", file):
        faults.append("a control character, or a line that does not end with CRLF")
    calendar: Any = Calendar.from_ical(file)
    faults += [f"{name}: {error}" for part in calendar.walk() for name, error in part.errors]
    faults += [f"calendar without {name}" for name in ("prodid", "version") if name not in calendar]
    if not calendar.subcomponents:
        faults.append("nothing in it")
    zones = {str(zone["tzid"]): zone for zone in calendar.walk("VTIMEZONE")}
    for zone in zones.values():
        if len(zone.to_ical()) > 4000:
            faults.append("a time zone since the beginning of time")
    uids = [str(event["uid"]) for event in calendar.walk("VEVENT")]
    if len(uids) != len(set(uids)):
        faults.append("two entries with one uid")
    for event in calendar.walk("VEVENT"):
        faults += [
            f"entry without {name}"
            for name in ("uid", "dtstamp", "dtstart", "dtend", "sequence", "status", "summary")
            if name not in event
        ]
        whole_day = not isinstance(event.decoded("dtstart"), datetime)
        if not whole_day and event["dtstart"].params.get("tzid") not in zones:
            faults.append("a time without its zone")
        if event["status"] not in ("CONFIRMED", "CANCELLED"):
            faults.append("status")
    return faults


ATOM = "{http://www.w3.org/2005/Atom}"
_ATOM_ELEMENTS = {
    "feed": {"id", "title", "updated", "author", "link", "generator", "entry"},
    "entry": {"id", "title", "updated", "author", "link", "category", "summary", "content"},
}


def faults_of_atom(file: bytes) -> list[str]:
    """What RFC 4287 would complain of. What is no XML at all raises."""
    feed = ElementTree.fromstring(file)
    faults = [] if feed.tag == f"{ATOM}feed" else [f"a {feed.tag}"]
    entries = feed.findall(f"{ATOM}entry")
    for name, element in [("feed", feed), *(("entry", entry) for entry in entries)]:
        faults += [
            f"{name} with {child.tag}" for child in element if child.tag.removeprefix(ATOM) not in _ATOM_ELEMENTS[name]
        ]
        faults += [
            f"{name} with {len(found)} {each}"
            for each in ("id", "title", "updated")
            if len(found := element.findall(ATOM + each)) != 1
        ]
        faults += [
            f"{name}: {moment.text}"
            for moment in element.findall(f"{ATOM}updated")
            if not re.fullmatch(r"[\d-]{10}T[\d:]{8}Z", moment.text or "")
        ]
        faults += [
            f"{name} by nobody" for author in element.findall(f"{ATOM}author") if not author.findtext(f"{ATOM}name")
        ]
        faults += (
            [f"{name} without a link"]
            if not [link for link in element.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
            else []
        )
        faults += [
            f"a link to {link.get('href')}"
            for link in element.findall(f"{ATOM}link")
            if not urlsplit(link.get("href") or "").netloc
        ]
    texts = [
        each
        for entry in entries
        for each in entry
        if each.tag in {f"{ATOM}{name}" for name in ("title", "summary", "content")}
    ]
    faults += ["a text that is not plain" for text in texts if text.get("type", "text") != "text" or len(text)]
    if feed.find(f"{ATOM}author") is None:
        faults.append("a feed by nobody")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    if len(set(ids)) != len(ids):
        faults.append("two entries with one id")
    return faults
