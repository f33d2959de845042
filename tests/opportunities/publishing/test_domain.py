"""The rules of changing and cancelling (OPP-16, NOT-05)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.opportunities.ending.domain import EndingFacts, reasons_not_to_close, reasons_not_to_finish
from services.opportunities.places.domain.taking import reasons_not_to_take_part
from services.opportunities.publishing.domain import (
    place_after_cancelling,
    reasons_not_to_cancel,
    reasons_not_to_change,
    reasons_not_to_change_session,
)
from services.opportunities.register.domain import reasons_not_to_record_attendance
from services.opportunities.writing.domain.differences import SessionPlan, kinds_of, of_session, told_as

NOON = datetime(2026, 12, 3, 12, tzinfo=UTC)
LATER = NOON + timedelta(microseconds=1)


def said(reasons: list[Any]) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


def test_opp_16_what_is_published_may_be_changed_with_a_reason():
    assert reasons_not_to_change("published", LATER, {"title": "New"}, "Why", NOON) == []
    assert said(reasons_not_to_change("published", LATER, {}, " ", NOON)) == [("OPP-16", "reason")]
    assert said(reasons_not_to_change("published", LATER, {"title": " ", "result": ""}, "Why", NOON)) == [
        ("OPP-02", "title"),
        ("OPP-02", "result"),
    ]


def test_opp_02_who_to_ask_is_changed_only_to_somebody_whom_people_can_reach():
    for how, reasons in (("our coordinator", [("OPP-02", "contact_how")]), ("Ring 07700 900456.", [])):
        assert said(reasons_not_to_change("published", LATER, {"contact_how": how}, "Why", NOON)) == reasons


def test_opp_16_what_is_over_cancelled_or_a_draft_is_not_changed_here():
    assert said(reasons_not_to_change("published", NOON, {}, "", NOON)) == [("OPP-16", None)]
    texts = {}
    for state in ("draft", "cancelled", "finished", "closed"):
        (reason,) = reasons_not_to_change(state, LATER, {}, "Why", NOON)
        texts[state] = reason.text
    assert "draft" in texts["draft"]
    assert "cancelled" in texts["cancelled"]
    assert texts["finished"] == texts["closed"] == "This is over, so it stays as it is."


def test_opp_16_a_session_that_has_begun_stays_as_it_was():
    assert said(reasons_not_to_change_session(NOON, NOON)) == [("OPP-16", None)]
    assert reasons_not_to_change_session(LATER, NOON) == []


PLAN = SessionPlan(NOON, LATER, "The hall", "https://video.example/a")


@pytest.mark.parametrize(
    ("after", "changed"),
    [
        (PLAN, ()),
        (SessionPlan(LATER, LATER, PLAN.venue, PLAN.joining), ("time",)),
        (SessionPlan(NOON, NOON, PLAN.venue, PLAN.joining), ("time",)),
        (SessionPlan(NOON, LATER, "The library", PLAN.joining), ("place",)),
        (SessionPlan(NOON, LATER, PLAN.venue, "https://video.example/b"), ("joining",)),
        (SessionPlan(LATER, LATER, "The library", PLAN.joining), ("time", "place")),
    ],
)
def test_opp_16_another_time_and_another_place_are_told_apart(after: SessionPlan, changed: tuple[str, ...]):
    assert kinds_of(of_session(PLAN, after)) == changed


def test_opp_16_programs_that_know_four_kinds_of_change_are_told_of_no_other():
    assert told_as(["time", "joining", "how", "contact", "room"]) == ("time", "place", "contact", "purpose")


def test_opp_16_what_is_published_and_not_over_may_be_cancelled_with_a_reason():
    assert reasons_not_to_cancel("published", LATER, "The hall burnt down", NOON) == []
    assert said(reasons_not_to_cancel("published", LATER, "", NOON)) == [("OPP-16", "reason")]
    assert said(reasons_not_to_cancel("published", NOON, "Why", NOON)) == [("OPP-16", None)]
    assert said(reasons_not_to_cancel("finished", LATER, "Why", NOON)) == [("OPP-16", None)]
    (draft,) = reasons_not_to_cancel("draft", LATER, "Why", NOON)
    assert "never published" in draft.text


def test_opp_11_a_place_that_was_held_when_a_session_began_stays_for_its_register():
    assert place_after_cancelling("taken", True) == "taken"
    assert place_after_cancelling("taken", False) == "cancelled"
    for waits in ("waiting", "offered"):
        assert place_after_cancelling(waits, True) == place_after_cancelling(waits, False) == "cancelled"


def test_opp_16_a_session_cancelled_before_it_began_has_no_register_and_one_that_had_begun_keeps_it():
    def refused(cancelled_at: Any) -> list[tuple[str, str | None]]:
        return said(reasons_not_to_record_attendance("cancelled", NOON, NOON, cancelled_at))

    assert refused(NOON - timedelta(microseconds=1)) == [("OPP-16", None)]
    assert refused(NOON) == refused(LATER) == refused(None) == []


def test_opp_05_opp_12_what_was_cancelled_is_not_joined_finished_or_closed():
    facts = EndingFacts(0, 0, True, True, "Done", 0, (), 0)
    reasons = [
        *reasons_not_to_take_part("cancelled", LATER, NOON),
        *reasons_not_to_finish("cancelled"),
        *reasons_not_to_close("cancelled", facts),
    ]
    assert [reason.text.partition(",")[0].partition(".")[0] for reason in reasons] == ["This was cancelled"] * 3
