"""The rules of safeguarding, as sentences. No database, no clock."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.feedback.domain.facts import Item
from services.feedback.domain.safeguarding import (
    has_run_out,
    page_read,
    parts_missing,
    reasons_not_to_move_to_safeguarding,
    reasons_not_to_name_leads,
    reasons_not_to_settle,
    respond_by,
    source_of,
)
from services.feedback.domain.who_reads import Colleague, Named, Standing, Told, sees_concern, who_is_told
from shared.reasons import Reason

ITEM, OTHER = UUID(int=1), UUID(int=2)


GIVER, COORDINATOR, REVIEWER = UUID(int=11), UUID(int=12), UUID(int=13)


def waiting(**facts) -> Item:
    values: dict[str, Any] = {"id": ITEM, "waiting_for": "us", "giver_id": GIVER, **facts}
    return Item(**values)


# Safeguarding


def test_fb_09_the_clock_of_a_concern_runs_in_hours():
    assert respond_by(datetime(2026, 11, 20, 17, 30, tzinfo=UTC), 24) == datetime(2026, 11, 21, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize("ending", [None, "used", "not-used", "thanked", "joined", "spam"])
def test_fb_09_staff_can_mark_anything_as_a_safeguarding_concern(ending):
    assert reasons_not_to_move_to_safeguarding(waiting(ending=ending), "Someone may be hurt.") == []


def test_fb_09_a_concern_says_why_and_is_raised_once():
    move = reasons_not_to_move_to_safeguarding
    assert move(waiting(), "x" * 3000) == []
    assert move(waiting(), "x" * 3001) == [Reason("FB-09", "Use 3,000 characters or fewer.", "why")]
    assert move(waiting(), " ") == [Reason("FB-09", "Write what worries you, so that somebody can act.", "why")]
    assert move(waiting(ending="safeguarding"), "x") == [
        Reason("FB-09", "This is already with those who look after safeguarding.")
    ]
    assert move(waiting(ending="withdrawn"), "x") == [
        Reason("FB-09", "Its giver took this back and its words are gone. Ring those who look after safeguarding.")
    ]


LEAD, DEPUTY, ADMIN = UUID(int=21), UUID(int=22), UUID(int=23)


TEAM = [
    Colleague(LEAD, frozenset({"finance"})),
    Colleague(DEPUTY, frozenset({"coordinator", "administrator"})),
    Colleague(ADMIN, frozenset({"administrator", "coordinator"})),
    Colleague(COORDINATOR, frozenset({"coordinator"})),
    Colleague(REVIEWER, frozenset({"approver"})),
]
NAMED = Named(LEAD, DEPUTY)


def told(*about: UUID, named=NAMED, team=TEAM, giver=None, run_out=False):
    return who_is_told(named, team, Standing(about=about, giver=giver), run_out=run_out)


def away(*people: UUID):
    return [Colleague(each.person_id, each.roles, each.paused or each.person_id in people) for each in TEAM]


@pytest.mark.parametrize("run_out", [False, True])
def test_fb_09_a_concern_goes_to_the_lead_and_the_deputy_at_once_and_to_nobody_else(run_out):
    assert told(run_out=run_out) == Told((LEAD,), DEPUTY)
    assert told(run_out=run_out).everyone == (LEAD, DEPUTY)


def test_fb_09_a_concern_never_goes_to_anyone_it_is_about_or_who_wrote_it():
    assert told(LEAD) == Told((DEPUTY,))
    assert told(DEPUTY) == Told((LEAD,))
    assert told(giver=LEAD) == Told((DEPUTY,))


def test_fb_09_about_both_it_goes_to_administrators_then_coordinators_then_approvers_who_are_not_ticked():
    assert told(LEAD, DEPUTY) == Told((ADMIN,))
    assert told(LEAD, DEPUTY, ADMIN) == Told((COORDINATOR,))
    assert told(LEAD, DEPUTY, ADMIN, COORDINATOR) == Told((REVIEWER,))
    assert told(LEAD, DEPUTY, ADMIN, COORDINATOR, REVIEWER) == Told()


def test_fb_09_until_a_lead_is_named_administrators_have_it():
    assert told(named=Named()) == Told((DEPUTY, ADMIN))


def test_fb_09_whoever_is_away_or_works_here_no_more_is_passed_over():
    assert told(team=away(LEAD)) == Told((DEPUTY,))
    assert told(team=away(LEAD, DEPUTY)) == Told((ADMIN,))
    left = [Colleague(LEAD, frozenset({"participant"})), *TEAM[1:]]
    assert told(team=left) == Told((DEPUTY,))


def test_fb_09_when_its_hours_ran_out_and_only_one_of_the_two_has_it_those_who_stand_in_have_it_too():
    assert told(LEAD, run_out=True) == Told((DEPUTY, ADMIN))
    assert told(LEAD, DEPUTY, run_out=True) == Told((ADMIN, COORDINATOR))


def test_fb_09_administrators_hear_which_of_the_two_is_missing():
    assert parts_missing(NAMED, TEAM) == ()
    assert parts_missing(Named(), TEAM) == ("lead", "deputy")
    assert parts_missing(NAMED, away(DEPUTY)) == ("deputy",)


def test_fb_09_lead_and_deputy_are_two_people_who_work_here():
    assert reasons_not_to_name_leads(LEAD, DEPUTY, TEAM) == []
    assert [reason.field for reason in reasons_not_to_name_leads(LEAD, LEAD, TEAM)] == ["deputy"]
    assert [reason.field for reason in reasons_not_to_name_leads(GIVER, None, TEAM)] == ["lead", "deputy"]
    assert [reason.field for reason in reasons_not_to_name_leads(LEAD, DEPUTY, away(LEAD))] == ["lead"]


def test_fb_09_only_who_was_told_sees_it_and_never_anyone_it_is_about():
    assert sees_concern(LEAD, [LEAD], about=[], giver=GIVER)
    assert not sees_concern(COORDINATOR, [LEAD, DEPUTY], about=[], giver=GIVER)
    assert not sees_concern(LEAD, [LEAD], about=[LEAD], giver=GIVER)
    assert not sees_concern(LEAD, [LEAD], about=[], giver=LEAD)


def test_fb_09_a_concern_ends_once_and_with_what_was_done():
    assert reasons_not_to_settle("We rang them.", settled=False) == []
    assert [reason.field for reason in reasons_not_to_settle(" ", settled=False)] == ["note"]
    assert (
        reasons_not_to_settle("Again.", settled=True)[0].text
        == "This has been settled already. What was done stands below."
    )


def test_fb_09_its_hours_run_out_only_while_nobody_has_it_in_hand():
    by = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
    assert not has_run_out(by, None, by)
    assert has_run_out(by, None, by + timedelta(seconds=1))
    assert not has_run_out(by, by, by + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        (f"/opportunities/staff/questions/{ITEM}", True),
        (f"/opportunities/staff/{ITEM}/needs/{ITEM}", True),
        (f"/payments/approve/{ITEM}", True),
        ("https://example.org/payments/approve/1", False),
        ("/opportunities/staff/../../people/sign-out", False),
        ("/people/sign-out", False),
        ("", False),
    ],
)
def test_fb_09_a_concern_links_to_what_staff_read_and_to_nothing_else(path: str, kept: bool):
    assert page_read(path) == (path if kept else "")


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (f"/opportunities/staff/questions/{ITEM}", "question"),
        (f"/opportunities/staff/questions/{ITEM}/show", "question"),
        (f"/opportunities/staff/{UUID(int=9)}/needs/{ITEM}", "need"),
        (f"/payments/approve/{ITEM}", "claim"),
        (f"/opportunities/staff/{ITEM}/needs", None),
        (f"/payments/approve/{'-' * 36}", None),
        ("", None),
    ],
)
def test_fb_09_a_concern_says_what_it_was_raised_from_when_a_page_shows_one_thing(path: str, source: str | None):
    assert source_of(path) == ((source, ITEM) if source else None)
