"""The feeds against their standards, whatever people and other organisations wrote."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from services.opportunities.feeds.domain import Organiser, Shown, ShownSession
from services.opportunities.feeds.gateways import atom, calendar, rpde, schema_org
from services.opportunities.feeds.gateways.text import plain
from tests.opportunities.feeds.test_domain import NOW, SESSION, SHOWN
from tests.opportunities.formats import ATOM, faults_of_atom, faults_of_calendar, faults_of_event

HOSTILE = (
    "</script><script>alert(1)</script><!-- ]]> & \"' \x01\x0b\x1f\x7f\x85\u2028\u2029\ufffe "
    "\r\nBEGIN:VEVENT\rX:1\n<b>bold</b> \U0001f600 £"
)
SUMMER = ShownSession(
    UUID(int=4), datetime(2027, 6, 1, 9, tzinfo=UTC), datetime(2027, 6, 1, 11, tzinfo=UTC), "The hall"
)
SERIES = replace(SHOWN, sessions=(SESSION, SUMMER))


def hostile(shown: Shown, text: str = HOSTILE) -> Shown:
    """Every text of it is text."""
    texts: dict[str, Any] = dict.fromkeys(
        (
            "title",
            "summary",
            "area",
            "background",
            "expected",
            "time_needed",
            "payment",
            "accessibility",
            "result",
            "commissioner",
        ),
        text,
    )
    return replace(
        shown,
        **texts,
        kind=text,
        host=replace(shown.host, name=text),
        sessions=tuple(replace(each, venue=text) for each in shown.sessions),
    )


def calendar_of(*shown: Shown) -> bytes:
    return calendar.calendar_file(shown, name="What’s on", url="https://voice.example/opportunities/feeds/calendar.ics")


def atom_of(*shown: Shown) -> bytes:
    host = Organiser("The Test Voice", "https://voice.example")
    return atom.feed(
        shown,
        title="What’s on",
        url="https://voice.example/a",
        page="https://voice.example/o",
        host=host,
        licence="https://l.example/",
        updated=NOW,
    )


@pytest.mark.parametrize("mode", ["in-person", "online", "both"])
@pytest.mark.parametrize("standing", ["open", "cancelled", "over"])
@pytest.mark.parametrize(
    "sessions",
    [(SESSION,), (SESSION, SUMMER), (replace(SESSION, previous_starts_at=NOW), SUMMER)],
    ids=["one", "series", "moved"],
)
@pytest.mark.parametrize("words", ["ordinary", "hostile"])
def test_net_01_each_event_has_what_schema_org_asks(mode: Any, standing: Any, sessions: Any, words: str):
    shown = replace(SHOWN, mode=mode, standing=standing, sessions=sessions)
    event = schema_org.event(hostile(shown) if words == "hostile" else shown)
    assert faults_of_event(event) == []
    assert faults_of_event(json.loads(schema_org.script(shown))) == []


def test_the_check_of_events_finds_what_is_wrong():
    event = schema_org.event(SERIES)
    for wrong in (
        {"startDate": "2026-12-04T12:00:00"},
        {"endDate": event["startDate"]},
        {"eventStatus": "EventScheduled"},
        {"location": {"@type": "Place", "name": "The hall"}},
        {"dateModified": event["startDate"]},
        {"url": "/opportunities/1"},
        {"subEvent": [event["subEvent"][0] | {"superEvent": {"@id": "https://other.example"}}]},
        {"organizer": {"@type": "Place", "name": "x", "address": {"@type": "PostalAddress", "addressCountry": "GB"}}},
    ):
        assert faults_of_event(event | wrong) != [], wrong
    assert faults_of_event({name: value for name, value in event.items() if name != "name"}) != []


def test_net_01_an_event_says_when_with_londons_offset_of_that_day():
    event = schema_org.event(SERIES)
    assert event["startDate"] == "2026-12-04T12:00:00+00:00"
    assert event["endDate"] == "2027-06-01T12:00:00+01:00"
    assert [part["startDate"] for part in event["subEvent"]] == [
        "2026-12-04T12:00:00+00:00",
        "2027-06-01T10:00:00+01:00",
    ]


def test_net_01_an_event_says_who_runs_it_and_that_it_is_free():
    theirs = replace(
        SHOWN,
        host=Organiser("Viewpoint", "https://viewpoint.example"),
        hosts_url="https://viewpoint.example/opportunities/9",
        commissioner="The council",
    )
    event = schema_org.event(theirs)
    assert event["organizer"] == {"@type": "Organization", "name": "Viewpoint", "url": "https://viewpoint.example"}
    assert event["funder"] == {"@type": "Organization", "name": "The council"}
    assert (event["url"], event["sameAs"]) == (SHOWN.url, "https://viewpoint.example/opportunities/9")
    assert event["isAccessibleForFree"] is True
    assert (event["offers"]["price"], event["offers"]["priceCurrency"]) == (0, "GBP")
    own = schema_org.event(SHOWN)
    assert "sameAs" not in own and "funder" not in own and "subEvent" not in own


@pytest.mark.parametrize(
    ("mode", "attendance", "where"),
    [
        ("in-person", "Offline", ["Place"]),
        ("online", "Online", ["VirtualLocation"]),
        ("both", "Mixed", ["Place", "VirtualLocation"]),
    ],
)
def test_opp_01_an_event_says_how_one_takes_part(mode: Any, attendance: str, where: list[str]):
    event = schema_org.event(replace(SHOWN, mode=mode))
    assert event["eventAttendanceMode"] == f"https://schema.org/{attendance}EventAttendanceMode"
    places = event["location"] if isinstance(event["location"], list) else [event["location"]]
    assert [place["@type"] for place in places] == where
    assert all(place["url"] == SHOWN.url for place in places if place["@type"] == "VirtualLocation")


def test_not_05_an_event_says_that_it_was_cancelled_or_moved():
    moved = replace(SESSION, previous_starts_at=datetime(2026, 12, 1, 10, tzinfo=UTC))
    event = schema_org.event(replace(SERIES, sessions=(moved, SUMMER)))
    assert (event["eventStatus"], event["previousStartDate"]) == (
        "https://schema.org/EventRescheduled",
        "2026-12-01T10:00:00+00:00",
    )
    assert [part["eventStatus"] for part in event["subEvent"]] == [
        "https://schema.org/EventRescheduled",
        "https://schema.org/EventScheduled",
    ]
    cancelled = schema_org.event(replace(SERIES, standing="cancelled", sessions=(moved, SUMMER)))
    assert {cancelled["eventStatus"], *(part["eventStatus"] for part in cancelled["subEvent"])} == {
        "https://schema.org/EventCancelled"
    }
    later_moved = schema_org.event(replace(SERIES, sessions=(SESSION, replace(SUMMER, previous_starts_at=NOW))))
    assert (
        later_moved["eventStatus"] == "https://schema.org/EventRescheduled" and "previousStartDate" not in later_moved
    )


def test_no_text_ends_the_script_that_carries_the_event():
    script = schema_org.script(hostile(SERIES))
    assert not set("<>&\u2028\u2029") & set(script)
    assert json.loads(script)["name"] == HOSTILE


def test_not_05_a_calendar_has_an_entry_for_each_session():
    file = calendar_of(SERIES)
    assert faults_of_calendar(file) == []
    entries: Any = Calendar.from_ical(file).walk("VEVENT")
    assert [entry["dtstart"].dt for entry in entries] == [SESSION.starts_at, SUMMER.starts_at]
    assert [entry["dtend"].dt for entry in entries] == [SESSION.ends_at, SUMMER.ends_at]
    assert {str(entry["uid"]) for entry in entries} == {
        f"{SESSION.id}.open@voice.example",
        f"{SUMMER.id}.open@voice.example",
    }
    assert {(entry["sequence"], str(entry["status"])) for entry in entries} == {(3, "CONFIRMED")}
    assert str(entries[1]["dtstart"].to_ical(), "ascii") == "20270601T100000"


def test_not_05_a_calendar_says_what_was_cancelled_under_the_same_uid():
    before, after = (
        Calendar.from_ical(calendar_of(each)).walk("VEVENT")[0]
        for each in (SHOWN, replace(SHOWN, standing="cancelled", version=4))
    )
    assert before["uid"] == after["uid"]
    assert (after["status"], after["sequence"]) == ("CANCELLED", 4)


@pytest.mark.parametrize(
    "shown",
    [(), (SHOWN,), (SERIES, replace(hostile(SHOWN), sessions=(replace(SESSION, id=UUID(int=9)),)))],
    ids=["none", "one", "some"],
)
def test_a_calendar_file_keeps_to_its_standard(shown: tuple[Shown, ...]):
    assert faults_of_calendar(calendar_of(*shown)) == []


def test_no_text_becomes_an_entry_of_a_calendar():
    file = calendar_of(hostile(SERIES))
    assert faults_of_calendar(file) == []
    calendar_read: Any = Calendar.from_ical(file)
    assert len(calendar_read.walk("VEVENT")) == 2
    assert str(calendar_read.walk("VEVENT")[0]["summary"]) == plain(HOSTILE)


def test_the_check_of_calendars_finds_what_is_wrong():
    file = calendar_of(SERIES)
    for wrong in (
        file.replace(b"\r\n", b"\n"),
        file.replace(b"UID:00000000-0000-0000-0000-000000000004", b"UID:00000000-0000-0000-0000-000000000002"),
        file.replace(b"STATUS:CONFIRMED", b"STATUS:MAYBE"),
        file.replace(b"TZID:Europe/London\r\n", b"TZID:Europe/Paris\r\n"),
        file.replace(b"SUMMARY:A", b"SUMMARY:\x01A"),
    ):
        assert wrong != file
        assert faults_of_calendar(wrong) != []


def test_a_news_feed_keeps_to_its_standard():
    assert faults_of_atom(atom_of()) == []
    assert faults_of_atom(atom_of(SHOWN, replace(SERIES, id=UUID(int=7)))) == []
    entry: Any = ElementTree.fromstring(atom_of(SHOWN)).find(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == f"urn:uuid:{SHOWN.id}"
    assert entry.findtext(f"{ATOM}updated") == "2026-12-03T12:00:00Z"
    assert entry.findtext(f"{ATOM}title") == SHOWN.title
    assert entry.find(f"{ATOM}link").get("href") == SHOWN.url
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "The Test Voice"
    assert (
        ElementTree.fromstring(atom_of(replace(SHOWN, standing="cancelled"))).findtext(f"{ATOM}entry/{ATOM}title")
        == f"Cancelled: {SHOWN.title}"
    )


def test_no_text_becomes_markup_in_a_news_feed():
    file = atom_of(hostile(SERIES))
    assert faults_of_atom(file) == []
    assert ElementTree.fromstring(file).findtext(f"{ATOM}entry/{ATOM}title") == plain(HOSTILE)
    assert b"<script" not in file and b"<b>" not in file


def test_the_check_of_news_feeds_finds_what_is_wrong():
    file = atom_of(SHOWN, replace(SERIES, id=UUID(int=7)))
    for wrong in (
        file.replace(b"<summary>", b'<summary type="html">'),
        file.replace(b"<entry><id>", b"<entry><id>x</id><id>"),
        file.replace(
            b"urn:uuid:00000000-0000-0000-0000-000000000007", b"urn:uuid:00000000-0000-0000-0000-000000000001"
        ),
        file.replace(b"2026-12-03T12:00:00Z", b"2026-12-03"),
        file.replace(b"<category", b"<kind"),
    ):
        assert wrong != file
        assert faults_of_atom(wrong) != []


@given(text=st.text(max_size=60))
def test_any_text_makes_valid_feeds(text: str):
    shown = hostile(SERIES, f"x{text}")
    assert faults_of_atom(atom_of(shown)) == [] and faults_of_calendar(calendar_of(shown)) == []
    assert json.loads(schema_org.script(shown))["name"] == f"x{text}"


def test_rpde_a_page_names_the_next_and_the_last_names_itself():
    change = rpde.Change(7, SHOWN.id, SHOWN)
    gone = rpde.Change(9, UUID(int=5), None)
    page = json.loads(
        rpde.feed_page([change, gone], url="https://voice.example/rpde", after=None, licence="https://l.example/")
    )
    assert page["next"] == "https://voice.example/rpde?afterChangeNumber=9"
    assert page["items"][0] == {
        "state": "updated",
        "kind": "Event",
        "id": str(SHOWN.id),
        "modified": 7,
        "data": schema_org.event(SHOWN),
    }
    assert page["items"][1] == {"state": "deleted", "kind": "Event", "id": str(UUID(int=5)), "modified": 9}
    assert page["license"] == "https://l.example/"
    last = json.loads(rpde.feed_page([], url="https://voice.example/rpde", after=9, licence="https://l.example/"))
    assert (last["next"], last["items"]) == ("https://voice.example/rpde?afterChangeNumber=9", [])
    assert (
        json.loads(rpde.feed_page([], url="https://voice.example/rpde", after=None, licence="x"))["next"]
        == "https://voice.example/rpde"
    )


@pytest.mark.parametrize("number", ["0", "1", str(2**63 - 1)])
def test_rpde_a_reader_goes_on_from_a_number(number: str):
    assert rpde.number_after([("afterChangeNumber", number)]) == int(number)
    assert rpde.number_after([]) is None
    assert rpde.number_after([("utm_source", "somewhere")]) is None


@pytest.mark.parametrize(
    "value", ["", "-1", "1.5", "x", "1 ", "1\n", "٣", str(2**63), "9" * 30, "1;DROP TABLE", "0x10", "1e3"]
)
def test_rpde_a_wrong_number_is_refused(value: str):
    with pytest.raises(ValueError, match="whole number"):
        rpde.number_after([("afterChangeNumber", value)])


@pytest.mark.parametrize(
    "parameters",
    [
        [("afterTimestamp", "1")],
        [("afterId", "1")],
        [("afterchangenumber", "1")],
        [("afterChangeNumber", "1"), ("afterChangeNumber", "2")],
    ],
)
def test_rpde_another_order_is_refused(parameters: list[tuple[str, str]]):
    with pytest.raises(ValueError, match="ordered by change number"):
        rpde.number_after(parameters)
