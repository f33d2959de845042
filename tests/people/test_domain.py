"""The rules of people, without a database."""

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.people.domain import matching
from services.people.domain.addresses import email_key, reasons_against_email, reasons_not_to_change_email
from services.people.domain.ages import reasons_against_age
from services.people.domain.cards import card
from services.people.domain.choices import NEEDS, channels_for, reasons_against_area, reasons_not_to_answer, reasons_not_to_hear_by
from services.people.domain.contacts import canonical_phone, name_key, phone_key, reasons_against_name, reasons_against_phone
from services.people.domain.helping import reasons_not_to_help
from services.people.domain.importing import import_changes, reasons_not_to_import
from services.people.domain.joining import JOINING_MINUTES, Joiner, reasons_not_to_add, reasons_not_to_join
from services.people.domain.people import Contacts, Person, display_name
from services.people.domain.roles import ROLES, reasons_not_to_give_roles, roles_in_order
from services.people.domain.sign_in import (
    CODE_TRIES,
    CodeAsked,
    code_runs_out_at,
    hash_of_code,
    reasons_not_to_sign_in,
    session_ends_at,
    session_lasts,
    typed_code,
)

AREAS = ("Ely", "March")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ID = UUID("01890000-0000-7000-8000-000000000001")
ADDED_BY = UUID("01890000-0000-7000-8000-000000000002")
ENTERED_BY = UUID("01890000-0000-7000-8000-000000000003")


def fields(reasons: list[Any]) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


def texts(reasons: list[Any]) -> list[str]:
    return [reason.text for reason in reasons]


PERSON = Person(
    id=ID,
    version=4,
    name="Ada Byron",
    known_as="Addy",
    email="ada@example.org",
    area="Ely",
    roles=("participant", "approver"),
    channels=("email",),
    discreet=True,
    format="easy-read",
    paused=False,
    opted_out=("thanks",),
    ruled_out_kinds=("board",),
    ruled_out_areas=("March",),
    ruled_out_times=("evening",),
)


# Cards


APART = "Ada Byron, Ely, our number 0001"
NAMED = {"version": 4, "name": "Addy", "roles": ["participant", "approver"], "told_apart_by": APART}


@pytest.mark.parametrize(
    ("reader", "more"),
    [
        ("opportunities", {"age_known": False, "reached_by_message": True}),
        ("feedback", {"paused": False}),
        (
            "payments",
            {
                "phone": "01632 960123",
                "phone_changed_at": "2026-11-02T09:00:00+00:00",
                "phone_before": "01632 960999",
                "phone_changes": [{"at": "2026-11-02T09:00:00+00:00", "before": "01632 960999"}],
                "email_changed_at": "2026-11-03T09:00:00+00:00",
                "added_by": str(ADDED_BY),
                "email_entered_by": str(ENTERED_BY),
                "introductions": [{"by": str(ENTERED_BY), "at": "2026-11-03T09:00:00+00:00"}],
            },
        ),
    ],
)
def test_pri_03_these_services_learn_a_name_and_roles_and_only_what_else_their_rules_ask(reader: Any, more: dict[str, Any]) -> None:
    """FB-09: feedback learns who is away. PAY-10, PAY-13: payments learns whom to ring and who must not decide. Nobody else learns either."""
    contacts = Contacts(
        phone="01632 960123",
        phone_changes=((datetime(2026, 11, 2, 9, tzinfo=UTC), "01632 960999"),),
        email_changed_at=datetime(2026, 11, 3, 9, tzinfo=UTC),
        added_by=ADDED_BY,
        email_entered_by=ENTERED_BY,
        introductions=((ENTERED_BY, datetime(2026, 11, 3, 9, tzinfo=UTC)),),
    )
    assert card(reader, replace(PERSON, contacts=contacts)) == NAMED | more


def test_not_03_notifications_learns_how_and_what_to_tell_but_no_address() -> None:
    assert card("notifications", PERSON) == {
        "version": 4,
        "name": "Addy",
        "roles": ["participant", "approver"],
        "told_apart_by": APART,
        "ruled_out": {"kinds": ["board"], "areas": ["March"], "times": ["evening"]},
        "area": "Ely",
        "channels": ["email"],
        "discreet": True,
        "format": "easy-read",
        "opted_out": ["thanks"],
        "paused": False,
        "reached_by_message": True,
    }


def test_a_person_goes_by_the_name_they_chose() -> None:
    assert display_name("Ada Byron", "Addy") == "Addy"
    assert display_name("Ada Byron", "") == "Ada Byron"


# Signing in


def asked(**changes: Any) -> CodeAsked:
    return CodeAsked(**{"expires_at": NOON + timedelta(minutes=10), "tries": 0, "used": False, "person_known": True, **changes})


RUN_OUT = "This code has run out. Ask for a new one."
WRONG = "That is not the code we sent. Check the newest email from us and try again."


