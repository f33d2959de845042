"""Reading forms: whatever is sent, there is a clear sentence, and nothing typed is lost."""

from datetime import date
from decimal import Decimal

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from shared.reasons import Reason, Refused
from shared.web.forms import LONGEST_TEXT, date_of_parts
from shared.web.problems import InvalidForm, problem_of
from tests.web.conftest import Thanks

GOOD = {"miles": "12", "how": "none"}


async def test_a_form_filled_in_rightly_is_read_with_its_types(app: FastAPI, client: httpx.AsyncClient) -> None:
    sent = GOOD | {"fare": "£2.50", "comment": "  Thank you\r\nall  ", "needs": ["lift", "easy-read"], "agree": "yes"}
    sent |= {"starts-day": "3", "starts-month": "12", "starts-year": "２０２６"}  # a keyboard's full-width digits
    answer = await client.post("/test/travel", data=sent)
    assert answer.status_code == 303
    form = app.state.seen["form"]
    assert (form.miles, form.how, form.fare, form.agree) == (Decimal(12), Thanks.NONE, 250, True)
    assert form.comment == "Thank you\nall"
    assert form.needs == ["lift", "easy-read"]
    assert form.starts == date(2026, 12, 3)
    assert form.receipt is None


async def test_a_file_comes_with_the_form(app: FastAPI, client: httpx.AsyncClient) -> None:
    answer = await client.post("/test/travel", data=GOOD, files={"receipt": ("bus.png", b"\x89PNG", "image/png")})
    assert answer.status_code == 303
    assert app.state.seen["form"].receipt.filename == "bus.png"


async def test_no_file_chosen_is_no_file(app: FastAPI, client: httpx.AsyncClient) -> None:
    parts = (
        b'--x\r\nContent-Disposition: form-data; name="miles"\r\n\r\n12\r\n--x\r\nContent-Disposition: form-data; '
        b'name="how"\r\n\r\nnone\r\n'
    )
    parts += (
        b'--x\r\nContent-Disposition: form-data; name="receipt"; filename=""\r\nContent-Type: '
        b"application/octet-stream\r\n\r\n\r\n--x--\r\n"
    )
    answer = await client.post(
        "/test/travel", content=parts, headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code == 303
    assert app.state.seen["form"].receipt is None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"miles": ""}, "Enter how many miles you drove, like 12"),
        ({"miles": "   "}, "Enter how many miles you drove, like 12"),
        ({"miles": "twelve"}, "Enter how many miles you drove, like 12"),
        ({"miles": "-1"}, "Enter how many miles you drove, like 12"),
        ({"miles": "NaN"}, "Enter how many miles you drove, like 12"),
        ({"how": ""}, "Choose how you want to be thanked"),
        ({"how": "diamonds"}, "Choose one of the answers"),
        ({"fare": "-3"}, "Enter an amount in pounds and pence, like 12.50"),
        ({"fare": "2.505"}, "Enter an amount in pounds and pence, like 12.50"),
        ({"comment": "a" * 501}, "This is too long. Use 500 characters or fewer"),
        ({"comment": "a" * (LONGEST_TEXT + 1)}, f"This is too long. Use {LONGEST_TEXT:,} characters or fewer"),
        ({"comment": "a\x00b"}, "This has a hidden character in it that we cannot use"),
        ({"comment": "a\x1b[31m"}, "This has a hidden character in it that we cannot use"),
        ({"needs": ["lift", "\x07"]}, "This has a hidden character in it that we cannot use"),
        (
            {"starts-day": "31", "starts-month": "2", "starts-year": "2026"},
            "Enter a real date: the day, the month and the year",
        ),
        ({"starts-day": "1", "starts-month": "2", "starts-year": "27"}, "Write the year with four digits"),
        ({"starts-day": "1"}, "The date must include a month and a year"),
        ({"starts": "yesterday"}, "Enter a real date: the day, the month and the year"),
    ],
)
async def test_each_fault_has_its_sentence_in_the_summary_and_at_the_field(
    app: FastAPI, client: httpx.AsyncClient, typed: dict[str, str], sentence: str
) -> None:
    answer = await client.post("/test/travel", data=GOOD | typed)
    assert answer.status_code == 422
    assert answer.text.count(sentence) == 2
    field = next(iter(typed)).partition("-")[0]
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}"' in answer.text
    assert "<title>Error: " in answer.text
    assert "form" not in app.state.seen


