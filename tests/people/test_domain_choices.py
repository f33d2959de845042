"""The rules of what people choose and of roles, without a database."""

from typing import Any

import pytest

from services.people.domain.choices import USUAL_NEEDS, channels_for, reasons_not_to_answer, reasons_not_to_hear_by
from services.people.domain.roles import ROLES, reasons_not_to_give_roles

AREAS = ("Ely", "March")


def fields(reasons: list[Any]) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


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
        ("access_needs", ["hearing-loop", "breaks"], ["hearing-loop", "other"]),
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
        (
            ["participant", "finance"],
            False,
            False,
            0,
            "Someone needs an email address to sign in as staff. Add it first",
        ),
        (["participant"], True, True, 0, "This is the only operator. Make someone else an operator first"),
    ],
)
def test_roles_are_given_so_that_staff_can_sign_in_and_an_operator_stays(
    roles: list[str], has_email: bool, was_operator: bool, other_operators: int, text: str | None
) -> None:
    reasons = reasons_not_to_give_roles(
        roles, has_email=has_email, was_operator=was_operator, other_operators=other_operators
    )
    assert [(reason.rule, reason.field, reason.text) for reason in reasons] == (
        [("ROLES", "roles", text)] if text else []
    )


def test_every_choice_may_be_ticked_at_once() -> None:
    assert answered("ruled_out_areas", list(AREAS)) == []
    assert answered("access_needs", list(USUAL_NEEDS)) == []
    assert reasons_not_to_give_roles(list(ROLES), has_email=True, was_operator=True, other_operators=0) == []