def test_the_right_code_in_time_signs_in() -> None:
    assert reasons_not_to_sign_in(asked(), right=True, now=NOON) == []


@pytest.mark.parametrize(
    ("changes", "right", "text"),
    [
        ({}, False, WRONG),
        ({"tries": 4}, False, WRONG),
        ({"person_known": False}, False, WRONG),
        ({"person_known": False}, True, WRONG),
        ({"tries": 5}, True, RUN_OUT),
        ({"tries": 6}, True, RUN_OUT),
        ({"used": True}, True, RUN_OUT),
        ({"expires_at": NOON}, True, RUN_OUT),
        ({"expires_at": NOON - timedelta(seconds=1)}, False, RUN_OUT),
    ],
)
def test_a_code_is_refused_alike_whether_or_not_we_know_the_address(changes: dict[str, Any], right: bool, text: str) -> None:
    [reason] = reasons_not_to_sign_in(asked(**changes), right, NOON)
    assert (reason.rule, reason.text, reason.field) == ("SIGN-IN", text, "code")


def test_the_fifth_try_and_the_last_second_still_count() -> None:
    assert reasons_not_to_sign_in(asked(tries=4), right=True, now=NOON) == []
    assert reasons_not_to_sign_in(asked(expires_at=NOON + timedelta(microseconds=1)), right=True, now=NOON) == []


def test_a_code_lasts_ten_minutes_and_a_session_twelve_hours() -> None:
    assert code_runs_out_at(NOON) == NOON + timedelta(minutes=10)
    assert session_ends_at(NOON) == NOON + timedelta(hours=12)
    assert CODE_TRIES == 5
    assert JOINING_MINUTES == 60


def test_a_session_lasts_until_its_end_or_until_somebody_signs_out() -> None:
    assert session_lasts(NOON + timedelta(seconds=1), None, NOON)
    assert not session_lasts(NOON, None, NOON)
    assert not session_lasts(NOON + timedelta(hours=1), NOON, NOON)


def test_a_code_is_hashed_with_the_key_and_for_one_request_alone() -> None:
    hashed = hash_of_code(b"key", ID, "123456")
    assert hashed == hmac.digest(b"key", ID.bytes + b"123456", hashlib.sha256)
    assert hashed != hash_of_code(b"other", ID, "123456")
    assert hashed != hash_of_code(b"key", UUID(int=1), "123456")


@pytest.mark.parametrize("text", ["123456", "123 456", " 123-456 ", "1 2 3 4 5 6"])
def test_a_code_may_be_typed_with_spaces(text: str) -> None:
    assert typed_code(text) == "123456"


# Joining


def joiner(**changes: Any) -> Joiner:
    return Joiner(**{"name": "Ada", "email": "ada@example.org", "over_18": True, "area": "Ely", "agreed": True, **changes})


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
    assert texts(reasons_against_age(False)) == ["You need to be 18 or over to join here by yourself. Please ring us: there may be another way"]
    assert reasons_against_age(True) == []


ADDED: dict[str, Any] = {"name": "Ada", "phone": "", "area": "", "areas": AREAS, "over_18": True, "agreements_held": False, "agreed": True}


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
def test_peo_02_staff_add_someone_who_agreed_and_under_18_only_with_agreements(changes: dict[str, Any], expected: list[Any]) -> None:
    assert fields(reasons_not_to_add(**ADDED | changes)) == expected


