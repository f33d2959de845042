"""The rules of guests, one sentence each (NET-02)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from services.opportunities.places.domain import guests
from services.opportunities.words import domain
from services.opportunities.writing.domain import plain_english
from shared.events.listings import GuestAnswered, GuestNeed, GuestRequest
from shared.reasons import Reason

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)


def test_net_02_a_code_is_four_letters_that_nobody_mistakes_and_says_nothing():
    letters = iter("7F3K")
    seen = []

    def choose(among: str) -> str:
        seen.append(among)
        return next(letters)

    assert guests.new_code(choose) == "G-7F3K"
    assert seen == ["23456789ABCDEFGHJKMNPQRSTUVWXYZ"] * 4


def test_net_02_every_code_is_one_that_may_cross():
    for letter in guests.CODE_LETTERS:
        code = guests.new_code(lambda _, letter=letter: letter)
        assert GuestRequest(code=code, needs=(), duty_number="").code == code
    assert not set("01OIL") & set(guests.CODE_LETTERS)


def test_net_02_what_may_be_ticked_for_another_organisation_is_what_may_cross_and_words_stay_here():
    assert tuple(guests.GUEST_NEEDS) == get_args(GuestNeed)
    assert {need: name for need, name in domain.NEEDS.items() if need != "other"} == guests.GUEST_NEEDS
    assert guests.ticked_for_guest(["breaks", "other", "travel", "breaks", "unheard-of"]) == ["travel", "breaks"]


def test_net_02_nothing_crosses_without_an_agreement_to_the_text_as_it_is_now():
    assert guests.reasons_against_agreement(guests.AGREEMENT) == []
    assert guests.reasons_against_agreement("") == [
        Reason("NET-02", "Tick the box if you agree. Without it we send nothing.", "agreed")
    ]
    (other,) = guests.reasons_against_agreement("2020-01")
    assert (other.rule, other.field, other.text) == (
        "NET-02",
        "agreed",
        "Our words have changed. Please read them again, and tick the box if you agree.",
    )


def test_net_02_people_read_what_crosses_and_what_does_not():
    assert guests.AGREEMENT == "2026-11"
    text = "\n".join((*guests.CROSSES, "-", *guests.STAYS, "-", *guests.GOOD_TO_KNOW))
    assert text == (
        "A code that we make for this one time, like G-7F3K.\n"
        "What you tick here that you need.\n"
        "-\n"
        "Your name. In the room you may use any name you like, and nobody writes it down.\n"
        "Your phone number, your email and where you live.\n"
        "Anything in your own words.\n"
        "-\n"
        "Only the people there who run this can see your code and what you need. Nobody can read it on the way.\n"
        "All messages about this come from us, in the way that you chose.\n"
        "They tell us that you were there, and for how long. If it is paid, we pay you, as always.\n"
        "You can leave at any time. You need not say why."
    ), "another text is another version: change AGREEMENT too"


@pytest.mark.parametrize("state", [*guests.ACTIVE, "left", "lapsed", "refused", "cancelled"])
def test_opp_05_a_place_elsewhere_is_accepted_only_while_it_is_offered(state: Any):
    reasons = guests.reasons_not_to_accept_as_guest(state)
    if state == "offered":
        assert reasons == []
    elif state == "lapsed":
        assert reasons == [
            Reason("OPP-05", "The time to answer is over, and the place went to the next person. You can ask again.")
        ]
    else:
        assert reasons == [Reason("OPP-05", "There is no offer to answer here.")]


@pytest.mark.parametrize(
    ("state", "shared", "ends_at", "because"),
    [
        ("published", True, LATER, ""),
        ("published", True, NOW, "It is over."),
        ("published", True, None, "It is over."),
        ("finished", True, LATER, "It is over."),
        ("closed", False, LATER, "It is over."),
        ("cancelled", True, LATER, "It has been cancelled."),
        ("cancelled", False, NOW, "It has been cancelled."),
        ("published", False, LATER, "It is no longer open to other organisations."),
        ("published", False, NOW, "It is over."),
        ("draft", True, LATER, "We do not know this opportunity."),
        (None, False, None, "We do not know this opportunity."),
        (None, True, LATER, "We do not know this opportunity."),
    ],
)
def test_net_02_a_guest_who_can_have_no_place_reads_why(
    state: Any, shared: bool, ends_at: datetime | None, because: str
):
    assert guests.reason_to_refuse_guest(state, shared, ends_at, NOW) == because


def test_net_02_homes_are_told_each_state_of_a_place_but_the_cancelled_which_everyone_hears():
    answers = {state: guests.answer_of(state) for state in get_args(domain.PlaceState)}
    assert answers == {
        "waiting": "waiting",
        "offered": "offered",
        "taken": "taken",
        "left": "left",
        "lapsed": "lapsed",
        "cancelled": None,
    }
    assert {each for each in answers.values() if each} <= set(get_args(GuestAnswered.model_fields["state"].annotation))


def test_net_04_only_a_later_answer_is_news_and_none_after_leaving_or_a_cancellation():
    assert guests.is_news(2, 1, "requested")
    assert not guests.is_news(1, 1, "requested")
    assert not guests.is_news(1, 2, "taken")
    for state in ("left", "cancelled"):
        assert not guests.is_news(9, 1, state)
    for state in ("requested", "waiting", "offered", "taken", "lapsed", "refused"):
        assert guests.is_news(9, 1, state)


def test_net_02_an_answer_says_what_it_must():
    assert guests.reasons_against_answer("waiting", None, None) == ["position"]
    assert guests.reasons_against_answer("offered", None, None) == ["answer_by"]
    assert (
        guests.reasons_against_answer("waiting", 1, None) == guests.reasons_against_answer("offered", None, NOW) == []
    )
    for answer in ("taken", "lapsed", "left", "refused"):
        assert guests.reasons_against_answer(answer, None, None) == []


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ({"breaks": ("asked", "")}, False),
        ({"breaks": ("promised", "")}, True),
        ({"breaks": ("not-met", "No time.")}, True),
        ({"food": ("promised", "")}, False),
        ({"food": ("met", "")}, True),
        ({"travel": ("met", "")}, False),
        ({}, False),
        ({"travel": ("met", ""), "breaks": ("met", "")}, True),
    ],
)
def test_opp_07_people_hear_of_an_answer_that_is_new_to_a_need_of_theirs(after: dict[str, tuple[str, str]], told: bool):
    assert guests.answered_anew({"breaks": ("asked", ""), "food": ("promised", "")}, after) is told


def test_opp_07_a_need_that_waits_again_is_no_answer():
    assert not guests.answered_anew({"food": ("promised", "")}, {"food": ("asked", "")})


def test_the_texts_have_no_word_that_a_nine_year_old_does_not_know():
    text = " ".join((*guests.CROSSES, *guests.STAYS, *guests.GOOD_TO_KNOW))
    age = plain_english.reading_age(text)
    assert age and age <= plain_english.READING_AGE_GOAL
    assert not re.search(r"consent|data|anonym|encrypt|pseudonym", text, re.IGNORECASE)
