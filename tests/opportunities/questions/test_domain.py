"""The rules of questions, one sentence each (OPP-22)."""

from datetime import UTC, datetime, timedelta

import pytest

from services.opportunities.questions import domain

NOON = datetime(2026, 12, 4, 12, tzinfo=UTC)  # a Friday


@pytest.mark.parametrize(
    ("words", "reach", "who", "fields"),
    [
        ("Is there a lift?", "", True, []),
        ("Is there a lift?", "07700 900123", False, []),
        ("Is there a lift?", "amina@people.example", False, []),
        (" ", "07700 900123", False, ["words"]),
        ("", "ring me", False, ["words", "reach"]),
        ("Is there a lift?", "07700 900123, after five", False, []),
        ("Is there a lift?", "amina@people.example or 07700 900123", False, ["reach"]),
        ("Is there a lift?", "Amina <amina@people.example>", False, ["reach"]),
    ],
)
def test_opp_22_a_question_has_words_and_a_way_to_answer(words: str, reach: str, who: bool, fields: list[str]) -> None:
    assert [reason.field for reason in domain.reasons_not_to_ask_us(words, reach, signed_in=who)] == fields


def test_opp_22_finding_out_gives_a_later_day_until_there_is_an_answer() -> None:
    soon, later = NOON, NOON + timedelta(days=3)
    assert domain.reasons_not_to_say_finding_out(soon, later, answered=False) == []
    for due_at, then, answered in ((soon, later, True), (soon, soon, False), (later, soon, False)):
        [reason] = domain.reasons_not_to_say_finding_out(due_at, then, answered=answered)
        assert (reason.rule, "already" in reason.text) == ("OPP-22", True)


def test_opp_22_the_group_reads_what_its_asker_was_told() -> None:
    assert domain.reasons_not_to_tell_everybody(answered=True, is_note=False) == []
    assert len(domain.reasons_not_to_tell_everybody(answered=False, is_note=True)) == 1
    assert [each.field for each in domain.reasons_not_to_tell_everybody(answered=True, is_note=True)] == ["readers"]
    assert [each.field for each in domain.reasons_not_to_tell_everybody(answered=False, is_note=False)] == [None]


def test_opp_22_a_question_is_answered_in_three_working_days_and_in_time() -> None:
    assert domain.answer_question_by(NOON, []) == datetime(2026, 12, 9, 17, tzinfo=UTC)
    assert domain.answer_question_by(NOON, [NOON - timedelta(days=1), NOON + timedelta(hours=8)]) == NOON + timedelta(
        hours=4
    )


@pytest.mark.parametrize(
    ("asked", "starts", "by"),
    [
        ("2026-12-03 12:20", "2026-12-04 10:00", "2026-12-03 17:00"),  # half of it is in the night
        ("2026-12-03 16:30", "2026-12-05 10:00", "2026-12-04 13:15"),
        ("2026-12-03 16:30", "2026-12-04 14:00", "2026-12-04 10:00"),  # nobody is there in the evening
        ("2026-12-04 12:00", "2026-12-07 18:00", "2026-12-04 17:00"),  # nor on a Sunday
        ("2026-12-03 12:00", "2026-12-03 13:30", "2026-12-03 13:00"),
        ("2026-12-03 12:00", "2026-12-03 12:40", "2026-12-03 13:00"),  # nobody can answer sooner
        ("2026-12-03 09:05", "2026-12-03 09:12", "2026-12-03 10:05"),
        ("2026-12-04 20:00", "2026-12-05 10:00", "2026-12-07 10:00"),  # nobody is there before it
    ],
)
def test_opp_22_an_answer_is_promised_for_an_hour_when_somebody_is_there(asked: str, starts: str, by: str) -> None:
    now, first, due = (datetime.fromisoformat(f"{each}+00:00") for each in (asked, starts, by))
    assert domain.answer_question_by(now, [first]) == due
