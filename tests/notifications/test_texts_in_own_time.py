"""OPP-01: the words about what people do in their own time, which has a last day and no session."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import icalendar
import pytest
from textstat import textstat

from services.notifications.gateways import letters, rendering
from tests.notifications.test_texts_by_phone import ONLY_ON_A_PAGE, RUNG, read_out, ways_to_say
from tests.notifications.test_texts_without_marks import marks_in
from tests.notifications.texts import (
    HIGHEST_GRADE,
    IN_OWN_TIME,
    SETTINGS,
    TEMPLATES,
    TITLE,
    VERSIONS,
    draft,
    letter,
    words,
)

LAST = "Monday 28 December 2026"
OF_ONE = [
    *("opportunity-created", "opportunity-changed", "opportunity-cancelled", "opportunity-closed", "closing-reminder"),
    *(name for name in TEMPLATES if name.startswith(("place-", "question-", "answer-", "access-"))),
]
"""Messages about an opportunity and somebody's place in it."""
OURS = {"reason": "It is so.", "summary": "It is new.", "contact_role": "director", "short_notice_reason": ""}
OF_MEETING = re.compile(
    r"\b(?:travel\w*|come(?! to an end| free)|coming|meet\w*|join\w*|lifts?|session\w*|room|bus|train|tickets?|fares?|"
    r"miles|and where|where it|where:|on the day|tomorrow|starts? at|ends? at)(?=\W)",
    re.IGNORECASE,
)


def own(template: str, version: str, **facts: Any) -> rendering.Letter:
    return letter(template, version, **IN_OWN_TIME | {"title": "Evenings"} | facts)


def ways(template: str) -> list[dict[str, Any]]:
    return [facts | IN_OWN_TIME | {"title": "Evenings"} for facts in ways_to_say(template, 100)]


@pytest.mark.parametrize("template", OF_ONE)
@pytest.mark.parametrize("version", VERSIONS)
def test_opp_01_nobody_is_asked_to_come_or_to_travel_where_there_is_no_meeting(template: str, version: str):
    for facts in ways(template):
        found = letter(template, version, **facts | OURS)
        said = f"{found.subject}. {words(list(found.body))}"
        assert not (of := OF_MEETING.search(said)), f"{of}: {said} {facts}"
        assert not marks_in(found)
        assert "  " not in said and ".." not in said.replace("...", ""), said
        assert not re.search(r"[a-z”][.!?][A-Z]", said), said


def test_opp_01_the_guard_of_what_has_no_meeting_sees_what_a_meeting_says():
    for template in ("opportunity-created", "place-taken", "opportunity-cancelled", "session-reminder"):
        assert OF_MEETING.search(words(list(letter(template, "plain").body)))


@pytest.mark.parametrize(
    "template",
    ["opportunity-created", "opportunity-changed", "place-taken", "place-offered", "closing-reminder"],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_opp_01_the_last_day_is_said(template: str, version: str):
    if (template, version[:8]) == ("place-offered", "discreet"):
        return  # it says by when to answer, and no more
    text = words(list(own(template, version).body))
    assert "in your own time." in text and f"The last day is {LAST}." in text


@pytest.mark.parametrize("template", OF_ONE)
@pytest.mark.parametrize("version", VERSIONS)
def test_not_05_a_nine_year_old_can_read_the_texts_about_what_is_done_in_their_own_time(template: str, version: str):
    for held in (True, False):
        found = own(template, version, held=held)
        read = [line for line in [*found.body, *found.foot] if line.shape != "link"]
        assert textstat.automated_readability_index(words(read)) <= HIGHEST_GRADE[version]
        for line in found.body if version == "easy-read" else ():
            if line.shape == "paragraph":
                assert len(re.findall(r"[.!?](?:\s|$)", line.text)) <= 1, line.text


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_pay_18_the_place_says_where_to_read_how_and_to_tell_us_how_long_it_took(version: str):
    text = words(list(own("place-taken", version).body))
    assert "Your page says how" in text and "ell us how long it took" in text and "paid" in text.replace("pay", "paid")
    unpaid = words(list(own("place-taken", version, paid=False).body))
    assert "ell us how long it took" in unpaid and not re.search(r"\bpa(?:id|y)\b", unpaid)


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_opp_16_a_changed_last_day_is_told_with_what_it_was_and_why(version: str):
    text = words(list(own("opportunity-changed", version, changed=["time"]).body))
    assert f"The last day is {LAST}." in text and "it was Monday 21 December 2026." in text
    assert "The room was not free." in text and "How you do it" not in text
    how = words(list(own("opportunity-changed", version, changed=["place"], closes_was=None).body))
    assert "How you do it has changed." in how and "Your page says how." in how and "The last day" not in how
    waits = words(
        list(own("opportunity-changed", version, changed=["place"], closes_was=None, held=False, answer_by=None).body)
    )
    assert "How you do it has changed." in waits and "Your page" not in waits


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_not_05_who_has_done_some_of_what_is_cancelled_is_asked_how_long_it_took(version: str):
    text = words(list(own("opportunity-cancelled", version).body))
    assert "You do not need to do it" in text and "ay how long it took" in text and "We pay you for that time." in text
    assert "We pay you" not in words(list(own("opportunity-cancelled", version, paid=False).body))
    waited = words(list(own("opportunity-cancelled", version, held=False, answer_by=None).body))
    assert "how long it took" not in waited and "need to do it" not in waited


@pytest.mark.parametrize("version", ["plain", "easy-read"])
@pytest.mark.parametrize("template", [name for name in RUNG if name in OF_ONE])
def test_not_08_what_is_read_out_of_it_sends_nobody_to_a_page(template: str, version: str):
    for facts in ways(template):
        found = read_out(template, version, **facts)
        said = words([line for line in found.body if line.shape != "link"])
        assert not (sends := ONLY_ON_A_PAGE.search(f"{found.subject}. {said}")), f"{sends}: {said} {facts}"


@pytest.mark.parametrize(
    ("template", "method", "status"),
    [
        ("opportunity-created", "PUBLISH", "TENTATIVE"),
        ("place-taken", "PUBLISH", "CONFIRMED"),
        ("place-left", "CANCEL", "CANCELLED"),
        ("opportunity-changed", "PUBLISH", "CONFIRMED"),
        ("opportunity-cancelled", "CANCEL", "CANCELLED"),
    ],
)
@pytest.mark.parametrize("version", ["plain", "discreet-plain"])
def test_not_05_the_last_day_is_one_whole_day_in_a_calendar_whatever_mail_it_comes_with(
    template: str, method: str, status: str, version: str
):
    written = replace(draft(template, version, **IN_OWN_TIME), sequence=2001)
    file = letters.calendar_of(written, SETTINGS)
    assert file is not None and file.method == method
    [event] = icalendar.Calendar.from_ical(file.content).walk("VEVENT")
    assert (event["UID"], event["STATUS"], event["SEQUENCE"]) == (
        f"{written.opportunity_id}@voice.example",
        status,
        2001,
    )
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (date(2026, 12, 28), date(2026, 12, 29))
    assert str(event["SUMMARY"]) == ("Last day" if "discreet" in version else f"Last day: {TITLE}")
    assert "LOCATION" not in event and str(event["TRANSP"]) == "TRANSPARENT"


def test_not_05_a_last_day_that_is_over_is_put_in_no_calendar():
    assert (
        letters.calendar_of(draft("place-taken", "plain", **IN_OWN_TIME | {"closes_on": date(2026, 11, 21)}), SETTINGS)
        is None
    )