async def test_what_was_typed_is_shown_again_and_never_as_markup(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/test/travel",
        data={
            "miles": "x",
            "how": "vouchers",
            "needs": ["lift"],
            "comment": '<script>"hello"</script>',
            "starts-day": "31",
            "agree": "yes",
        },
    )
    assert "&lt;script&gt;" in answer.text
    assert "<script>" not in answer.text
    assert 'value="vouchers" checked' in answer.text
    assert 'value="lift" checked' in answer.text
    assert 'value="easy-read" checked' not in answer.text
    assert 'value="yes" checked' in answer.text
    assert 'name="starts-day" type="text" value="31"' in answer.text


async def test_a_rule_that_refuses_shows_at_its_field_with_what_was_typed(client: httpx.AsyncClient) -> None:
    answer = await client.post("/test/travel", data=GOOD | {"miles": "101"})
    assert answer.status_code == 422
    assert answer.text.count("Above 100 miles, tell us which way you went") == 2
    assert 'value="101"' in answer.text


async def test_a_fault_in_what_the_page_does_not_show_is_said_and_leads_nowhere(client: httpx.AsyncClient) -> None:
    """A link to #recognition stood above a page that had no such part."""
    answer = await client.post("/test/travel", data=GOOD | {"miles": "99"})
    assert answer.status_code == 422 and "Choose how you want to be thanked" in answer.text
    assert "#recognition" not in answer.text


async def test_json_sent_to_a_page_is_an_unanswered_form(client: httpx.AsyncClient) -> None:
    answer = await client.post("/test/travel", json={"miles": 12})
    assert answer.status_code == 422


async def test_more_fields_than_any_form_has_are_refused(app: FastAPI, client: httpx.AsyncClient) -> None:
    answer = await client.post("/test/travel", data=GOOD | {f"field{number}": "x" for number in range(600)})
    assert answer.status_code == 400
    assert "We could not read that" in answer.text
    assert "form" not in app.state.seen


async def test_a_broken_multipart_body_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/test/travel", content=b"nonsense", headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code in (400, 422)


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_date_is_read_from_its_parts(day: date) -> None:
    assert date_of_parts({"day": str(day.day), "month": str(day.month), "year": str(day.year)}) == day


@pytest.mark.parametrize(
    "parts",
    [
        ("0", "1", "2026"),
        ("1", "13", "2026"),
        ("²", "1", "2026"),
        ("-1", "1", "2026"),
        ("1", "1", "0000"),
        ("x", "1", "2026"),
        ("9" * 30, "1", "2026"),
    ],
)
def test_what_is_no_date_is_none(parts: tuple[str, str, str]) -> None:
    assert date_of_parts(dict(zip(("day", "month", "year"), parts, strict=True))) is None


def test_exceptions_name_fields_and_rules_and_never_what_was_typed() -> None:
    assert "private" not in str(InvalidForm({"miles": "Enter miles"}, {"miles": "private words"}))
    assert "private" not in repr(InvalidForm({"miles": "Enter miles"}, {"miles": "private words"}))


def test_a_problem_says_what_is_wrong_where() -> None:
    problem = problem_of(Refused([Reason("A-1", "First", "miles"), Reason("A-2", "Second")]), {"miles": "12"})
    assert bool(problem) and not problem_of(None)
    assert (problem.at("miles"), problem.at("fare")) == ("First", None)
    assert (problem.value("miles"), problem.value("fare", "9")) == ("12", "")
    assert problem_of(None).value("fare", "9") == "9"
    assert problem_of(None).values("needs", ["lift"]) == ["lift"]
