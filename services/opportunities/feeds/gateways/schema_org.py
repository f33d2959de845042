"""An opportunity as a schema.org `Event` (https://schema.org/Event), for search engines and other sites."""

import json
from datetime import date, datetime, timedelta
from typing import Any

from services.opportunities.feeds.domain import Shown, ShownSession, is_moved
from services.opportunities.words.domain import KINDS
from shared.clock import LONDON, end_of_day
from shared.web.filters import day

_ATTENDANCE = {
    "in-person": "OfflineEventAttendanceMode",
    "online": "OnlineEventAttendanceMode",
    "both": "MixedEventAttendanceMode",
}


def event(shown: Shown) -> dict[str, Any]:
    """The whole as one Event; a series has each session as a `subEvent`. Times have London's offset on that day."""
    whole: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": shown.url,
        "identifier": str(shown.id),
        "url": shown.url,
        "name": shown.title,
        "description": description(shown),
        "inLanguage": "en-GB",
        "keywords": [word for word in (KINDS.get(shown.kind, ""), shown.area) if word],
        "eventAttendanceMode": f"https://schema.org/{_ATTENDANCE[shown.mode]}",
        "organizer": {"@type": "Organization", "name": shown.host.name, "url": shown.host.url},
        "isAccessibleForFree": True,
        "offers": {"@type": "Offer", "price": 0, "priceCurrency": "GBP", "url": shown.url},
    }
    if shown.hosts_url:
        whole["sameAs"] = shown.hosts_url
    if shown.commissioner:
        whole["funder"] = {"@type": "Organization", "name": shown.commissioner}
    if shown.closes_on is not None:
        return whole | _in_own_time(shown, shown.closes_on)
    first, last = shown.sessions[0], max(shown.sessions, key=lambda session: session.ends_at)
    whole |= {
        "startDate": moment(first.starts_at),
        "endDate": moment(last.ends_at),
        "location": _location(shown, first),
    }
    moved = [session for session in shown.sessions if is_moved(session)]
    whole["eventStatus"] = _status(shown, moved=bool(moved))
    if is_moved(first):
        whole["previousStartDate"] = moment(first.previous_starts_at)
    if len(shown.sessions) > 1:
        whole["subEvent"] = [_sub_event(shown, session) for session in shown.sessions]
    return whole


def _in_own_time(shown: Shown, closes_on: date) -> dict[str, Any]:
    """From when it was published to the last second of its closing day. Only people with a place read how."""
    return {
        "startDate": moment(shown.published_at),
        "endDate": moment(end_of_day(closes_on) - timedelta(seconds=1)),
        "location": {"@type": "VirtualLocation", "name": "In your own time", "url": shown.url},
        "eventStatus": _status(shown, moved=False),
    }


def script(shown: Shown) -> str:
    """The text of a `<script type="application/ld+json">`. Nothing in it can end the element or begin a comment."""
    text = json.dumps(event(shown), ensure_ascii=False)
    return (
        text.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


def description(shown: Shown) -> str:
    """What a person needs to decide, as plain text; a blank line between the parts."""
    parts = [
        ("", shown.summary),
        ("Why this is happening: ", shown.background),
        ("What you would do: ", shown.expected),
        ("When: ", f"In your own time, until {day(shown.closes_on)}." if shown.closes_on else ""),
        ("How much time: ", shown.time_needed),
        ("What is paid: ", shown.payment),
        ("Getting in and taking part: ", shown.accessibility),
        ("What happens with the result: ", shown.result),
    ]
    return "\n\n".join(heading + text.strip() for heading, text in parts if text.strip())


def moment(at: datetime | None) -> str | None:
    """ISO 8601 in London's local time, with its offset."""
    return None if at is None else at.astimezone(LONDON).isoformat(timespec="seconds")


def _sub_event(shown: Shown, session: ShownSession) -> dict[str, Any]:
    part = {
        "@type": "Event",
        "@id": f"{shown.url}#{session.id}",
        "superEvent": {"@id": shown.url},
        "url": shown.url,
        "name": shown.title,
        "startDate": moment(session.starts_at),
        "endDate": moment(session.ends_at),
        "eventAttendanceMode": f"https://schema.org/{_ATTENDANCE[shown.mode]}",
        "eventStatus": _status(shown, moved=is_moved(session)),
        "location": _location(shown, session),
    }
    if is_moved(session):
        part["previousStartDate"] = moment(session.previous_starts_at)
    return part


def _status(shown: Shown, *, moved: bool) -> str:
    status = "EventCancelled" if shown.standing == "cancelled" else "EventRescheduled" if moved else "EventScheduled"
    return f"https://schema.org/{status}"


def _location(shown: Shown, session: ShownSession) -> dict[str, Any] | list[dict[str, Any]]:
    """The venue; for online, the page that says how to take part, because only people with a place are told how to
    join."""
    place = {
        "@type": "Place",
        "name": session.venue,
        "address": {"@type": "PostalAddress", "addressRegion": shown.area, "addressCountry": "GB"},
    }
    online = {"@type": "VirtualLocation", "name": session.venue, "url": shown.url}
    return {"in-person": place, "online": online, "both": [place, online]}[shown.mode]
