"""Who has a safeguarding concern of before, once others are named, and who reads what has ended (FB-09)."""

from dataclasses import replace
from uuid import UUID

import pytest

from services.feedback.domain.safeguarding import named_no_longer
from services.feedback.domain.who_reads import (
    Colleague,
    Named,
    Standing,
    Told,
    begins_anew,
    everybody_given,
    given_after_handing_over,
    may_be_about,
    may_be_handed_to,
    reasons_not_to_hand_over,
    reasons_not_to_say_whom_it_is_about,
    who_is_told,
    who_reads_what_ended,
    why_others_stand_in,
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


def test_fb_09_who_had_it_and_was_away_comes_back_to_it_as_lead_or_deputy_and_nobody_else_does():
    now = Told((DEPUTY,))
    assert kept(named=NAMED, now=now) == HAD
    assert kept(named=Named(COORDINATOR, DEPUTY), now=now) == Told((DEPUTY,))
    assert everybody_given(Standing(given=(LEAD,)), Told((ADMIN,))) == (LEAD, ADMIN)


def without_role(*people: UUID):
    return [
        Colleague(each.person_id, frozenset({"participant"})) if each.person_id in people else each for each in TEAM
    ]


def left(*people: UUID):
    return [each for each in TEAM if each.person_id not in people]


def who_have_it(named, *, came: list[Colleague], then: list[list[Colleague]], now_named=None, run_out=False, **concern):
    """Who has it once it came while these worked here, and then these, one after the other; at the end with these
    named, and its hours run out."""
    standing = Standing(**concern)
    for step, team in enumerate([came, *then]):
        last = step == len(then)
        named_then = now_named if last and now_named else named
        told = who_is_told(named_then, team, standing, run_out=run_out and last)
        standing = replace(standing, given=everybody_given(standing, told), told=told)
    return standing.told.everyone


GONE = [away, without_role, left]
EVERYBODY = [LEAD, DEPUTY, ADMIN, COORDINATOR, REVIEWER]


@pytest.mark.parametrize("gone", GONE)
@pytest.mark.parametrize(
    ("whom", "others", "what"),
    [
        ((LEAD,), (DEPUTY,), {}),
        ((DEPUTY,), (LEAD,), {}),
        ((DEPUTY,), (LEAD,), {"now_named": Named(DEPUTY, LEAD)}),
        ((LEAD,), (DEPUTY,), {"now_named": Named(LEAD, COORDINATOR)}),
        ((LEAD,), (DEPUTY, ADMIN), {"run_out": True}),
        ((LEAD, DEPUTY), (ADMIN,), {}),
        ((LEAD, DEPUTY), (ADMIN, COORDINATOR), {"run_out": True}),
        ((LEAD, DEPUTY, ADMIN), (COORDINATOR,), {}),
        ((LEAD,), (ADMIN,), {"about": (DEPUTY,)}),
        ((LEAD,), (ADMIN,), {"about_too": (DEPUTY,)}),
        ((LEAD,), (ADMIN,), {"giver": DEPUTY}),
        ((LEAD,), (COORDINATOR,), {"about": (DEPUTY,), "about_roles": ("administrator",)}),
    ],
)
def test_fb_09_who_was_away_when_it_came_has_it_by_no_road_of_their_own_and_once_it_is_handed_to_them(
    gone, whom, others, what
):
    """It may be about them: back from a break, role given back, joined again, named anew, its hours run out."""
    have = who_have_it(NAMED, came=gone(*whom), then=[gone(*whom), TEAM], **what)
    assert set(have) == set(others)
    concern = {name: each for name, each in what.items() if name in ("about", "about_too", "giver", "about_roles")}
    named, standing = what.get("now_named", NAMED), Standing(given=have, told=Told(have), **concern)
    to = may_be_handed_to(named, TEAM, standing, have)
    assert set(whom) & set(named.both) <= set(to)


@pytest.mark.parametrize("gone", GONE)
def test_fb_09_whom_it_is_about_gets_it_by_no_road_though_they_were_here_or_away(gone):
    for whom in EVERYBODY:
        for first in (TEAM, gone(whom), gone(LEAD, DEPUTY), gone(*EVERYBODY)):
            for then in ([TEAM], [gone(*EVERYBODY), TEAM], [gone(LEAD, DEPUTY), TEAM]):
                for named in (NAMED, Named(whom, LEAD if whom != LEAD else DEPUTY)):
                    for run_out in (False, True):
                        have = who_have_it(
                            NAMED, came=first, then=then, now_named=named, run_out=run_out, about=(whom,)
                        )
                        assert have and whom not in have
                        ended = Standing(about=(whom,), given=have, told=Told(have))
                        assert whom not in who_reads_what_ended(named, TEAM, ended)
                        assert whom not in may_be_handed_to(named, TEAM, ended, have)


@pytest.mark.parametrize("gone", GONE)
def test_fb_09_if_nobody_was_there_who_stands_in_has_it_before_a_lead_who_comes_back(gone):
    nobody = gone(*EVERYBODY)
    named = Named(LEAD, REVIEWER)
    assert who_have_it(named, came=nobody, then=[TEAM]) == (DEPUTY, ADMIN), "the administrators"
    assert who_have_it(named, came=nobody, then=[gone(DEPUTY, ADMIN, COORDINATOR, REVIEWER)]) == (LEAD,), "nobody else"


def test_fb_09_when_the_hours_of_the_only_one_here_run_out_nobody_has_it_twice_nor_a_deputy_who_was_away():
    two = [each for each in TEAM if each.person_id in (LEAD, DEPUTY)]
    assert who_have_it(NAMED, came=two[:1], then=[two[:1]], run_out=True) == (LEAD,)
    assert who_have_it(NAMED, came=two[:1], then=[two], run_out=True) == (LEAD,)


def test_fb_09_nobody_with_a_role_that_it_may_be_about_stands_in_who_had_the_role_back_or_anew():
    both = away(LEAD, DEPUTY)
    without = without_role(ADMIN)
    came = [each for each in without if each.person_id not in (LEAD, DEPUTY)]
    have = who_have_it(NAMED, came=came, then=[both], about_roles=("administrator",))
    assert have == (COORDINATOR,)
    have = who_have_it(NAMED, came=came, then=[left(COORDINATOR)], about_roles=("administrator",))
    assert have == (REVIEWER,)


def test_fb_09_it_says_truly_why_others_stand_in():
    away_or_none = "the people who look after safety here are away, or not chosen yet"
    assert why_others_stand_in(NAMED, TEAM, [LEAD, DEPUTY]) == "you ticked both people who look after safety here"
    assert why_others_stand_in(NAMED, away(DEPUTY), [LEAD]).endswith("The other one is away, or not chosen yet")
    assert why_others_stand_in(Named(LEAD), TEAM, [LEAD]).startswith("you ticked one of the people")
    assert why_others_stand_in(NAMED, away(LEAD, DEPUTY), [LEAD]) == away_or_none
    assert why_others_stand_in(Named(), TEAM, []) == away_or_none


def test_fb_09_who_is_away_or_has_no_role_for_now_can_be_ticked():
    works_here = without_role(DEPUTY)
    assert may_be_about(NAMED, works_here) == set(EVERYBODY)
    assert may_be_about(OTHERS, works_here) == set(EVERYBODY) - {DEPUTY}
    assert may_be_about(OTHERS, works_here, given=[DEPUTY]) == set(EVERYBODY)


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
        return bool(reasons_not_to_say_whom_it_is_about(people, about=about, may_be=may_be_about(NAMED, TEAM)))

    assert not refused(COORDINATOR) and not refused(COORDINATOR, about=[LEAD])
    assert refused() and refused(GIVER) and refused(LEAD, about=[LEAD])
