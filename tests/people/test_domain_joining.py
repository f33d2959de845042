"""The rules of joining, of names, addresses and numbers, without a database."""

from typing import Any

import pytest

from services.people.domain.addresses import email_key, reasons_against_email
from services.people.domain.ages import reasons_against_age
from services.people.domain.choices import reasons_against_area
from services.people.domain.contacts import (
    canonical_phone,
    name_key,
    phone_key,
    reasons_against_name,
    reasons_against_phone,
)
from services.people.domain.importing import reasons_not_to_import
from services.people.domain.joining import Joiner, reasons_not_to_add, reasons_not_to_join

AREAS = ("Ely", "March")


def fields(reasons: list[Any]) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


def texts(reasons: list[Any]) -> list[str]:
    return [reason.text for reason in reasons]


# Joining


def joiner(**changes: Any) -> Joiner:
    said: dict[str, Any] = {"name": "Ada", "email": "ada@example.org", "over_18": True, "area": "Ely", "agreed": True}
    return Joiner(**said | changes)


def test_peo_03_someone_who_is_18_and_agrees_may_join() -> None:
    assert reasons_not_to_join(joiner(), AREAS) == []
    assert reasons_not_to_join(joiner(area=""), AREAS) == []


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"name": ""}, "PEO-01", "name"),
        ({"email": "nowhere"}, "PEO-01", "email"),
        ({"over_18": None}, "PEO-03", "over_18"),
        ({"over_18": False}, "PEO-03", "over_18"),
        ({"area": "Mars"}, "PEO-01", "area"),
        ({"agreed": False}, "PRI-02", "agreed"),
    ],
)
def test_peo_03_pri_02_nobody_joins_without(changes: dict[str, Any], rule: str, field: str) -> None:
    assert fields(reasons_not_to_join(joiner(**changes), AREAS)) == [(rule, field)]


def test_every_reason_not_to_join_is_told_at_once_in_the_order_of_the_questions() -> None:
    reasons = reasons_not_to_join(joiner(name="", email="", over_18=None, area="Mars", agreed=False), AREAS)
    assert [reason.field for reason in reasons] == ["name", "email", "over_18", "area", "agreed"]


def test_peo_03_not_having_said_and_being_under_18_are_told_apart() -> None:
    assert texts(reasons_against_age(None)) == ["Tell us if you are 18 or over"]
    assert texts(reasons_against_age(False)) == [
        "You need to be 18 or over to join here by yourself. Please ring us: there may be another way"
    ]
    assert reasons_against_age(True) == []


UNTICKED: dict[str, Any] = {"over_18": False, "agreed": False}
ADDED: dict[str, Any] = {
    "name": "Ada",
    "phone": "",
    "area": "",
    "areas": AREAS,
    "over_18": True,
    "agreements_held": False,
    "agreed": True,
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"over_18": False, "agreements_held": True}, []),
        ({"over_18": False}, [("PEO-03", "agreements_held")]),
        ({"agreed": False}, [("PRI-02", "agreed")]),
        ({"name": "", "phone": "x", "area": "Mars"}, [("PEO-01", "name"), ("PEO-01", "phone"), ("PEO-01", "area")]),
    ],
)
def test_peo_02_staff_add_someone_who_agreed_and_under_18_only_with_agreements(
    changes: dict[str, Any], expected: list[Any]
) -> None:
    assert fields(reasons_not_to_add(**ADDED | changes)) == expected


def test_whoever_is_refused_is_told_what_to_do() -> None:
    assert texts(reasons_not_to_join(joiner(agreed=False), AREAS)) == [
        "Tick the box if you agree. We need this before you can join"
    ]
    assert texts(reasons_not_to_add(**ADDED | UNTICKED)) == [
        "Under 18, someone needs the agreements that our policy names. Tick the box when we hold them",
        "Ask the person if they agree, and tick the box when they do",
    ]
    unreachable = row(email=None, phone="", channels=["in-app"], over_18=False)
    assert texts(reasons_not_to_import(unreachable, has_email=False, areas=AREAS)) == [
        "Write an email address or a phone number, so that we can tell people apart",
        "Add someone under 18 on the page for it, which asks for the agreements",
    ]


