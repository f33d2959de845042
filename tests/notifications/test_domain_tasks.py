"""The rules of tasks, by their ids."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.notifications.domain.feedback import happening_of_receiving
from services.notifications.domain.rights import answer_rights_by
from services.notifications.domain.statements import happening_of_answer_to_us, happening_of_our_answer
from services.notifications.domain.task_rules import TASKS
from services.notifications.domain.tasks import (
    Addressee,
    Task,
    addressee_of_feedback,
    in_order_of_clock,
    is_due_soon,
    is_late,
    is_theirs,
    task_is_open,
    tasks_ended_by_cancellation,
    tasks_opened_by,
    tasks_settled_by,
)
from services.notifications.gateways import task_lines

PERSON = UUID(int=1)
OTHER = UUID(int=2)


NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)


# --- PEO-05 ---


@pytest.mark.parametrize(
    ("happening", "opens", "settles"),
    [
        ("place-offered", ["answer-offer"], []),
        ("place-taken", [], ["answer-offer"]),
        ("place-left", [], ["answer-offer"]),
        ("place-lapsed", [], ["answer-offer"]),
        ("place-refused", [], ["answer-offer"]),
        ("place-queued", [], []),
        ("statement-differs", ["look-at-statement"], []),
        ("statement-agreed", [], ["look-at-statement"]),
        ("payments-perhaps-gone", ["look-for-payments"], []),
        ("payments-settled", [], ["look-for-payments"]),
        ("claim-to-pay", ["pay-claim"], []),
        ("claim-in-run", [], ["pay-claim"]),
        ("details-wait", ["confirm-details"], []),
        ("details-done", [], ["confirm-details"]),
        ("person-waits", ["confirm-person"], []),
        ("person-done", [], ["confirm-person"]),
        ("statement-to-pay", ["pay-statement"], []),
        ("statement-not-to-pay", [], ["pay-statement"]),
        ("feedback-with-host", [], ["answer-feedback", "review-feedback", "release-words", "agree-words"]),
        ("feedback-reopened", ["review-feedback"], ["answer-feedback", "release-words", "agree-words"]),
        ("feedback-to-release", ["release-words"], ["answer-feedback", "review-feedback", "agree-words"]),
        ("feedback-to-agree", ["answer-feedback"], ["review-feedback", "release-words"]),
        ("feedback-to-agree-for-its-giver", ["agree-words"], []),
        ("claim-opened", ["confirm-claim"], []),
        ("claim-opened-for-receipt", ["send-receipt"], []),
        ("claim-submitted", ["approve-claim"], ["confirm-claim", "send-receipt", "check-payment-details"]),
        ("claim-approved", ["pay-claim"], ["confirm-claim", "send-receipt", "check-payment-details", "approve-claim"]),
        ("claim-returned", ["check-payment-details"], ["approve-claim", "pay-claim", "chase-claim"]),
        ("claim-part-paid", [], ["check-payment-details", "pay-claim"]),
        ("claim-withdrawn", ["approve-claim"], ["check-payment-details", "pay-claim", "chase-claim"]),
        ("claim-withdrawn-in-part", [], ["check-payment-details", "pay-claim"]),
        (
            "claim-withdrawn-rest-paid",
            [],
            ["confirm-claim", "send-receipt", "check-payment-details", "approve-claim", "pay-claim", "chase-claim"],
        ),
        ("sending-waits", ["send-run"], ["take-run-back"]),
        ("nothing-leaves", ["take-run-back"], ["send-run"]),
        ("sending-done", [], ["send-run", "take-run-back"]),
        ("claim-late", ["chase-claim"], []),
        ("claim-held", [], ["chase-claim"]),
        (
            "claim-paid",
            [],
            ["confirm-claim", "send-receipt", "check-payment-details", "approve-claim", "pay-claim", "chase-claim"],
        ),
        (
            "claim-refused",
            [],
            ["confirm-claim", "send-receipt", "check-payment-details", "approve-claim", "pay-claim", "chase-claim"],
        ),
        (
            "claim-declined",
            [],
            ["confirm-claim", "send-receipt", "check-payment-details", "approve-claim", "pay-claim", "chase-claim"],
        ),
        ("feedback-received", ["answer-feedback"], ["review-feedback", "release-words", "agree-words"]),
        ("feedback-closed", [], ["answer-feedback", "review-feedback", "release-words", "agree-words"]),
        ("concern-raised", ["see-concern"], ["end-concern", "name-another-lead"]),
        ("concern-overdue", ["see-concern"], ["end-concern", "name-another-lead"]),
        ("concern-overdue-for-the-deputy", ["take-over-concern"], []),
        ("concern-not-for-the-deputy", [], ["take-over-concern"]),
        ("concern-taken", ["end-concern"], ["see-concern", "take-over-concern", "name-another-lead"]),
        ("concern-settled", [], ["see-concern", "take-over-concern", "end-concern", "name-another-lead"]),
        ("concern-of-nobody", ["name-another-lead"], ["see-concern", "take-over-concern", "end-concern"]),
        ("safeguarding-leads-missing", ["name-safeguarding-leads"], []),
        ("safeguarding-leads-present", [], ["name-safeguarding-leads"]),
        ("opportunity-created", [], []),
    ],
)
def test_peo_05_each_event_opens_and_settles_its_tasks(happening: str, opens: list[str], settles: list[str]):
    assert tasks_opened_by(happening) == opens
    assert tasks_settled_by(happening) == settles


@pytest.mark.parametrize(
    ("kind", "audience"),
    [
        ("answer-offer", None),
        ("confirm-claim", None),
        ("check-payment-details", None),
        ("approve-claim", "approver"),
        ("pay-claim", "finance"),
        ("answer-feedback", "coordinator"),
        ("review-feedback", "approver"),
        ("release-words", "coordinator"),
        ("agree-words", None),
        ("see-concern", None),
        ("take-over-concern", None),
        ("end-concern", None),
        ("name-safeguarding-leads", "administrator"),
        ("look-at-statement", "finance"),
        ("look-for-payments", "finance"),
        ("confirm-details", "finance"),
        ("confirm-person", "finance"),
        ("pay-statement", "finance"),
        ("confirm-roles", "administrator"),
    ],
)
def test_peo_05_each_task_is_for_one_person_or_one_role(kind: str, audience: str | None):
    assert TASKS[kind].audience == audience


def test_peo_05_nobody_is_late_with_getting_ready_for_what_has_begun():
    task = Task(uuid4(), "session-soon", uuid4(), Addressee(role="coordinator"), NOW, due_at=NOW)
    assert is_theirs(task, uuid4(), ["coordinator"], NOW - timedelta(minutes=1))
    assert not is_theirs(task, uuid4(), ["coordinator"], NOW)


def test_peo_05_a_cancelled_opportunity_ends_what_prepares_for_it_but_not_its_register_or_bookings():
    ended = tasks_ended_by_cancellation()
    assert {"answer-offer", "answer-needs", "session-soon"} <= set(ended)
    assert not {"fill-in-register", "cancel-bookings", "send-claim"} & set(ended)


@pytest.mark.parametrize(
    ("state", "happening"),
    [("differs", "statement-differs"), ("agreed", "statement-agreed"), ("settled", "statement-agreed")],
)
def test_net_03_a_difference_waits_for_finance_until_the_host_counts_as_we_do(state: str, happening: str):
    assert happening_of_answer_to_us(state) == happening


@pytest.mark.parametrize(
    ("state", "pence", "happening"),
    [
        ("agreed", 1, "statement-to-pay"),
        ("agreed", 0, "statement-not-to-pay"),
        ("differs", 500, "statement-not-to-pay"),
        ("settled", 500, "statement-not-to-pay"),
    ],
)
def test_net_03_what_we_agreed_to_owe_waits_to_be_paid(state: str, pence: int, happening: str):
    assert happening_of_our_answer(state, total_pence=pence) == happening


@pytest.mark.parametrize(
    ("waiting_for", "host", "happening"),
    [
        ("provider", "sun", "feedback-with-host"),
        ("us", "sun", "feedback-received"),
        ("provider", "", "feedback-received"),
        ("funder", "sun", "feedback-received"),
    ],
)
def test_fb_02_what_the_host_was_asked_to_answer_needs_nobody_here(waiting_for: str, host: str, happening: str):
    assert happening_of_receiving(waiting_for, host) == happening


@pytest.mark.parametrize(
    ("opened", "settled", "is_open"),
    [
        (1, None, True),
        (None, 2, False),
        (None, None, False),
        (1, 2, False),
        (2, 2, False),
        (3, 2, True),
        (0, None, True),
    ],
)
def test_peo_05_the_later_change_decides_whatever_order_events_came_in(
    opened: int | None, settled: int | None, is_open: bool
):
    assert task_is_open(opened, settled) is is_open


def task(
    kind: str = "approve-claim",
    *,
    to: Addressee = Addressee(role="approver"),
    due: date | None = None,
    due_at: datetime | None = None,
    opened: int = 0,
    overdue: bool = False,
) -> Task:
    return Task(uuid4(), kind, uuid4(), to, NOW + timedelta(minutes=opened), due, due_at, overdue)


def test_peo_05_everyone_sees_their_own_tasks_and_those_of_their_roles():
    mine, others = Addressee(frozenset({PERSON})), Addressee(frozenset({OTHER}))
    assert is_theirs(task("confirm-claim", to=mine), PERSON, set(), NOW)
    assert not is_theirs(task("confirm-claim", to=others), PERSON, {"participant", "approver"}, NOW)
    assert is_theirs(task("approve-claim"), PERSON, {"approver"}, NOW)
    assert not is_theirs(task("approve-claim"), PERSON, {"participant"}, NOW)


def test_peo_05_a_task_for_people_by_name_is_never_a_role_s():
    assert not is_theirs(task("confirm-claim", to=Addressee(role="coordinator")), PERSON, {"coordinator"}, NOW)


@pytest.mark.parametrize(("kind", "role"), [("approve-claim", "approver"), ("pay-claim", "finance")])
def test_pay_10_nobody_is_asked_to_approve_or_pay_their_own_claim(kind: str, role: str):
    assert not is_theirs(task(kind, to=Addressee(role=role, except_for=frozenset({PERSON}))), PERSON, {role}, NOW)


def test_peo_05_a_deputy_has_it_from_the_moment_it_reaches_them_and_whoever_is_excepted_never():
    to = Addressee(frozenset({OTHER}), deputy=PERSON, reaches_deputy_at=NOW)
    assert not to.includes(PERSON, set(), NOW - timedelta(seconds=1))
    assert to.includes(PERSON, set(), NOW) and to.includes(OTHER, set(), NOW)
    assert Addressee(deputy=PERSON).includes(PERSON, set(), NOW)
    assert not Addressee(frozenset({PERSON}), "coordinator", frozenset({PERSON}), PERSON).includes(
        PERSON, {"coordinator"}, NOW
    )


def test_peo_05_a_clock_in_hours_stands_among_the_days_and_is_late_at_its_moment():
    day, hours = task(due=date(2026, 12, 4)), task(due_at=datetime(2026, 12, 4, 23, 59, tzinfo=UTC))
    sooner = task(due_at=datetime(2026, 12, 4, 9, tzinfo=UTC))
    assert in_order_of_clock([day, hours, sooner]) == [sooner, hours, day]
    assert not is_late(sooner, datetime(2026, 12, 4, 9, tzinfo=UTC))
    assert is_late(sooner, datetime(2026, 12, 4, 9, 0, 1, tzinfo=UTC))


def test_peo_05_lines_that_would_read_alike_are_numbered():
    found = task_lines.lines(
        [task("answer-feedback", due=date(2026, 12, 5)), task("answer-feedback", due=date(2026, 12, 4)), task()], NOW
    )
    assert [line.words for line in found] == [
        "Answer what someone told us (1 of 2)",
        "Answer what someone told us (2 of 2)",
        "Look at a claim",
    ]


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize(("title", "name"), [("", ""), ("Choosing [who] runs {it}", "Sam {name}")])
def test_peo_05_every_kind_of_task_has_a_page_and_words_with_and_without_names(kind: str, title: str, name: str):
    found = replace(task(kind), title=title, name=name)
    for count in (1, 2):
        said = task_lines.words(found, count)
        assert TASKS[kind].page.startswith("/") and said and said[0] not in " ,:" and "“”" not in said
        for named in (title, name):
            said = said.replace(named, "") if named else said
        assert not set(said) & set("[]{}")


def test_peo_05_only_what_one_page_does_at_once_has_words_for_several():
    assert not [kind for kind, rule in TASKS.items() if rule.many and not rule.does_all_at_once]
    assert task_lines.words(task("pay-claim"), 1) == "1 claim is ready to be paid"
    assert task_lines.words(task("pay-claim"), 3) == "3 claims are ready to be paid"


def test_peo_05_tasks_stand_in_the_order_of_their_clocks():
    soon, later = task(due=date(2026, 12, 4), opened=9), task(due=date(2026, 12, 5), opened=1)
    same_day = task(due=date(2026, 12, 5), opened=2)
    waiting_long, waiting = task(opened=0), task(opened=3)
    assert in_order_of_clock([waiting, same_day, waiting_long, later, soon]) == [
        soon,
        later,
        same_day,
        waiting_long,
        waiting,
    ]


def test_pay_07_a_task_is_late_after_its_last_day_or_when_its_owner_says_so():
    today, now = date(2026, 12, 4), datetime(2026, 12, 4, 23, 59, tzinfo=UTC)
    assert not is_late(task(due=today), now)
    assert is_late(task(due=today - timedelta(days=1)), now)
    assert is_late(task(due=today, overdue=True), now)
    assert not is_late(task(), now)


def test_fb_09_and_peo_05_every_task_is_settled_by_an_event_and_none_by_hand():
    for kind, rule in TASKS.items():
        assert rule.settled_by or kind in ("ring-person", "post-letters"), (
            kind
        )  # settled with the call or letter itself
        assert not rule.settled_by & rule.opened_by


@pytest.mark.parametrize("kind", ["see-concern", "take-over-concern", "end-concern"])
def test_fb_09_a_helper_at_the_lead_s_list_does_not_see_a_concern(kind: str):
    to = Addressee(frozenset({PERSON}))
    assert is_theirs(task(kind, to=to), PERSON, set(), NOW)
    assert not is_theirs(task(kind, to=to), PERSON, set(), NOW, helped=True)


def test_fb_07_what_was_reopened_is_the_reviewer_s_and_never_his_who_answered_it():
    to = addressee_of_feedback("review", reviewer_role="approver", not_for=[OTHER])
    assert to.includes(PERSON, {"approver"}, NOW) and not to.includes(OTHER, {"approver"}, NOW)
    assert not to.includes(PERSON, {"coordinator"}, NOW)
    assert addressee_of_feedback("answer", reviewer_role=None, not_for=[]).role == "coordinator"


@pytest.mark.parametrize(
    ("today", "reminded", "due"),
    [(4, None, False), (5, None, True), (10, None, True), (11, None, False), (7, 10, False), (7, 3, True)],
)
def test_fb_03_whose_feedback_it_is_hear_once_before_it_is_late(today: int, reminded: int | None, due: bool):
    before = date(2026, 12, reminded) if reminded else None
    assert is_due_soon(date(2026, 12, 10), 5, date(2026, 12, today), before) is due


@pytest.mark.parametrize(
    ("asked", "by"), [(date(2026, 11, 28), date(2026, 12, 28)), (date(2027, 1, 31), date(2027, 2, 28))]
)
def test_pri_01_what_we_hold_is_said_within_a_calendar_month(asked: date, by: date):
    assert answer_rights_by(asked) == by
