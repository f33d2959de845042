"""The rules of opportunities, one sentence each."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.opportunities import domain
from services.opportunities.domain import Draft, EndingFacts, PlannedSession, Policy, Queue
from shared.clock import london_datetime
from shared.reasons import Reason

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
POLICY = Policy()


def session(days: float = 35, minutes: int = 90) -> PlannedSession:
    starts_at = NOW + timedelta(days=days)
    return PlannedSession(starts_at, starts_at + timedelta(minutes=minutes), "Online")


WRITTEN = Draft(
    title="A say in the drop-in",
    kind="tender-panel",
    background="The contract ends.",
    expected="Read four bids.",
    time_needed="Two hours.",
    mode="online",
    area="Fenland",
    paid=True,
    payment="Ten pounds an hour.",
    contact_role="involvement coordinator",
    contact_how="Ring 07700 900123.",
    accessibility="Captions are on.",
    result="We tell you who won.",
    summary="Help choose.",
    notice_reason="",
    sessions=(session(),),
)


def texts(reasons: list[Reason]) -> list[str]:
    return [reason.text for reason in reasons]


# Publishing


def test_opp_01_the_kinds_have_a_word_for_events_and_one_for_pages():
    assert " ".join(domain.KINDS) == (
        "consultation evaluation feedback review workshop tender-panel interview-panel blog story "
        "training-received training-delivered meeting survey board innovation project"
    )
    assert all(name[0].isupper() for name in domain.KINDS.values()) and len(set(domain.KINDS.values())) == 16
    assert list(domain.MODES) == ["in-person", "online", "both"]


def test_the_organisation_decides_14_days_notice_3_to_answer_and_a_week_for_needs_unless_it_says_otherwise():
    assert Policy() == Policy(notice_days=14, answer_days=3, needs_warning_days=7)


def test_opp_02_what_is_whole_can_be_published():
    assert domain.missing_items(WRITTEN) == []
    assert domain.reasons_not_to_publish("draft", WRITTEN, NOW, POLICY) == []


@pytest.mark.parametrize(
    ("blank", "item", "text"),
    [
        ({"title": " "}, "title", "Give it a title."),
        ({"kind": "lottery"}, "title", "Give it a title."),
        ({"background": ""}, "background", "Write why this is happening, and its background."),
        ({"expected": " \n"}, "expected", "Write what people will be asked to do."),
        ({"time_needed": ""}, "time", "Write how much time it will take."),
        ({"mode": ""}, "where", "Say whether it is online or in person, and for which area."),
        ({"area": ""}, "where", "Say whether it is online or in person, and for which area."),
        ({"sessions": ()}, "sessions", "Add at least one session, so that people know when and where it is."),
        ({"paid": None}, "payment", "Write what is paid."),
        ({"payment": ""}, "payment", "Write what is paid."),
        ({"contact_role": ""}, "contact", "Write who people can ask, and how."),
        ({"contact_how": ""}, "contact", "Write who people can ask, and how."),
        ({"accessibility": ""}, "accessibility", "Write how people can get in and take part: the building, or the call."),
        ({"result": ""}, "result", "Write what happens with the result."),
    ],
)
def test_opp_02_nothing_is_published_while_something_is_missing(blank: dict[str, Any], item: str, text: str):
    draft = replace(WRITTEN, **blank)
    assert domain.missing_items(draft) == [item]
    assert domain.reasons_not_to_publish("draft", draft, NOW, POLICY) == [Reason("OPP-02", text, item)]


def test_opp_04_nothing_is_published_without_its_short_version():
    draft = replace(WRITTEN, summary="")
    assert domain.reasons_not_to_publish("draft", draft, NOW, POLICY) == [Reason("OPP-04", "Write the short version.", "summary")]


def test_opp_02_unpaid_is_an_answer():
    assert domain.missing_items(replace(WRITTEN, paid=False)) == []


def test_opp_02_all_that_is_missing_is_said_at_once_in_the_order_of_the_list():
    blanks: dict[str, Any] = dict.fromkeys(Draft.__dataclass_fields__.keys() - {"sessions", "paid"}, "")
    empty = Draft(**blanks, paid=None)
    assert domain.missing_items(empty) == list(domain.MUST_BE_WRITTEN)
    assert len(domain.reasons_not_to_publish("draft", empty, NOW, POLICY)) == 11


@pytest.mark.parametrize("state", ["published", "finished", "closed"])
def test_opp_02_nothing_is_published_twice(state: Any):
    assert domain.reasons_not_to_publish(state, WRITTEN, NOW, POLICY) == [Reason("OPP-02", "This is published already.")]


def test_opp_02_the_first_session_is_still_to_come():
    past = Reason("OPP-02", "The first session is in the past. Give it a date that is still to come.", "sessions")
    for days in (-1, 0):
        draft = replace(WRITTEN, sessions=(session(50), session(days)))
        assert domain.reasons_not_to_publish("draft", draft, NOW, POLICY) == [past]


def test_opp_03_the_first_session_counts_whichever_was_written_first():
    assert replace(WRITTEN, sessions=(session(50), session(20))).first_starts_at == session(20).starts_at
    assert replace(WRITTEN, sessions=()).first_starts_at is None


@pytest.mark.parametrize(("days", "needs_reason"), [(15, False), (14, False), (13, True), (1, True)])
def test_opp_03_short_notice_needs_a_reason(days: int, needs_reason: bool):
    draft = replace(WRITTEN, sessions=(session(days),))
    short = Reason("OPP-03", "It starts in fewer than 14 days. Write why, so that people know.", "notice")
    assert domain.reasons_not_to_publish("draft", draft, NOW, POLICY) == ([short] if needs_reason else [])
    explained = replace(draft, notice_reason="The bids came late.")
    assert domain.reasons_not_to_publish("draft", explained, NOW, POLICY) == []


def test_opp_03_a_session_moments_from_now_is_short_notice_and_not_past():
    draft = replace(WRITTEN, sessions=(PlannedSession(NOW + timedelta(seconds=1), NOW + timedelta(hours=1), "Online"),))
    assert [reason.rule for reason in domain.reasons_not_to_publish("draft", draft, NOW, POLICY)] == ["OPP-03"]


def test_opp_03_the_organisation_decides_how_many_days():
    draft = replace(WRITTEN, sessions=(session(20),))
    (reason,) = domain.reasons_not_to_publish("draft", draft, NOW, Policy(notice_days=21))
    assert reason.text == "It starts in fewer than 21 days. Write why, so that people know."


def test_opp_03_days_of_notice_are_days_in_london():
    assert domain.days_of_notice(date(2026, 6, 1), london_datetime(date(2026, 6, 15), 0, 30)) == 14
    assert domain.days_of_notice(date(2026, 6, 1), london_datetime(date(2026, 6, 14), 23, 30)) == 13


@pytest.mark.parametrize(("days", "failure"), [(0, True), (2, True), (3, False)])
def test_opp_03_two_days_or_fewer_is_a_failure(days: int, failure: bool):
    assert domain.is_notice_failure(days) is failure


def test_opp_16_what_people_read_is_not_changed_behind_their_backs():
    assert domain.reasons_not_to_change_text("draft") == []
    said = [Reason("OPP-16", "This is published, so its words and dates stay as people read them.")]
    for state in ("published", "finished", "closed"):
        assert domain.reasons_not_to_change_text(state) == said


def test_opp_02_a_session_lies_ahead_and_ends_after_it_starts():
    starts_at = NOW + timedelta(days=1)
    assert domain.reasons_not_to_add_session(starts_at, starts_at + timedelta(minutes=1), NOW) == []
    assert domain.reasons_not_to_add_session(starts_at, starts_at + timedelta(days=1), NOW) == []
    past = Reason("OPP-02", "That day and time are in the past. Choose one that is still to come.", "day")
    assert domain.reasons_not_to_add_session(NOW, NOW + timedelta(hours=1), NOW) == [past]
    backwards = Reason("OPP-02", "The end must be later than the start.", "ends")
    assert domain.reasons_not_to_add_session(starts_at, starts_at, NOW) == [backwards]
    too_long = Reason("OPP-02", "A session can last a day at most. Add a session for each day.", "ends")
    assert domain.reasons_not_to_add_session(starts_at, starts_at + timedelta(days=1, seconds=1), NOW) == [too_long]
    assert domain.reasons_not_to_add_session(NOW, NOW - timedelta(hours=1), NOW) == [past, backwards]
    furthest = NOW + timedelta(days=1825)
    assert domain.reasons_not_to_add_session(furthest, furthest + timedelta(hours=1), NOW) == []
    too_far = Reason("OPP-02", "That is more than five years away. Check the year.", "day")
    furthest += timedelta(seconds=1)
    assert domain.reasons_not_to_add_session(furthest, furthest + timedelta(hours=1), NOW) == [too_far]


# Places


def test_opp_05_open_to_all_until_it_has_ended():
    later = NOW + timedelta(seconds=1)
    over = [Reason("OPP-05", "This has ended, so you cannot join it any more. There may be others that suit you.")]
    assert domain.reasons_not_to_take_part("published", later, NOW) == []
    assert domain.reasons_not_to_take_part("published", NOW, NOW) == over
    assert domain.reasons_not_to_take_part("published", None, NOW) == over
    assert domain.reasons_not_to_take_part("finished", later, NOW) == over
    assert domain.reasons_not_to_take_part("closed", later, NOW) == over
    assert domain.reasons_not_to_take_part("draft", later, NOW) == [Reason("OPP-05", "This is not open yet.")]


@pytest.mark.parametrize(
    ("queue", "free"),
    [(Queue(None, 9, 9, 9), None), (Queue(5, 2, 1, 0), 2), (Queue(3, 2, 1, 4), 0), (Queue(2, 3, 0, 0), 0)],
)
def test_opp_05_free_is_what_nobody_holds_or_was_offered(queue: Queue, free: int | None):
    assert queue.free == free


@pytest.mark.parametrize(
    ("queue", "state"),
    [
        (Queue(None, 100, 0, 0), "taken"),
        (Queue(1, 0, 0, 0), "taken"),
        (Queue(1, 1, 0, 0), "waiting"),
        (Queue(1, 0, 1, 0), "waiting"),
        (Queue(2, 1, 0, 1), "waiting"),
        (Queue(3, 1, 0, 1), "taken"),
    ],
)
def test_opp_05_whoever_came_first_goes_first(queue: Queue, state: str):
    assert domain.place_for_newcomer(queue) == state


@pytest.mark.parametrize(
    ("queue", "number"),
    [(Queue(None, 3, 0, 2), 2), (Queue(3, 2, 0, 5), 1), (Queue(3, 1, 0, 1), 1), (Queue(3, 1, 2, 5), 0), (Queue(2, 0, 0, 0), 0)],
)
def test_opp_05_as_many_are_offered_a_place_as_are_free(queue: Queue, number: int):
    assert domain.number_to_offer(queue) == number


def test_opp_05_the_time_to_answer_ends_when_the_session_starts():
    assert domain.answer_by(NOW, NOW + timedelta(days=9), POLICY) == NOW + timedelta(days=3)
    assert domain.answer_by(NOW, NOW + timedelta(days=2), POLICY) == NOW + timedelta(days=2)
    assert domain.answer_by(NOW, NOW, POLICY) == NOW + timedelta(days=3)
    assert domain.answer_by(NOW, NOW + timedelta(days=9), Policy(answer_days=5)) == NOW + timedelta(days=5)


def test_opp_05_offers_past_their_time_end_when_others_wait_the_earliest_first():
    late, later, open_one = ("a", NOW), ("b", NOW - timedelta(hours=1)), ("c", NOW + timedelta(seconds=1))
    assert domain.offers_that_lapse([late, later, open_one], 5, NOW) == ["b", "a"]
    assert domain.offers_that_lapse([late, later, open_one], 1, NOW) == ["b"]
    assert domain.offers_that_lapse([late, later, open_one], 0, NOW) == []


def test_opp_05_a_place_is_accepted_while_it_is_offered():
    assert domain.reasons_not_to_accept("offered") == []
    gone = "The time to answer is over, and the place went to the next person. You can join the waiting list again."
    assert domain.reasons_not_to_accept("lapsed") == [Reason("OPP-05", gone)]
    for state in ("waiting", "taken", "left"):
        assert domain.reasons_not_to_accept(state) == [Reason("OPP-05", "There is no offer to answer here.")]


# Needs


@pytest.mark.parametrize(
    ("place", "then"),
    [("taken", "over"), ("waiting", "missed"), ("offered", "missed"), ("requested", "missed"), ("lapsed", "missed"), ("left", "left"), ("refused", "refused")],
)
def test_opp_05_a_place_is_over_from_the_end_of_the_last_session(place: Any, then: str):
    assert domain.place_shown(place, False, NOW + timedelta(microseconds=1), NOW) == place
    assert domain.place_shown(place, False, NOW, NOW) == then
    assert domain.place_shown(place, False, None, NOW) == place


@pytest.mark.parametrize("ends", [-1, 1])
def test_opp_05_a_place_at_something_cancelled_is_cancelled_before_and_after_its_end(ends: int):
    found = [domain.place_shown(place, True, NOW + timedelta(days=ends), NOW) for place in ("taken", "waiting", "offered", "lapsed", "cancelled", "left")]
    assert found == ["cancelled"] * 5 + ["left"]


def test_opp_05_what_is_over_has_nothing_left_to_leave():
    assert [domain.has_ended(place) for place in ("over", "missed", "cancelled")] == [True] * 3
    assert not any(domain.has_ended(place) for place in ("requested", "waiting", "offered", "taken", "left", "lapsed", "refused"))


def test_opp_07_needs_are_needs_and_no_diagnoses():
    known = "travel easy-read large-print interpreter hearing-loop step-free quiet-space supporter breaks food papers-beforehand technology other"
    assert " ".join(domain.NEEDS) == known


def test_opp_07_what_is_asked_stands_in_the_order_of_the_form():
    assert domain.needs_asked(["breaks", "easy-read"], "") == ["easy-read", "breaks"]
    assert domain.needs_asked([], "  ") == []
    assert domain.needs_asked(["breaks"], "Every hour") == ["breaks", "other"]
    assert domain.needs_asked([], "A seat by the door") == ["other"]


def test_opp_07_a_need_is_promised_met_or_not_met_with_a_reason():
    assert domain.reasons_not_to_answer_need("asked", "promised", "") == []
    assert domain.reasons_not_to_answer_need("promised", "met", "") == []
    assert domain.reasons_not_to_answer_need("asked", "not-met", "The lift is broken. We can meet downstairs.") == []
    unsaid = Reason("OPP-07", "Write why it could not be met. They will read it.", "reason")
    assert domain.reasons_not_to_answer_need("asked", "not-met", " ") == [unsaid]
    for no_answer in ("asked", "withdrawn"):
        assert domain.reasons_not_to_answer_need("asked", no_answer, "") == [Reason("OPP-07", "Choose promised, met or not met.", "answer")]
    assert domain.reasons_not_to_answer_need("withdrawn", "met", "") == [Reason("OPP-07", "They no longer ask for this.")]


def test_opp_07_an_unanswered_need_warns_from_a_week_before():
    week = timedelta(days=7)
    assert domain.is_unanswered_need("asked", NOW + week, NOW, POLICY)
    assert not domain.is_unanswered_need("asked", NOW + week + timedelta(seconds=1), NOW, POLICY)
    assert domain.is_unanswered_need("asked", NOW + week + timedelta(days=1), NOW, Policy(needs_warning_days=8))
    assert not domain.is_unanswered_need("asked", None, NOW, POLICY)
    for answered in ("promised", "met", "not-met", "withdrawn"):
        assert not domain.is_unanswered_need(answered, NOW + timedelta(days=1), NOW, POLICY)


# Attendance


def test_opp_11_planned_minutes_are_whole_minutes():
    assert domain.planned_minutes(NOW, NOW + timedelta(minutes=90)) == 90
    assert domain.planned_minutes(NOW, NOW + timedelta(minutes=90, seconds=59)) == 90
    assert domain.planned_minutes(NOW, NOW + timedelta(days=1)) == 1440


@pytest.mark.parametrize(
    ("minutes", "planned", "asks"), [(90, 90, False), (135, 90, False), (136, 90, True), (720, 90, True), (75, 45, False), (301, 240, True)]
)
def test_opp_11_minutes_far_above_the_plan_are_asked_about(minutes: int, planned: int, asks: bool):
    assert bool(domain.reasons_to_ask_about_minutes(True, minutes, planned, None)) == asks
    assert domain.reasons_to_ask_about_minutes(True, minutes, planned, minutes) == domain.reasons_to_ask_about_minutes(False, 0, planned, None) == []


def test_opp_11_the_register_is_filled_in_once_the_session_has_started():
    early = [Reason("OPP-11", "This session has not started. Fill in the register when it has.")]
    assert domain.reasons_not_to_record_attendance("published", NOW, NOW - timedelta(seconds=1)) == early
    for state in ("published", "finished", "closed"):
        assert domain.reasons_not_to_record_attendance(state, NOW, NOW) == []
    draft = [Reason("OPP-11", "This is not published, so nobody can have been there.")]
    assert domain.reasons_not_to_record_attendance("draft", NOW, NOW) == draft


def test_opp_11_minutes_are_possible_ones():
    assert domain.reasons_against_minutes(False, 0, 90) == []
    assert domain.reasons_against_minutes(True, 1, 90) == []
    assert domain.reasons_against_minutes(True, 720, 90) == []
    assert domain.reasons_against_minutes(True, 800, 800) == []
    none = Reason("OPP-11", "Write how many minutes they took part, from arriving to leaving.", "minutes")
    assert domain.reasons_against_minutes(True, 0, 90) == [none]
    many = Reason("OPP-11", "Check the minutes: 720 is the most that can be recorded for one session.", "minutes")
    assert domain.reasons_against_minutes(True, 721, 90) == [many]
    assert texts(domain.reasons_against_minutes(True, 801, 800)) == ["Check the minutes: 800 is the most that can be recorded for one session."]


def test_opp_11_who_leaves_in_distress_counts_the_planned_time():
    assert domain.minutes_taking_part(True, 20, 90, False) == 20
    assert domain.minutes_taking_part(True, 20, 90, True) == 90
    assert domain.minutes_taking_part(True, 100, 90, True) == 100
    assert domain.minutes_taking_part(False, 20, 90, True) == 0


# Ending

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
    assert domain.missing_before_close(DONE) == []
    assert domain.reasons_not_to_close("published", DONE) == []


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
def test_opp_12_what_is_missing_is_listed_and_blocks_until_it_is_finished(lacking: dict[str, Any], text: str, field: str):
    facts = replace(DONE, **lacking)
    assert domain.missing_before_close(facts) == [Reason("OPP-12", text, field)]
    assert domain.reasons_not_to_close("published", facts) == [Reason("OPP-12", text, field)]
    assert domain.reasons_not_to_close("finished", facts) == ([Reason("OPP-12", text, field)] if facts.sessions_to_come else [])


def test_opp_12_a_claim_is_settled_when_paid_refused_or_declined():
    assert [domain.is_settled(claim) for claim in ("paid", "refused", "declined", "open")] == [True, True, True, False]


def test_opp_12_closed_once_and_only_after_it_was_published():
    assert domain.reasons_not_to_close("closed", DONE) == [Reason("OPP-12", "This is closed already.")]
    assert domain.reasons_not_to_close("draft", DONE) == [Reason("OPP-12", "This was never published, so there is nothing to close.")]


def test_opp_12_staff_may_mark_it_finished_at_any_time():
    assert domain.reasons_not_to_finish("published") == []
    assert domain.reasons_not_to_finish("draft") == [Reason("OPP-12", "This was never published, so there is nothing to finish.")]
    for state in ("finished", "closed"):
        assert domain.reasons_not_to_finish(state) == [Reason("OPP-12", "This is finished already.")]
