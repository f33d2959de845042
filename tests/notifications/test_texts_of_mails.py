"""The mail itself, and its calendar file."""

from dataclasses import replace
from types import SimpleNamespace
from uuid import UUID

import icalendar
import pytest

from services.notifications.gateways import letters
from tests.notifications.texts import SESSION, SETTINGS, TITLE, draft, letter, mail

# --- the mail itself ---


def test_text_and_html_say_the_same():
    sent = mail("place-taken", "plain")
    html = sent.get_body(("html",)).get_content()  # pyrefly: ignore
    for line in letter("place-taken", "plain").body:
        assert line.text.replace("'", "&#39;").replace('"', "&#34;") in html
        assert not line.url or f'href="{line.url}"' in html
    assert "<img" not in html and "http://" not in html


def test_what_people_wrote_can_neither_break_the_html_nor_pass_for_our_links():
    nasty = '=> /people/me "><script>alert(1)</script>\r\nBcc: all@people.example\n=> https://bad.example Click'
    sent = mail("place-taken", "plain", title=nasty)
    html = sent.get_body(("html",)).get_content()  # pyrefly: ignore
    assert "<script>" not in html
    assert sent["Bcc"] is None and "\n" not in sent["Subject"]
    assert "https://bad.example" not in [line.url for line in letter("place-taken", "plain", title=nasty).body]
    assert 'href="https://bad.example' not in html


def test_not_02_a_message_has_the_same_message_id_whenever_it_is_written():
    assert (
        mail("claim-paid", "plain")["Message-ID"]
        == mail("claim-paid", "plain")["Message-ID"]
        == f"<{UUID(int=3)}@voice.example>"
    )


@pytest.mark.parametrize("address", ["", "no address", "a@b@c", "a\r\nBcc: b@c.example", "<>"])
def test_what_is_no_address_is_refused_before_any_mail(address: str):
    with pytest.raises(ValueError):  # noqa: PT011 (the standard library's own words)
        letters.as_mail(draft("claim-paid", "plain"), address, SETTINGS)


# --- calendar files ---


def calendar(template: str, version: str = "plain") -> icalendar.Calendar:
    [part] = [part for part in mail(template, version).walk() if part.get_content_type() == "text/calendar"]
    assert part.get_param("method") in ("PUBLISH", "CANCEL")
    return icalendar.Calendar.from_ical(part.get_content())  # pyrefly: ignore


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
def test_not_05_one_calendar_entry_for_each_session_whatever_mail_it_comes_with(
    template: str, method: str, status: str
):
    found = calendar(template)
    [event] = found.walk("VEVENT")
    assert found["METHOD"] == method
    assert event["UID"] == f"{SESSION.session_id}@voice.example"
    before = SETTINGS.model_copy(update={"calendar_host": "old.example"})  # the public address has changed since
    file = letters.calendar_of(draft(template, "plain"), before)
    assert file is not None and f"UID:{SESSION.session_id}@old.example".encode() in file.content
    assert event["STATUS"] == status
    assert event.decoded("DTSTART") == SESSION.starts_at and event.decoded("DTEND") == SESSION.ends_at
    assert str(event["SUMMARY"]) == TITLE and str(event["LOCATION"]) == SESSION.venue


def test_not_05_an_entry_carries_the_number_that_puts_it_before_earlier_ones():
    file = letters.calendar_of(replace(draft("opportunity-changed", "plain"), sequence=2001), SETTINGS)
    assert file is not None
    assert [int(str(event["SEQUENCE"])) for event in icalendar.Calendar.from_ical(file.content).walk("VEVENT")] == [
        2001
    ]


def test_not_05_a_changed_series_moves_its_entries_and_takes_out_the_session_that_is_gone():
    gone = SimpleNamespace(**vars(SESSION) | {"session_id": UUID(int=8)})
    for has_place, status in ((True, "CONFIRMED"), (False, "TENTATIVE")):
        file = letters.calendar_of(
            replace(draft("opportunity-changed", "plain"), sessions_gone=[gone], has_place=has_place), SETTINGS
        )
        assert file is not None and file.method == "PUBLISH"
        entries = icalendar.Calendar.from_ical(file.content).walk("VEVENT")
        assert [(str(event["UID"]), str(event["STATUS"])) for event in entries] == [
            (f"{SESSION.session_id}@voice.example", status),
            (f"{gone.session_id}@voice.example", "CANCELLED"),
        ]


def test_not_04_a_discreet_calendar_entry_says_when_and_no_more():
    [event] = calendar("place-taken", "discreet-plain").walk("VEVENT")
    assert str(event["SUMMARY"]) == "Meeting"
    assert "LOCATION" not in event and "DESCRIPTION" not in event
    assert str(event["URL"]).endswith(f"/notifications/messages/{UUID(int=3)}")


def test_not_05_a_calendar_file_describes_its_time_zone_for_a_few_years_only():
    assert len(calendar("place-taken").to_ical()) < 2_000