def test_whoever_is_refused_is_told_what_to_do() -> None:
    assert texts(reasons_not_to_join(joiner(agreed=False), AREAS)) == ["Tick the box if you agree. We need this before you can join"]
    assert texts(reasons_not_to_add(**{**ADDED, "over_18": False, "agreed": False})) == [
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
    assert (reason.rule, reason.field, reason.text) == ("PEO-01", "email", "Write an email address like name@example.org")


def test_an_address_is_the_same_in_capitals() -> None:
    assert email_key(" Ada@Example.ORG ") == "ada@example.org"


@pytest.mark.parametrize("name", ["Zoë O’Hara-李", "x" * 100, "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627 Karimi", "Kim \U0001f469\u200d\U0001f4bb"])
def test_a_name_of_any_script_is_taken(name: str) -> None:
    assert reasons_against_name(name) == []


@pytest.mark.parametrize(
    ("name", "words"), [("x" * 101, "100 letters at most"), ("Ada\nByron", "in one line"), ("Ada\x00", "a sign in this"), ("", "Write a name")]
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


# Choices


def answered(question: str, answer: Any, has_email: bool = True) -> list[Any]:
    return fields(reasons_not_to_answer(question, answer, areas=AREAS, has_email=has_email))


@pytest.mark.parametrize(
    ("question", "good", "bad"),
    [
        ("name", "Ada", ""),
        ("known_as", "Addy", "x" * 101),
        ("phone", "07700 900123", "x"),
        ("area", "March", "Mars"),
        ("format", "easy-read", "braille"),
        ("channels", ["email", "in-app"], ["pigeon"]),
        ("opted_out", ["thanks", "reminders"], ["claim-paid"]),
        ("ruled_out_kinds", ["tender-panel"], ["tender-panel", "party"]),
        ("ruled_out_areas", ["Ely"], ["Mars"]),
        ("ruled_out_times", ["evening"], ["dawn"]),
        ("access_needs", ["hearing-loop", "other"], ["diagnosis"]),
        ("hopes_why", ["learn"], ["fame"]),
        ("hopes_how", ["group"], ["alone"]),
        ("hopes_time", "monthly", "daily"),
        ("hopes_paid", "not-sure", "double"),
        ("hopes_help", ["training"], ["magic"]),
    ],
)
def test_an_answer_is_one_of_those_offered(question: str, good: Any, bad: Any) -> None:
    assert answered(question, good) == []
    assert [field for _, field in answered(question, bad)] == [question]


@pytest.mark.parametrize(
    ("question", "nothing"),
    [
        ("known_as", ""),
        ("phone", ""),
        ("area", ""),
        ("opted_out", []),
        ("ruled_out_kinds", []),
        ("ruled_out_areas", []),
        ("ruled_out_times", []),
        ("access_needs", []),
        ("hopes_why", []),
        ("hopes_time", ""),
    ],
)
def test_not_03_a_blank_answer_is_fine_and_rules_out_nothing(question: str, nothing: Any) -> None:
    assert answered(question, nothing) == []


@pytest.mark.parametrize("question", ["discreet", "paused"])
def test_yes_and_no_can_always_be_kept(question: str) -> None:
    assert answered(question, True) == answered(question, False) == []


def test_what_is_offered_is_named_in_the_reason() -> None:
    [reason] = reasons_not_to_answer("ruled_out_areas", ["Mars"], areas=AREAS, has_email=True)
    assert (reason.rule, reason.text) == ("PEO-01", "Choose from: Ely, March")
    [reason] = reasons_not_to_answer("ruled_out_times", ["dawn"], areas=AREAS, has_email=True)
    assert reason.text == "Choose from: weekday-daytime, evening, weekend"


def test_not_01_everyone_hears_in_at_least_one_way_that_reaches_them() -> None:
    assert reasons_not_to_hear_by(["in-app"], has_email=False) == []
    assert reasons_not_to_hear_by(["email"], has_email=True) == []
    for channels, has_email, text in [
        ([], True, "Choose at least one way for us to tell you things"),
        (["pigeon"], True, "Choose from the list"),
        (["email", "in-app"], False, "We do not have an email address for you. Add one first, or choose another way"),
    ]:
        [reason] = reasons_not_to_hear_by(channels, has_email)
        assert (reason.rule, reason.field, reason.text) == ("NOT-01", "channels", text)
    assert answered("channels", ["email"], has_email=False) == [("NOT-01", "channels")]


def test_not_01_who_has_not_chosen_hears_by_what_we_have() -> None:
    assert channels_for(True) == ("email", "in-app")
    assert channels_for(False) == ("in-app",)


@pytest.mark.parametrize(
    ("roles", "has_email", "was_operator", "other_operators", "text"),
    [
        (["participant"], False, False, 0, None),
        (["coordinator", "participant"], True, False, 0, None),
        (["participant"], True, True, 1, None),
        (["operator"], True, True, 0, None),
        ([], True, False, 0, "Choose at least one role from the list"),
        (["boss"], True, False, 0, "Choose at least one role from the list"),
        (["participant", "boss"], True, False, 0, "Choose at least one role from the list"),
        (["coordinator"], False, False, 0, "Someone needs an email address to sign in as staff. Add it first"),
        (["participant", "finance"], False, False, 0, "Someone needs an email address to sign in as staff. Add it first"),
        (["participant"], True, True, 0, "This is the only operator. Make someone else an operator first"),
    ],
)
def test_roles_are_given_so_that_staff_can_sign_in_and_an_operator_stays(
    roles: list[str], has_email: bool, was_operator: bool, other_operators: int, text: str | None
) -> None:
    reasons = reasons_not_to_give_roles(roles, has_email=has_email, was_operator=was_operator, other_operators=other_operators)
    assert [(reason.rule, reason.field, reason.text) for reason in reasons] == ([("ROLES", "roles", text)] if text else [])


# Importing


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


@pytest.mark.parametrize(
    ("changes", "has_email", "expected"),
    [
        ({}, True, []),
        ({"email": None, "phone": "07700 900123", "channels": ["in-app"]}, False, []),
        ({"over_18": True}, True, []),
        ({"over_18": False}, True, [("PEO-03", "over_18")]),
        ({"email": "ada"}, True, [("PEO-01", "email")]),
        ({"email": None, "channels": ["in-app"]}, False, [("PEO-01", "email")]),
        ({"ruled_out_kinds": ["party"], "area": "Mars"}, True, [("PEO-01", "area"), ("PEO-01", "ruled_out_kinds")]),
        ({"roles": ["boss"]}, True, [("ROLES", "roles")]),
        ({"roles": ["participant", "approver"]}, True, []),
        ({"email": None, "phone": "07700 900123"}, False, [("NOT-01", "channels")]),
        ({"email": None, "phone": "07700 900123", "channels": ["in-app"], "roles": ["approver"]}, False, [("ROLES", "roles")]),
    ],
)
def test_an_imported_row_says_only_what_the_person_could_say(changes: dict[str, Any], has_email: bool, expected: list[Any]) -> None:
    assert fields(reasons_not_to_import(row(**changes), has_email=has_email, areas=AREAS)) == expected


def test_a_row_imported_twice_changes_nothing_even_if_the_person_changed_their_mind_in_between() -> None:
    imported = {"area": "Ely", "discreet": False}
    assert import_changes(imported, ["area"], imported, {"area": "March", "discreet": True}) == {}


def test_a_row_that_the_organisation_changed_changes_that_alone() -> None:
    last, held = {"area": "Ely", "discreet": False}, {"area": "Ely", "discreet": True}
    assert import_changes({"area": "March", "discreet": False}, ["area"], last, held) == {"area": "March"}
    assert import_changes({"area": "March", "discreet": False}, [], last, held) == {}


def test_a_row_that_says_what_we_hold_already_changes_nothing() -> None:
    assert import_changes({"area": "March"}, ["area"], {"area": "Ely"}, {"area": "March"}) == {}


def test_someone_never_imported_takes_what_differs_from_what_we_hold() -> None:
    row, held = {"area": "March", "phone": "", "discreet": False}, {"area": "Ely", "phone": "07700 900123", "discreet": False}
    assert import_changes(row, ["area", "discreet"], None, held) == {"area": "March"}


def test_roles_are_kept_once_each_and_in_one_order() -> None:
    assert roles_in_order(["finance", "participant", "boss", "finance", "alien"]) == ["participant", "finance", "alien", "boss"]


def test_peo_02_nobody_helps_themselves() -> None:
    assert reasons_not_to_help(ID, UUID(int=1), ["participant"]) == []
    assert fields(reasons_not_to_help(ID, ID, ["participant"])) == [("PEO-02", None)]
    assert texts(reasons_not_to_help(ID, ID, ["participant"])) == ["This is you. You can change your own details under My details"]


@pytest.mark.parametrize("roles", [["participant", "approver"], ["coordinator"], []])
def test_peo_02_nobody_steps_into_a_colleagues_shoes(roles: list[str]) -> None:
    reasons = reasons_not_to_help(ID, UUID(int=1), roles)
    assert fields(reasons) == [("PEO-02", None)]
    assert texts(reasons) == ["They work here. Only participants can be helped in this way"]


def test_peo_02_a_helper_adds_a_first_address_and_never_replaces_one() -> None:
    assert reasons_not_to_change_email("ada@example.org", has_email=False, helping=True) == []
    assert reasons_not_to_change_email("ada@example.org", has_email=True, helping=False) == []
    assert fields(reasons_not_to_change_email("ada", has_email=True, helping=False)) == [("PEO-01", "email")]
    reasons = reasons_not_to_change_email("ada@example.org", has_email=True, helping=True)
    assert fields(reasons) == [("PEO-02", "email")]
    assert texts(reasons) == ["Only they can change their email address, when they have signed in themselves"]


def test_every_choice_may_be_ticked_at_once() -> None:
    assert answered("ruled_out_areas", list(AREAS)) == []
    assert answered("access_needs", list(NEEDS)) == []
    assert reasons_not_to_give_roles(list(ROLES), has_email=True, was_operator=True, other_operators=0) == []


def test_a_card_has_the_name_where_no_other_was_chosen() -> None:
    assert card("payments", replace(PERSON, known_as=""))["name"] == "Ada Byron"


def test_peo_04_every_near_match_of_a_list_is_answered_first():
    assert matching.reasons_not_to_take_in(3, 3) == []
    assert [reason.text for reason in matching.reasons_not_to_take_in(3, 2)] == ["Answer the one left first"]
    assert [reason.text for reason in matching.reasons_not_to_take_in(3, 1)] == ["Answer all 2 left first"]


def test_peo_04_an_address_of_another_record_is_not_taken_from_it():
    reasons = reasons_not_to_change_email("ada@example.org", has_email=True, helping=False, of_another=True)
    assert [(reason.rule, reason.field) for reason in reasons] == [("PEO-04", "code")]
