"""The rules of ending well, one sentence each (OPP-12)."""

from dataclasses import replace
from typing import Any

import pytest

from services.opportunities.ending.domain import (
    EndingFacts,
    is_settled,
    missing_before_close,
    reasons_not_to_close,
    reasons_not_to_finish,
)
from shared.reasons import Reason

DONE = EndingFacts(
    sessions_to_come=0,
    sessions_without_register=0,
    thanked=True,
    asked_to_stay=True,
    outcome="The new service opens in May.",
    attended_without_claim=0,
    claims=("paid", "refused", "declined"),
    feedback_waiting=0,
)


def test_opp_12_nothing_is_missing_when_all_is_done():
    assert missing_before_close(DONE) == []
    assert reasons_not_to_close("published", DONE) == []


@pytest.mark.parametrize(
    ("lacking", "text", "field"),
    [
        ({"sessions_to_come": 1}, "1 session is still to come.", "sessions"),
        ({"sessions_to_come": 2}, "2 sessions are still to come.", "sessions"),
        ({"sessions_without_register": 1}, "1 session has no register yet.", "sessions"),
        ({"sessions_without_register": 3}, "3 sessions have no register yet.", "sessions"),
        ({"thanked": False}, "Thank the people who took part.", "thanked"),
        ({"claims": ("paid", "open")}, "1 claim is not settled yet.", "claims"),
        ({"claims": ("open", "open"), "attended_without_claim": 1}, "3 claims are not settled yet.", "claims"),
        ({"outcome": " "}, "Write what came of it.", "outcome"),
        ({"asked_to_stay": False}, "Ask people whether they want to stay involved.", "asked"),
        ({"feedback_waiting": 1}, "1 piece of feedback is waiting for an answer.", "feedback"),
        ({"feedback_waiting": 2}, "2 pieces of feedback are waiting for an answer.", "feedback"),
    ],
)
def test_opp_12_what_is_missing_is_listed_and_blocks_until_it_is_finished(
    lacking: dict[str, Any], text: str, field: str
):
    facts = replace(DONE, **lacking)
    assert missing_before_close(facts) == [Reason("OPP-12", text, field)]
    assert reasons_not_to_close("published", facts) == [Reason("OPP-12", text, field)]
    assert reasons_not_to_close("finished", facts) == (
        [Reason("OPP-12", text, field)] if facts.sessions_to_come else []
    )


def test_opp_12_a_claim_is_settled_when_paid_refused_or_declined():
    assert [is_settled(claim) for claim in ("paid", "refused", "declined", "open")] == [True, True, True, False]


def test_opp_12_closed_once_and_only_after_it_was_published():
    assert reasons_not_to_close("closed", DONE) == [Reason("OPP-12", "This is closed already.")]
    assert reasons_not_to_close("draft", DONE) == [
        Reason("OPP-12", "This was never published, so there is nothing to close.")
    ]


def test_opp_12_staff_may_mark_it_finished_at_any_time():
    assert reasons_not_to_finish("published") == []
    assert reasons_not_to_finish("draft") == [
        Reason("OPP-12", "This was never published, so there is nothing to finish.")
    ]
    for state in ("finished", "closed"):
        assert reasons_not_to_finish(state) == [Reason("OPP-12", "This is finished already.")]
