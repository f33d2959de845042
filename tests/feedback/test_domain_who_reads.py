"""Who has a safeguarding concern of before, once others are named, and who reads what has ended (FB-09)."""

from uuid import UUID

import pytest

from services.feedback.domain.safeguarding import named_no_longer
from services.feedback.domain.who_reads import (
    Colleague,
    Named,
    Standing,
    Told,
    begins_anew,
    given_after_handing_over,
    may_be_handed_to,
    reasons_not_to_hand_over,
    reasons_not_to_say_whom_it_is_about,
    who_is_told,
    who_may_be_given,
    who_reads_what_ended,
)

GIVER, COORDINATOR, REVIEWER = UUID(int=11), UUID(int=12), UUID(int=13)
LEAD, DEPUTY, ADMIN = UUID(int=21), UUID(int=22), UUID(int=23)
TEAM = [
    Colleague(LEAD, frozenset({"finance"})),
    Colleague(DEPUTY, frozenset({"coordinator", "administrator"})),
    Colleague(ADMIN, frozenset({"administrator", "coordinator"})),
    Colleague(COORDINATOR, frozenset({"coordinator"})),
    Colleague(REVIEWER, frozenset({"approver"})),
]
NAMED = Named(LEAD, DEPUTY)
HAD = Told((LEAD,), DEPUTY)
OTHERS = Named(ADMIN, COORDINATOR)


def away(*people: UUID):
    return [Colleague(each.person_id, each.roles, each.paused or each.person_id in people) for each in TEAM]


def kept(*about: UUID, named=OTHERS, team=TEAM, run_out=False, given=(LEAD, DEPUTY), now=HAD, **more):
    return who_is_told(named, team, Standing(about=about, given=given, told=now, **more), run_out=run_out)


@pytest.mark.parametrize("run_out", [False, True])
def test_fb_09_naming_others_gives_nobody_a_concern_of_before_and_takes_it_from_nobody(run_out):
    assert kept(run_out=run_out) == HAD
    assert kept(named=Named(COORDINATOR, DEPUTY), run_out=run_out) == HAD
    assert kept(LEAD) == Told((DEPUTY,))
    assert named_no_longer(NAMED, OTHERS) == (LEAD, DEPUTY)
    assert named_no_longer(NAMED, Named(DEPUTY, LEAD)) == ()


def test_fb_09_if_nobody_is_left_who_was_given_it_administrators_have_it_and_the_new_lead_not_by_being_named():
    new = Named(COORDINATOR, REVIEWER)
    assert kept(named=new, team=away(LEAD, DEPUTY)) == Told((ADMIN,))
    assert kept(ADMIN, named=Named(REVIEWER, LEAD), team=away(LEAD, DEPUTY)) == Told((COORDINATOR,))
    assert kept(LEAD, DEPUTY, ADMIN, COORDINATOR, REVIEWER) == Told()
    finance = Colleague(UUID(int=31), frozenset({"finance"}))
    last = kept(*[each.person_id for each in TEAM], named=Named(finance.person_id), team=[*TEAM, finance])
    assert last == Told((finance.person_id,)), "better the one who was named than nobody"


def test_fb_09_who_was_away_comes_back_to_it_as_lead_or_deputy_and_nobody_else_does():
    now = Told((DEPUTY,))
    assert kept(named=NAMED, now=now) == HAD
    assert kept(named=Named(COORDINATOR, DEPUTY), now=now) == Told((DEPUTY,))
    assert who_may_be_given(NAMED, Standing(), now) == (LEAD, DEPUTY), "she was the lead when it came"
    assert who_may_be_given(NAMED, Standing(about=(LEAD,)), now) == (DEPUTY,)
    assert who_may_be_given(OTHERS, Standing(given=(LEAD,)), Told((ADMIN,))) == (LEAD, ADMIN)


def test_fb_09_when_the_hours_of_one_person_alone_ran_out_the_next_have_it_too_and_keep_it():
    assert kept(LEAD, named=NAMED, now=Told((DEPUTY,)), run_out=True) == Told((ADMIN,), DEPUTY)
    assert kept(LEAD, named=NAMED, given=(DEPUTY, ADMIN), now=Told((ADMIN,), DEPUTY)) == Told((ADMIN,), DEPUTY)


