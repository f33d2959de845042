"""The rules of the board, as sentences. No database, no clock."""

import pytest

from services.feedback.domain.board import reasons_not_to_publish, shown_on_board
from services.feedback.domain.ending import reasons_not_to_call_theme
from services.feedback.domain.facts import ENDINGS, LONGEST_NAME
from shared.reasons import Reason

# The board


@pytest.mark.parametrize("ending", [None, *ENDINGS])
@pytest.mark.parametrize("may_show", [True, False])
@pytest.mark.parametrize("wording_checked", [True, False])
def test_fb_06_the_board_shows_answers_with_consent_in_a_checked_wording(ending, may_show, wording_checked):
    shown = ending in ("used", "not-used", "thanked") and may_show and wording_checked
    assert shown_on_board(ending, may_show=may_show, wording_checked=wording_checked) is shown


def publishing(
    said="The room was too warm.",
    text="We bought a fan.",
    headings=("Willow House",),
    checked=True,
    anyone_agreed=True,
    names=(),
):
    return reasons_not_to_publish(
        said, text, headings=headings, checked=checked, anyone_agreed=anyone_agreed, names=names
    )


def test_fb_06_a_checked_wording_goes_on_the_board():
    assert publishing() == []
    assert publishing("x" * 3000) == []


def test_fb_06_nothing_goes_on_the_board_without_consent():
    assert publishing(said="", anyone_agreed=False) == [
        Reason(
            "FB-06", "Nobody who said this has agreed to it being shown. Leave the wording for the board empty.", "said"
        )
    ]


def test_fb_06_a_wording_is_there_short_enough_and_confirmed_by_staff():
    assert publishing(said=" ") == [Reason("FB-06", "Write what people told us, for the board.", "said")]
    assert publishing("x" * 3001) == [Reason("FB-06", "Use 3,000 characters or fewer.", "said")]
    assert publishing(checked=False) == [
        Reason(
            "FB-06", "Confirm that you have read the wording and that it shows nothing about who someone is.", "checked"
        )
    ]


def test_fb_06_personal_details_are_named_by_the_field_they_stand_in():
    assert publishing("Ring 07700 900123", "Thank you, Ffion", names=["Ffion Amlwch"]) == [
        Reason("FB-06", "Take out the phone number. The board shows nothing about who someone is.", "said"),
        Reason("FB-06", "Take out the person's name. The board shows nothing about who someone is.", "text"),
    ]


def test_fb_06_several_personal_details_are_named_together():
    assert publishing("Ring 07700 900123, AB1 2CD") == [
        Reason(
            "FB-06", "Take out the phone number and the postcode. The board shows nothing about who someone is.", "said"
        )
    ]


def test_fb_06_the_heading_that_a_giver_wrote_shows_nobody_either():
    assert publishing(headings=["Willow House", "Kai at the clinic"], names=["Kai Oduya"]) == [
        Reason(
            "FB-06",
            "The name of what this is about shows who someone is. Open the feedback and correct the name first.",
            "said",
        )
    ]


def test_fb_05_a_theme_has_a_short_name():
    assert reasons_not_to_call_theme("x" * LONGEST_NAME) == []
    assert [reason.field for reason in reasons_not_to_call_theme("x" * (LONGEST_NAME + 1))] == ["theme"]
