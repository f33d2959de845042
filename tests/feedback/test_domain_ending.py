"""The rules of the clock, of how feedback ends and of what its giver may do, as sentences. No database, no clock."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.feedback.domain.ending import (
    reasons_not_to_answer,
    reasons_not_to_call_spam,
    reasons_not_to_join,
    reasons_not_to_pass_on,
    reasons_not_to_say_it_does_not_answer,
    reasons_not_to_take_past,
    reasons_not_to_withdraw,
    speaks_for_joined,
)
from services.feedback.domain.facts import ENDINGS, Item
from services.feedback.domain.giving import due_on, is_overdue, waiting_for_whom
from shared.reasons import Reason

ITEM, OTHER = UUID(int=1), UUID(int=2)


GIVER, COORDINATOR, REVIEWER = UUID(int=11), UUID(int=12), UUID(int=13)


def waiting(**facts) -> Item:
    values: dict[str, Any] = {"id": ITEM, "waiting_for": "us", "giver_id": GIVER, **facts}
    return Item(**values)


def rules(reasons: list[Reason]) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


def answering(items, ending="used", text="We moved the meeting.", by=COORDINATOR, roles=("coordinator",)):
    return reasons_not_to_answer(items, ending, text, by=by, roles=roles, reviewer_role="approver")


# The clock


def test_fb_03_the_clock_runs_for_the_days_that_were_set():
    assert due_on(date(2026, 11, 1), 28) == date(2026, 11, 29)


def test_fb_03_it_is_overdue_from_the_day_after_the_last_one():
    assert not is_overdue(date(2026, 11, 29), date(2026, 11, 29))
    assert is_overdue(date(2026, 11, 29), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("waiting_for", "name", "shown"),
    [
        ("us", "", "us"),
        ("us", "Willow House", "us"),
        ("provider", "Willow House", "Willow House"),
        ("provider", "", "the service"),
        ("funder", "", "those who fund the service"),
    ],
)
def test_fb_02_it_shows_whom_it_is_waiting_for(waiting_for, name, shown):
    assert waiting_for_whom(waiting_for, name, reviewer=None) == shown


def test_fb_07_a_reopened_item_waits_for_the_named_reviewer():
    assert (
        waiting_for_whom("provider", "Willow House", reviewer="approver") == "our approver, who is looking at it again"
    )


# Ending


@pytest.mark.parametrize("ending", ["used", "not-used", "thanked"])
def test_fb_02_a_waiting_item_can_be_answered(ending):
    assert answering([waiting()], ending) == []


@pytest.mark.parametrize("ending", ["joined", "withdrawn", "spam", "safeguarding", "deleted", ""])
def test_fb_02_an_answer_is_we_did_or_we_did_not_or_thanks(ending):
    assert answering([waiting()], ending) == [
        Reason("FB-02", "Choose how you answer: we did, we did not, or thank you.", "ending")
    ]


@pytest.mark.parametrize(
    ("ending", "wanted"),
    [
        ("used", "Write what changed."),
        ("not-used", "Write why we did not do it."),
        ("thanked", "Write a few words of thanks."),
    ],
)
def test_fb_02_an_answer_says_what_changed_or_why_not(ending, wanted):
    assert answering([waiting()], ending, " ") == [Reason("FB-02", wanted, "text")]


def test_fb_02_an_answer_has_at_most_3000_characters():
    assert answering([waiting()], text="x" * 3000) == []
    assert answering([waiting()], text="x" * 3001) == [Reason("FB-02", "Use 3,000 characters or fewer.", "text")]


def test_fb_05_one_answer_closes_many_items_of_the_same_answerer():
    assert answering([waiting(), waiting(id=OTHER, giver_id=None)]) == []
    assert answering([waiting(), waiting(id=OTHER, waiting_for="provider")]) == [
        Reason(
            "FB-05",
            "One answer can only close feedback that waits for the same people. Answer the others apart.",
            "items",
        )
    ]


def test_fb_05_an_answer_closes_at_least_one_item():
    assert answering([]) == [Reason("FB-05", "Choose at least one piece of feedback to answer.", "items")]


@pytest.mark.parametrize("ending", ENDINGS)
def test_fb_02_what_has_ended_is_not_answered_again(ending):
    reasons = answering([waiting(), waiting(id=OTHER, ending=ending)])
    assert reasons == [
        Reason("FB-02", "Someone has already answered or ended this. Look at it again before you do more.")
    ]


def test_fb_02_nobody_answers_their_own_feedback():
    assert answering([waiting(), waiting(giver_id=COORDINATOR)]) == [
        Reason("FB-02", "You gave this feedback yourself. Someone else must answer it.")
    ]


def test_fb_07_the_reviewer_role_answers_what_was_reopened():
    assert answering([waiting(reopened=True)]) == [
        Reason("FB-07", "The giver said that our answer did not answer it. Our reviewer must look at it now.")
    ]
    assert answering([waiting(reopened=True)], by=REVIEWER, roles=("approver",)) == []


def test_fb_07_who_wrote_the_first_answer_does_not_write_the_second():
    item = waiting(reopened=True, answered_by=frozenset({REVIEWER}))
    assert answering([item], by=REVIEWER, roles=("approver",)) == [
        Reason("FB-07", "You wrote the first answer. Another reviewer must look at it now.")
    ]
    assert answering([waiting(answered_by=frozenset({COORDINATOR}))]) == []


def test_fb_05_the_same_reason_is_given_once():
    assert rules(answering([waiting(reopened=True), waiting(id=OTHER, reopened=True)])) == [("FB-07", None)]


def joining(item, target, by=COORDINATOR):
    return reasons_not_to_join(item, target, by=by)


@pytest.mark.parametrize("ending", [None, "used", "not-used", "thanked"])
def test_fb_02_an_item_joins_one_that_has_or_gets_an_answer(ending):
    assert joining(waiting(), waiting(id=OTHER, ending=ending)) == []


@pytest.mark.parametrize(
    "target",
    [
        None,
        waiting(),
        *(waiting(id=OTHER, ending=ending) for ending in ("joined", "withdrawn", "spam", "safeguarding")),
    ],
)
def test_fb_02_an_item_does_not_join_itself_nor_one_without_answer(target):
    assert joining(waiting(), target) == [
        Reason("FB-02", "Choose another piece of feedback that has an answer or waits for one.", "target")
    ]


def test_fb_02_only_a_waiting_item_of_someone_else_is_joined():
    other = waiting(id=OTHER)
    assert joining(waiting(ending="used"), other) == [
        Reason("FB-02", "This has already ended. Look at it again before you do more.")
    ]
    assert joining(waiting(), other, by=GIVER) == [
        Reason("FB-02", "You gave this feedback yourself. Someone else must deal with it.")
    ]
    assert joining(waiting(reopened=True), other) == [
        Reason("FB-07", "Its giver asked for another look. Our reviewer must answer it by itself.")
    ]


def spam(item, reason="It sells watches.", by=COORDINATOR):
    return reasons_not_to_call_spam(item, reason, by=by)


def test_fb_02_spam_needs_a_reason():
    assert spam(waiting()) == []
    assert spam(waiting(), "x" * 3000) == []
    assert spam(waiting(), "x" * 3001) == [Reason("FB-02", "Use 3,000 characters or fewer.", "reason")]
    assert spam(waiting(), " ") == [
        Reason("FB-02", "Write why this is spam. The person who sent it can read what you write.", "reason")
    ]


def test_fb_02_only_a_waiting_item_of_someone_else_is_spam():
    assert spam(waiting(ending="used")) == [
        Reason("FB-02", "This has already ended. Look at it again before you do more.")
    ]
    assert spam(waiting(), by=GIVER) == [
        Reason("FB-02", "You gave this feedback yourself. Someone else must deal with it.")
    ]
    assert spam(waiting(reopened=True)) == [
        Reason("FB-07", "Its giver asked for another look. Our reviewer must answer it.")
    ]


@pytest.mark.parametrize(("to", "name"), [("us", ""), ("provider", "Willow House"), ("funder", "x" * 120)])
def test_fb_02_someone_else_can_be_named_as_the_one_who_must_answer(to, name):
    assert reasons_not_to_pass_on(waiting(), to, name) == []


def test_fb_02_passing_on_says_what_is_missing():
    assert reasons_not_to_pass_on(waiting(), "nobody", "x") == [Reason("FB-02", "Choose who must answer this.", "to")]
    assert reasons_not_to_pass_on(waiting(), "funder", " ") == [
        Reason("FB-02", "Enter the name of the service, or of those who fund it.", "name")
    ]
    assert reasons_not_to_pass_on(waiting(), "provider", "x" * 121) == [
        Reason("FB-02", "Use 120 characters or fewer for the name.", "name")
    ]
    assert reasons_not_to_pass_on(waiting(ending="spam"), "us", "") == [
        Reason("FB-02", "This has already ended. Look at it again before you do more.")
    ]
    assert reasons_not_to_pass_on(waiting(reopened=True), "us", "") == [
        Reason("FB-07", "Its giver asked for another look. It waits for our reviewer.")
    ]


@pytest.mark.parametrize(
    ("ending", "answered"), [(ending, ending in ("used", "not-used", "thanked")) for ending in ENDINGS]
)
def test_fb_02_what_was_joined_waits_again_if_the_other_ends_without_an_answer(ending, answered):
    assert speaks_for_joined(ending) is answered


# The giver


def test_fb_02_a_giver_takes_back_what_is_waiting():
    assert reasons_not_to_withdraw(waiting()) == []
    assert reasons_not_to_withdraw(waiting(reopened=True)) == []
    assert reasons_not_to_withdraw(waiting(ending="withdrawn")) == [
        Reason("FB-02", "You have already taken this back.")
    ]
    assert reasons_not_to_withdraw(waiting(ending="used")) == [
        Reason("FB-02", "This has already ended. You can still take it off our board.")
    ]


@pytest.mark.parametrize("ending", ["used", "not-used", "thanked", "joined", "spam"])
def test_fb_07_a_giver_says_once_that_it_does_not_answer_it(ending):
    assert reasons_not_to_say_it_does_not_answer(waiting(ending=ending)) == []
    assert reasons_not_to_say_it_does_not_answer(waiting(ending=ending, reopened=True)) == [
        Reason("FB-07", "You have asked us once to look again. You can always send new feedback.")
    ]


@pytest.mark.parametrize("ending", [None, "withdrawn", "safeguarding"])
def test_fb_07_without_an_answer_there_is_nothing_to_look_at_again(ending):
    assert reasons_not_to_say_it_does_not_answer(waiting(ending=ending)) == [
        Reason("FB-07", "There is no answer to this yet.")
    ]


# Past feedback


def past(
    received: str = "2026-03-01",
    ending: str | None = "used",
    answer: str = "We moved it.",
    answered: str | None = "2026-03-08",
):
    answered_on = date.fromisoformat(answered) if answered else None
    return reasons_not_to_take_past(date.fromisoformat(received), ending, answer, answered_on, today=date(2026, 3, 10))


def test_fb_02_past_feedback_is_taken_with_its_answer_or_without_one():
    assert past() == []
    assert past(ending=None, answer="", answered=None) == []
    assert past(received="2026-03-10", answered="2026-03-10") == []
    assert past(received="2026-03-08", answered="2026-03-08") == []


def test_fb_02_past_feedback_says_what_is_wrong_in_its_column():
    assert past(received="2026-03-11", ending=None, answer="", answered=None) == [
        Reason("FB-02", "This day has not come yet.", "received_on")
    ]
    lone = [Reason("FB-02", "There is an answer but no ending. Write used, not-used or thanked.", "ending")]
    assert past(ending=None, answered=None) == lone
    assert past(ending=None, answer="") == lone
    assert past(answer=" ") == [Reason("FB-02", "Write what changed.", "answer")]
    assert rules(past(received="2026-03-11", answered="2026-03-11")) == [
        ("FB-02", "received_on"),
        ("FB-02", "answered_on"),
    ]
    assert rules(past(ending="joined")) == [("FB-02", "ending")]
    assert past(answered=None) == [Reason("FB-02", "Write the day of the answer.", "answered_on")]
    wrong_day = [
        Reason("FB-02", "The day of the answer lies between the day it was received and today.", "answered_on")
    ]
    assert past(answered="2026-02-28") == wrong_day
    assert past(answered="2026-03-11") == wrong_day
