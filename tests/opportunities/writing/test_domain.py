"""The rules of writing an opportunity, one sentence each: facts in, decisions out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.opportunities.words.domain import Policy
from services.opportunities.writing.domain.drafts import (
    MUST_BE_WRITTEN,
    NO_WAY_TO_REACH,
    Draft,
    PlannedSession,
    days_of_notice,
    is_notice_failure,
    missing_items,
    planned_minutes,
    reasons_not_to_add_session,
    reasons_not_to_change_text,
    reasons_not_to_publish,
)
from shared.clock import london_date, london_datetime
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


def test_opp_02_what_is_whole_can_be_published():
    assert missing_items(WRITTEN) == []
    assert reasons_not_to_publish("draft", WRITTEN, NOW, POLICY) == []


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
        ({"contact_role": "", "contact_how": "Jo"}, "contact", "Write who people can ask, and how."),
        ({"contact_how": "Our coordinator."}, "contact", NO_WAY_TO_REACH),
        ({"contact_how": "At room 12, from 10:30 on 3.12.2026."}, "contact", NO_WAY_TO_REACH),
        (
            {"accessibility": ""},
            "accessibility",
            "Write how people can get in and take part: the building, or the call.",
        ),
        ({"result": ""}, "result", "Write what happens with the result."),
    ],
)
def test_opp_02_nothing_is_published_while_something_is_missing(blank: dict[str, Any], item: str, text: str):
    draft = replace(WRITTEN, **blank)
    assert missing_items(draft) == [item]
    assert reasons_not_to_publish("draft", draft, NOW, POLICY) == [Reason("OPP-02", text, item)]


@pytest.mark.parametrize(
    "how",
    ["Text 07700-900123", "+44 1632 960 001", "hello@example.org", "See example.org/ask", "https://example.cymru/a"],
)
def test_opp_02_a_number_or_an_address_of_any_kind_is_a_way_to_reach_somebody(how: str):
    assert missing_items(replace(WRITTEN, contact_how=how)) == []


def test_opp_04_nothing_is_published_without_its_short_version():
    draft = replace(WRITTEN, summary="")
    assert reasons_not_to_publish("draft", draft, NOW, POLICY) == [
        Reason("OPP-04", "Write the short version.", "summary")
    ]


def test_opp_02_unpaid_is_an_answer():
    assert missing_items(replace(WRITTEN, paid=False)) == []


def test_opp_02_all_that_is_missing_is_said_at_once_in_the_order_of_the_list():
    blanks: dict[str, Any] = dict.fromkeys(Draft.__dataclass_fields__.keys() - {"sessions", "paid"}, "")
    empty = Draft(**blanks, paid=None)
    assert missing_items(empty) == list(MUST_BE_WRITTEN)
    assert len(reasons_not_to_publish("draft", empty, NOW, POLICY)) == 11


@pytest.mark.parametrize("state", ["published", "finished", "closed"])
def test_opp_02_nothing_is_published_twice(state: Any):
    assert reasons_not_to_publish(state, WRITTEN, NOW, POLICY) == [Reason("OPP-02", "This is published already.")]


def test_opp_02_the_first_session_is_still_to_come():
    past = Reason("OPP-02", "The first session is in the past. Give it a date that is still to come.", "sessions")
    for days in (-1, 0):
        draft = replace(WRITTEN, sessions=(session(50), session(days)))
        assert reasons_not_to_publish("draft", draft, NOW, POLICY) == [past]


def test_opp_03_the_first_session_counts_whichever_was_written_first():
    assert replace(WRITTEN, sessions=(session(50), session(20))).first_starts_at == session(20).starts_at
    assert replace(WRITTEN, sessions=()).first_starts_at is None


@pytest.mark.parametrize(("days", "needs_reason"), [(15, False), (14, False), (13, True), (1, True)])
def test_opp_03_short_notice_needs_a_reason(days: int, needs_reason: bool):
    draft = replace(WRITTEN, sessions=(session(days),))
    short = Reason("OPP-03", "It starts in fewer than 14 days. Write why, so that people know.", "notice")
    assert reasons_not_to_publish("draft", draft, NOW, POLICY) == ([short] if needs_reason else [])
    explained = replace(draft, notice_reason="The bids came late.")
    assert reasons_not_to_publish("draft", explained, NOW, POLICY) == []


def test_opp_03_a_session_moments_from_now_is_short_notice_and_not_past():
    draft = replace(WRITTEN, sessions=(PlannedSession(NOW + timedelta(seconds=1), NOW + timedelta(hours=1), "Online"),))
    assert [reason.rule for reason in reasons_not_to_publish("draft", draft, NOW, POLICY)] == ["OPP-03"]


def test_opp_03_the_organisation_decides_how_many_days():
    draft = replace(WRITTEN, sessions=(session(20),))
    (reason,) = reasons_not_to_publish("draft", draft, NOW, Policy(notice_days=21))
    assert reason.text == "It starts in fewer than 21 days. Write why, so that people know."


def test_opp_03_days_of_notice_are_days_in_london():
    assert days_of_notice(date(2026, 6, 1), london_date(london_datetime(date(2026, 6, 15), 0, 30))) == 14
    assert days_of_notice(date(2026, 6, 1), london_date(london_datetime(date(2026, 6, 14), 23, 30))) == 13


@pytest.mark.parametrize(("days", "failure"), [(0, True), (2, True), (3, False)])
def test_opp_03_two_days_or_fewer_is_a_failure(days: int, failure: bool):
    assert is_notice_failure(days) is failure


def test_opp_16_what_people_read_is_not_changed_behind_their_backs():
    assert reasons_not_to_change_text("draft") == []
    said = [Reason("OPP-16", "This is published, so its words and dates stay as people read them.")]
    for state in ("published", "finished", "closed"):
        assert reasons_not_to_change_text(state) == said


def test_opp_02_a_session_lies_ahead_and_ends_after_it_starts():
    starts_at = NOW + timedelta(days=1)
    assert reasons_not_to_add_session(starts_at, starts_at + timedelta(minutes=1), NOW) == []
    assert reasons_not_to_add_session(starts_at, starts_at + timedelta(days=1), NOW) == []
    past = Reason("OPP-02", "That day and time are in the past. Choose one that is still to come.", "day")
    assert reasons_not_to_add_session(NOW, NOW + timedelta(hours=1), NOW) == [past]
    backwards = Reason("OPP-02", "The end must be later than the start.", "ends")
    assert reasons_not_to_add_session(starts_at, starts_at, NOW) == [backwards]
    too_long = Reason("OPP-02", "A session can last a day at most. Add a session for each day.", "ends")
    assert reasons_not_to_add_session(starts_at, starts_at + timedelta(days=1, seconds=1), NOW) == [too_long]
    assert reasons_not_to_add_session(NOW, NOW - timedelta(hours=1), NOW) == [past, backwards]
    furthest = NOW + timedelta(days=1825)
    assert reasons_not_to_add_session(furthest, furthest + timedelta(hours=1), NOW) == []
    too_far = Reason("OPP-02", "That is more than five years away. Check the year.", "day")
    furthest += timedelta(seconds=1)
    assert reasons_not_to_add_session(furthest, furthest + timedelta(hours=1), NOW) == [too_far]


def test_opp_11_planned_minutes_are_whole_minutes():
    assert planned_minutes(NOW, NOW + timedelta(minutes=90)) == 90
    assert planned_minutes(NOW, NOW + timedelta(minutes=90, seconds=59)) == 90
    assert planned_minutes(NOW, NOW + timedelta(days=1)) == 1440