def test_fb_09_somebody_can_read_what_a_concern_was_raised_from():
    now = Told((DEPUTY,))
    both = kept(LEAD, named=NAMED, given=(DEPUTY,), now=now, about_too=(DEPUTY,))
    assert both == Told((ADMIN,), DEPUTY), "the deputy keeps it, without the words"
    assert kept(LEAD, named=NAMED, given=(DEPUTY, ADMIN), now=both, about_too=(DEPUTY,)) == both


def test_fb_09_a_concern_has_a_new_clock_when_whoever_had_it_or_had_it_in_hand_has_it_no_more():
    assert not begins_anew(HAD, HAD, LEAD)
    assert begins_anew(HAD, Told((DEPUTY,)), LEAD)
    assert not begins_anew(HAD, Told((DEPUTY,)), None)
    assert begins_anew(HAD, Told((ADMIN,)), None) and begins_anew(Told(), Told((ADMIN,)), None)
    assert not begins_anew(HAD, Told(), LEAD), "nobody is left to have a clock"


def ended(named, *about, team=TEAM, given=(LEAD, DEPUTY)):
    return who_reads_what_ended(named, team, Standing(about=about, given=given, told=HAD))


def test_fb_09_what_ended_stays_with_those_who_had_it_and_a_lead_named_later_reads_nothing_of_it():
    assert ended(NAMED) == (LEAD, DEPUTY)
    assert ended(Named(COORDINATOR, DEPUTY)) == (DEPUTY,), "who was lead no longer reads it while somebody does"
    assert ended(OTHERS) == (LEAD, DEPUTY)
    assert ended(OTHERS, LEAD, team=away(DEPUTY)) == (ADMIN,)
    assert ended(Named(COORDINATOR, REVIEWER), team=away(LEAD, DEPUTY)) == (ADMIN,)
    assert ended(NAMED, given=()) == (DEPUTY, ADMIN), "both are administrators"


def test_fb_09_it_is_handed_to_the_lead_or_deputy_of_today_who_may_have_it_and_to_nobody_else():
    new = Named(COORDINATOR, DEPUTY)
    had = Standing(given=(LEAD, DEPUTY), told=HAD)
    assert may_be_handed_to(new, TEAM, had, HAD.everyone) == (COORDINATOR,)
    assert may_be_handed_to(new, TEAM, Standing(about=(COORDINATOR,), given=(LEAD,)), ()) == (DEPUTY,)
    assert may_be_handed_to(new, TEAM, Standing(about_too=(COORDINATOR,), giver=DEPUTY, given=(LEAD,)), ()) == ()
    assert may_be_handed_to(new, away(COORDINATOR), had, HAD.everyone) == ()


def test_fb_09_who_hands_it_over_says_that_it_is_about_none_of_them():
    def fields(*to, sure=True):
        return [each.field for each in reasons_not_to_hand_over(to, may_be=[COORDINATOR], not_about_them=sure)]

    assert fields(COORDINATOR) == []
    assert fields(COORDINATOR, sure=False) == ["not_about"]
    assert fields() == fields(ADMIN) == fields(COORDINATOR, ADMIN) == ["to"]


def test_fb_09_once_it_is_handed_over_lead_deputy_and_whoever_has_it_in_hand_have_it_and_nobody_else():
    new, had = Named(COORDINATOR, DEPUTY), Standing(given=(LEAD, DEPUTY, ADMIN), told=Told((LEAD, ADMIN), DEPUTY))

    def given(by, taken_by=None):
        return given_after_handing_over(new, had, by=by, to=[COORDINATOR], taken_by=taken_by)

    assert given(DEPUTY) == given(LEAD) == given(LEAD, taken_by=LEAD) == (DEPUTY, COORDINATOR)
    assert given(DEPUTY, taken_by=ADMIN) == (DEPUTY, ADMIN, COORDINATOR)


def test_fb_09_it_is_about_people_who_work_here_and_nobody_is_taken_off_again():
    def refused(*people, about=()):
        return bool(reasons_not_to_say_whom_it_is_about(people, about=about, colleagues=TEAM))

    assert not refused(COORDINATOR) and not refused(COORDINATOR, about=[LEAD])
    assert refused() and refused(GIVER) and refused(LEAD, about=[LEAD])
