"""What a text says of who somebody is (FB-06, NET-02, OPP-22)."""

import pytest

from shared.personal import personal_details_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write to ffion@example.org about it", ["the email address"]),
        ("Ring 07700 900123 or +44 7700 900123", ["the phone number"]),
        ("I live at AB1 2CD", ["the postcode"]),
        ("I live at ab12cd", ["the postcode"]),
        ("Ring +44\u00a0(0)7700.900.123", ["the phone number"]),
        ("Ring 07700\u2011900\u2011123", ["the phone number"]),
        ("Write to ffion (at) example (dot) org", ["the email address", "the person's name"]),
        ("Ask Amlwch.", ["the person's name"]),
        ("ask ffion", ["the person's name"]),
        (
            "Ffion, 07700900123, f@example.org, AB1 2CD",
            ["the email address", "the phone number", "the postcode", "the person's name"],
        ),
    ],
)
def test_fb_06_personal_details_are_found(text, found):
    assert personal_details_in(text, ["Ffion Amlwch"]) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "We met 12 people on 3 December 2026 at 10:30",
        "Amlwchs are no names",
        "it was at the end, said al",
        "12345678",
        "03/12/2026 10:30, 04.12.2026 09.30, 2026-12-03 10:00",
        "Sessions at 09.30 10.45 11.30 12.15",
        "Room B1 2pm",
    ],
)
def test_fb_06_ordinary_words_are_no_personal_details(text):
    assert personal_details_in(text, ["Al Amlwch", "Ed"]) == []


def test_fb_06_a_name_of_three_letters_counts_and_nine_digits_are_a_phone_number():
    assert personal_details_in("Ask Kai", ["Kai Oduya"]) == ["the person's name"]
    assert personal_details_in("123456789", []) == ["the phone number"]
