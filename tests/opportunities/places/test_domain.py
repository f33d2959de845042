"""The rules of places and needs, one sentence each."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.opportunities.places.domain.needs import is_unanswered_need, needs_asked, reasons_not_to_answer_need
from services.opportunities.places.domain.taking import (
    Fullness,
    answer_by,
    has_ended,
    number_to_offer,
    offers_that_lapse,
    place_for_newcomer,
    place_shown,
    reasons_not_to_accept,
    reasons_not_to_take_part,
)
from services.opportunities.words.domain import Policy
from shared.reasons import Reason

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


POLICY = Policy()


def test_opp_05_open_to_all_until_it_has_ended():
    later = NOW + timedelta(seconds=1)
    over = [Reason("OPP-05", "This has ended, so you cannot join it any more. There may be others that suit you.")]
    assert reasons_not_to_take_part("published", later, NOW) == []
    assert reasons_not_to_take_part("published", NOW, NOW) == over
    assert reasons_not_to_take_part("published", None, NOW) == over
    assert reasons_not_to_take_part("finished", later, NOW) == over
    assert reasons_not_to_take_part("closed", later, NOW) == over
    assert reasons_not_to_take_part("draft", later, NOW) == [Reason("OPP-05", "This is not open yet.")]


@pytest.mark.parametrize(
    ("full", "free"),
    [(Fullness(None, 9, 9, 9), None), (Fullness(5, 2, 1, 0), 2), (Fullness(3, 2, 1, 4), 0), (Fullness(2, 3, 0, 0), 0)],
)
def test_opp_05_free_is_what_nobody_holds_or_was_offered(full: Fullness, free: int | None):
    assert full.free == free


@pytest.mark.parametrize(
    ("full", "state"),
    [
        (Fullness(None, 100, 0, 0), "taken"),
        (Fullness(1, 0, 0, 0), "taken"),
        (Fullness(1, 1, 0, 0), "waiting"),
        (Fullness(1, 0, 1, 0), "waiting"),
        (Fullness(2, 1, 0, 1), "waiting"),
        (Fullness(3, 1, 0, 1), "taken"),
    ],
)
def test_opp_05_whoever_came_first_goes_first(full: Fullness, state: str):
    assert place_for_newcomer(full) == state


@pytest.mark.parametrize(
    ("full", "number"),
    [
        (Fullness(None, 3, 0, 2), 2),
        (Fullness(3, 2, 0, 5), 1),
        (Fullness(3, 1, 0, 1), 1),
        (Fullness(3, 1, 2, 5), 0),
        (Fullness(2, 0, 0, 0), 0),
    ],
)
def test_opp_05_as_many_are_offered_a_place_as_are_free(full: Fullness, number: int):
    assert number_to_offer(full) == number


def test_opp_05_the_time_to_answer_ends_when_the_session_starts():
    assert answer_by(NOW, NOW + timedelta(days=9), POLICY) == NOW + timedelta(days=3)
    assert answer_by(NOW, NOW + timedelta(days=2), POLICY) == NOW + timedelta(days=2)
    assert answer_by(NOW, NOW, POLICY) == NOW + timedelta(days=3)
    assert answer_by(NOW, NOW + timedelta(days=9), Policy(answer_days=5)) == NOW + timedelta(days=5)


def test_opp_05_offers_past_their_time_end_when_others_wait_the_earliest_first():
    late, later, open_one = ("a", NOW), ("b", NOW - timedelta(hours=1)), ("c", NOW + timedelta(seconds=1))
    assert offers_that_lapse([late, later, open_one], 5, NOW) == ["b", "a"]
    assert offers_that_lapse([late, later, open_one], 1, NOW) == ["b"]
    assert offers_that_lapse([late, later, open_one], 0, NOW) == []


def test_opp_05_a_place_is_accepted_while_it_is_offered():
    assert reasons_not_to_accept("offered") == []
    gone = "The time to answer is over, and the place went to the next person. You can join the waiting list again."
    assert reasons_not_to_accept("lapsed") == [Reason("OPP-05", gone)]
    for state in ("waiting", "taken", "left"):
        assert reasons_not_to_accept(state) == [Reason("OPP-05", "There is no offer to answer here.")]


@pytest.mark.parametrize(
    ("place", "then"),
    [
        ("taken", "over"),
        ("waiting", "missed"),
        ("offered", "missed"),
        ("requested", "missed"),
        ("lapsed", "missed"),
        ("left", "left"),
        ("refused", "refused"),
    ],
)
def test_opp_05_a_place_is_over_from_the_end_of_the_last_session(place: Any, then: str):
    assert place_shown(place, False, NOW + timedelta(microseconds=1), NOW) == place
    assert place_shown(place, False, NOW, NOW) == then
    assert place_shown(place, False, None, NOW) == place


@pytest.mark.parametrize("ends", [-1, 1])
def test_opp_05_a_place_at_something_cancelled_is_cancelled_before_and_after_its_end(ends: int):
    found = [
        place_shown(place, True, NOW + timedelta(days=ends), NOW)
        for place in ("taken", "waiting", "offered", "lapsed", "cancelled", "left")
    ]
    assert found == ["cancelled"] * 5 + ["left"]


def test_opp_05_what_is_over_has_nothing_left_to_leave():
    assert [has_ended(place) for place in ("over", "missed", "cancelled")] == [True] * 3
    assert not any(
        has_ended(place) for place in ("requested", "waiting", "offered", "taken", "left", "lapsed", "refused")
    )


def test_opp_07_what_is_asked_stands_in_the_order_of_the_form():
    assert needs_asked(["breaks", "easy-read"], "") == ["easy-read", "breaks"]
    assert needs_asked([], "  ") == []
    assert needs_asked(["breaks"], "Every hour") == ["breaks", "other"]
    assert needs_asked([], "A seat by the door") == ["other"]


def test_opp_07_a_need_is_promised_met_or_not_met_with_a_reason():
    assert reasons_not_to_answer_need("asked", "promised", "") == []
    assert reasons_not_to_answer_need("promised", "met", "") == []
    assert reasons_not_to_answer_need("asked", "not-met", "The lift is broken. We can meet downstairs.") == []
    unsaid = Reason("OPP-07", "Write why it could not be met. They will read it.", "reason")
    assert reasons_not_to_answer_need("asked", "not-met", " ") == [unsaid]
    for no_answer in ("asked", "withdrawn"):
        assert reasons_not_to_answer_need("asked", no_answer, "") == [
            Reason("OPP-07", "Choose promised, met or not met.", "answer")
        ]
    assert reasons_not_to_answer_need("withdrawn", "met", "") == [Reason("OPP-07", "They no longer ask for this.")]


def test_opp_07_an_unanswered_need_warns_from_a_week_before():
    week = timedelta(days=7)
    assert is_unanswered_need("asked", NOW + week, NOW, POLICY)
    assert not is_unanswered_need("asked", NOW + week + timedelta(seconds=1), NOW, POLICY)
    assert is_unanswered_need("asked", NOW + week + timedelta(days=1), NOW, Policy(needs_warning_days=8))
    assert not is_unanswered_need("asked", None, NOW, POLICY)
    for answered in ("promised", "met", "not-met", "withdrawn"):
        assert not is_unanswered_need(answered, NOW + timedelta(days=1), NOW, POLICY)
