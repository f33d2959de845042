"""Names as people spell them leave us whole, or as near as a bank's letters come; what nobody sees never stops
anybody at a door."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode
from xml.etree import ElementTree

import icalendar
import pytest
from starlette.requests import Request

from services.notifications.gateways import calendar
from services.payments.bank_details.gateways.vault import AccountDetails
from services.payments.paying.gateways.bank_files import (
    ByHand,
    Payer,
    RunFile,
    Transfer,
    bank_csv,
    by_hand_csv,
    pain_001,
)
from services.people.domain.contacts import canonical_phone
from services.people.use_cases.lists import PersonRow
from shared.db import new_id
from shared.text import digits, plain_address
from shared.web import Form, read_form
from shared.web.csv_reading import read_rows

NAMES = {
    "Łukasz Nowak": "Lukasz Nowak",
    "Ðorđe Simić": "Dorde Simic",
    "Ana Ñuñez": "Ana Nunez",
    "Владимир Ким": "Vladimir Kim",
    "李 小龙": "Li XiaoLong",
    "İpek Işık": "Ipek Isik",
    "Jürgen Strauß": "Jurgen Strauss",
    "Seán O’Brien": "Sean O'Brien",
}
"""Each with what a bank's letters make of it."""
MARKS = {
    "right-to-left mark": "\u200f",
    "left-to-right isolate": "\u2066",
    "end of isolate": "\u2069",
    "embedding": "\u202a",
    "byte order mark": "\ufeff",
    "no-break space": "\u00a0",
    "narrow no-break space": "\u202f",
    "zero-width space": "\u200b",
    "word joiner": "\u2060",
    "soft hyphen": "\u00ad",
}
names = pytest.mark.parametrize(("name", "at_the_bank"), NAMES.items())
marks = pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)


def _run(name: str) -> RunFile:
    to = AccountDetails(name=name, sort_code="202959", account_number="63748472")
    return RunFile(
        "RUN-1", NOW, date(2026, 12, 4), "VOICE 1", Payer(name, "202959", "63748472"), [Transfer("PAY-1", 1250, to)]
    )


@names
def test_point_18_a_name_in_the_banks_file_keeps_every_letter(name: str, at_the_bank: str) -> None:
    tree = ElementTree.fromstring(pain_001(_run(name)))
    written = {element.text for element in tree.iter() if element.tag.endswith("}Nm")}
    assert written == {at_the_bank}


@names
def test_point_18_a_name_in_the_banks_columns_keeps_every_letter(name: str, at_the_bank: str) -> None:
    [row] = csv.DictReader(io.StringIO(bank_csv(_run(name))))
    assert at_the_bank.startswith(row["Name"]) and len(row["Name"]) >= min(len(at_the_bank), 18)


@names
def test_point_18_a_list_for_people_has_the_name_as_it_is(name: str, at_the_bank: str) -> None:
    [row] = csv.DictReader(io.StringIO(by_hand_csv([ByHand("PAY-1", name, "Voucher", 1250)]).removeprefix("\ufeff")))
    assert row["Name"] == name


@names
def test_point_18_a_calendar_has_the_name_as_it_is(name: str, at_the_bank: str) -> None:
    entry = calendar.Entry(
        new_id(), NOW, NOW + timedelta(hours=1), f"Tea with {name}", name, "https://voice.example", "booked"
    )
    file = calendar.calendar_file([entry], "PUBLISH", sequence=1, host="voice.example", written_at=NOW)
    [event] = icalendar.Calendar.from_ical(file).walk("VEVENT")
    assert (event["summary"], event["location"]) == (f"Tea with {name}", name)


@marks
def test_point_21_numbers_and_addresses_are_read_past_what_nobody_sees(mark: str) -> None:
    assert plain_address(f"{mark}ada@example.org{mark}") == "ada@example.org"
    assert digits(f"{mark}20-29{mark}-59{mark}") == "202959"
    assert canonical_phone(f"{mark}07700{mark}900200{mark}") == canonical_phone("07700 900200")


@marks
def test_point_21_a_list_is_read_past_what_nobody_sees_in_its_headings_and_cells(mark: str) -> None:
    file = (
        f"{mark}name{mark},e-mail{mark},phone\n{mark}Ada Byron{mark},{mark}ada@example.org{mark},{mark}07700 "
        f"900200{mark}\n"
    )
    [row] = read_rows(file.encode(), PersonRow)
    assert (row.name, row.listed().told.email, row.answers()["phone"]) == (
        "Ada Byron",
        "ada@example.org",
        canonical_phone("07700 900200"),
    )


class _Asked(Form):
    name: str
    minutes: int


@marks
async def test_point_21_a_form_is_read_past_what_nobody_sees(mark: str) -> None:

    body = urlencode({"name": f"{mark}Ada Byron{mark}", "minutes": f"{mark}90{mark}"}).encode()

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers, "state": {}}
    form = await read_form(Request(scope, receive), _Asked)
    assert (form.name, form.minutes) == ("Ada Byron", 90)
