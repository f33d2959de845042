"""The words of opportunities."""

from services.opportunities.words.domain import KINDS, MODES, NEEDS, Policy


def test_opp_01_the_kinds_have_a_word_for_events_and_one_for_pages():
    assert " ".join(KINDS) == (
        "consultation evaluation feedback review workshop tender-panel interview-panel blog story "
        "training-received training-delivered meeting survey board innovation project"
    )
    assert all(name[0].isupper() for name in KINDS.values()) and len(set(KINDS.values())) == 16
    assert list(MODES) == ["in-person", "online", "both"]


def test_the_organisation_decides_14_days_notice_3_to_answer_and_a_week_for_needs_unless_it_says_otherwise():
    assert Policy() == Policy(notice_days=14, answer_days=3, needs_warning_days=7)


def test_opp_07_needs_are_needs_and_no_diagnoses():
    known = (
        "travel easy-read large-print interpreter hearing-loop step-free quiet-space supporter breaks food "
        "papers-beforehand technology other"
    )
    assert " ".join(NEEDS) == known
