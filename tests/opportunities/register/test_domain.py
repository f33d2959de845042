"""The rules of the register, one sentence each (OPP-11)."""

from datetime import UTC, datetime, timedelta

import pytest

from services.opportunities.register.domain import (
    minutes_taking_part,
    reasons_against_minutes,
    reasons_not_to_record_attendance,
    reasons_to_ask_about_minutes,
)
from shared.reasons import Reason

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def texts(reasons: list[Reason]) -> list[str]:
    return [reason.text for reason in reasons]


@pytest.mark.parametrize(
    ("minutes", "planned", "asks"),
    [(90, 90, False), (135, 90, False), (136, 90, True), (720, 90, True), (75, 45, False), (301, 240, True)],
)
def test_opp_11_minutes_far_above_the_plan_are_asked_about(minutes: int, planned: int, asks: bool):
    assert bool(reasons_to_ask_about_minutes(True, minutes, planned, None)) == asks
    assert (
        reasons_to_ask_about_minutes(True, minutes, planned, minutes)
        == reasons_to_ask_about_minutes(False, 0, planned, None)
        == []
    )


def test_opp_11_the_register_is_filled_in_once_the_session_has_started():
    early = [Reason("OPP-11", "This session has not started. Fill in the register when it has.")]
    assert reasons_not_to_record_attendance("published", NOW, NOW - timedelta(seconds=1)) == early
    for state in ("published", "finished", "closed"):
        assert reasons_not_to_record_attendance(state, NOW, NOW) == []
    draft = [Reason("OPP-11", "This is not published, so nobody can have been there.")]
    assert reasons_not_to_record_attendance("draft", NOW, NOW) == draft


def test_opp_11_minutes_are_possible_ones():
    assert reasons_against_minutes(False, 0, 90) == []
    assert reasons_against_minutes(True, 1, 90) == []
    assert reasons_against_minutes(True, 720, 90) == []
    assert reasons_against_minutes(True, 800, 800) == []
    none = Reason("OPP-11", "Write how many minutes they took part, from arriving to leaving.", "minutes")
    assert reasons_against_minutes(True, 0, 90) == [none]
    many = Reason("OPP-11", "Check the minutes: 720 is the most that can be recorded for one session.", "minutes")
    assert reasons_against_minutes(True, 721, 90) == [many]
    assert texts(reasons_against_minutes(True, 801, 800)) == [
        "Check the minutes: 800 is the most that can be recorded for one session."
    ]


def test_opp_11_who_leaves_in_distress_counts_the_planned_time():
    assert minutes_taking_part(True, 20, 90, False) == 20
    assert minutes_taking_part(True, 20, 90, True) == 90
    assert minutes_taking_part(True, 100, 90, True) == 100
    assert minutes_taking_part(False, 20, 90, True) == 0