@pytest.mark.parametrize(
    "email",
    [
        "a@b.uk",
        "ada.byron+chorus@mail.example.org",
        "o'hara@x-y.example",
        "a" * 242 + "@example.org",
        "Ada.Byron@Example.ORG",
        "!#$%&'*+-/=?^_`{|}~@example.org",
        "ada@xn--mller-kva.example",  # as a browser writes müller.example
        "ada@house.local",
        "ada@house.test",
        "ada@" + "b" * 63 + ".example.org",
    ],
)
def test_an_address_is_taken(email: str) -> None:
    assert reasons_against_email(email) == []


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@example",
        "ada@-example.org",
        "ada@example-.org",
        "ada@example..org",
        "ada@example.org.",
        "ada byron@example.org",
        "ada@exam ple.org",
        "ada@example.org\n",
        "ada@example.org,bo@example.org",
        "Ada <ada@example.org>",
        "a" * 243 + "@example.org",
        ".ada@example.org",
        "ada.@example.org",
        "ada..byron@example.org",
        '"ada byron"@example.org',
        "ada@[192.0.2.1]",
        "ada@192.0.2.1",
        "ada@" + "b" * 64 + ".example.org",
        "ada@müller.example",
        "zoë@example.org",
        "mailto:ada@example.org?subject=x",
        "ada@example.org" * 2000,
    ],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    [reason] = reasons_against_email(email)
    assert (reason.rule, reason.field, reason.text) == (
        "PEO-01",
        "email",
        "Write an email address like name@example.org",
    )


def test_an_address_is_the_same_in_capitals() -> None:
    assert email_key(" Ada@Example.ORG ") == "ada@example.org"


@pytest.mark.parametrize(
    "name",
    ["Zoë O’Hara-李", "x" * 100, "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627 Karimi", "Kim \U0001f469\u200d\U0001f4bb"],
)
def test_a_name_of_any_script_is_taken(name: str) -> None:
    assert reasons_against_name(name) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x" * 101, "100 letters at most"),
        ("Ada\nByron", "in one line"),
        ("Ada\x00", "a sign in this"),
        ("", "Write a name"),
    ],
)
def test_why_a_name_is_not_taken_is_true(name: str, words: str) -> None:
    [reason] = reasons_against_name(name, "known_as")
    assert (reason.rule, reason.field, words in reason.text) == ("PEO-01", "known_as", True)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("07700 900123", "07700 900123"),
        ("07700900123", "07700 900123"),
        ("7700900123", "07700 900123"),
        ("+44 7700 900123", "07700 900123"),
        ("+44 (0)7700 900123", "07700 900123"),
        ("0044 7700 900123", "07700 900123"),
        ("\u202d07700\u00a0900123\u202c", "07700 900123"),
        ("07700\u2011900\u2013123", "07700 900123"),
        ("(01632) 960-001", "01632 960001"),
        ("07700.900.123", "07700 900123"),
        ("01632 960001 ext 4", "01632 960001 x4"),
        ("+33 6 12 34 56 78", "+33 6 12 34 56 78"),
    ],
)
def test_a_number_is_kept_in_one_way_of_writing(typed: str, kept: str) -> None:
    assert reasons_against_phone(typed) == reasons_against_phone("") == []
    assert canonical_phone(typed) == canonical_phone(kept) == kept
    assert phone_key(typed) == phone_key(kept)


@pytest.mark.parametrize("phone", ["123456", "1" * 16, "ring me", "07700 900123 (mum)"])
def test_what_is_no_phone_number_is_refused(phone: str) -> None:
    [reason] = reasons_against_phone(phone)
    assert (reason.rule, reason.field, "We cannot ring this number" in reason.text) == ("PEO-01", "phone", True)
    assert (canonical_phone(phone), phone_key(phone)) == (phone, "")


def test_two_spellings_of_a_name_are_one() -> None:
    assert len({name_key(name) for name in ("Zoë O’Hara", "zoe  o'hara", "ZOE OHARA", "Zoe\u0308 O-Hara")}) == 1
    assert name_key("Lena Moss") != name_key("Lena Mossop")


def test_an_area_is_one_of_ours_or_not_said() -> None:
    assert reasons_against_area("Ely", AREAS) == reasons_against_area("", AREAS) == []
    [reason] = reasons_against_area("Mars", AREAS)
    assert (reason.rule, reason.field, reason.text) == ("PEO-01", "area", "Choose one of these areas: Ely, March")


def row(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Ada",
        "known_as": "",
        "email": "ada@example.org",
        "phone": "",
        "roles": ["participant"],
        "area": "Ely",
        "channels": ["email"],
        "format": "plain",
        "over_18": None,
        "ruled_out_kinds": [],
        **changes,
    }
