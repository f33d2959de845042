"""The rules of feedback, as sentences. No database, no clock."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from services.feedback import domain
from services.feedback.domain import Item
from shared.reasons import Reason

ITEM, OTHER = UUID(int=1), UUID(int=2)
GIVER, COORDINATOR, REVIEWER = UUID(int=11), UUID(int=12), UUID(int=13)


def waiting(**facts) -> Item:
    return Item(**{"id": ITEM, "waiting_for": "us", "giver_id": GIVER, **facts})


def rules(reasons: list[Reason]) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


def answering(items, ending="used", text="We moved the meeting.", by=COORDINATOR, roles=("coordinator",)):
    return domain.reasons_not_to_answer(items, ending, text, by=by, roles=roles, reviewer_role="approver")


# Giving


@pytest.mark.parametrize(("about", "answerer"), [("opportunity", "us"), ("us", "us"), ("provider", "provider"), ("funder", "funder")])
def test_fb_02_every_item_names_who_must_answer(about, answerer):
    assert domain.answerer_of(about) == answerer


@pytest.mark.parametrize(("about", "named"), [("opportunity", False), ("us", False), ("provider", True), ("funder", True)])
def test_fb_01_feedback_may_be_about_anything_and_a_service_has_a_name(about, named):
    assert domain.reasons_not_to_be_about(about, opportunity_known=True) == []
    assert domain.has_a_name(about) is named


def test_fb_01_it_says_what_to_choose_when_about_is_wrong():
    assert domain.reasons_not_to_be_about("weather", opportunity_known=True) == [Reason("FB-01", "Choose what your feedback is about.", "about")]


def test_fb_01_an_unknown_opportunity_is_refused_only_where_it_is_what_it_is_about():
    assert domain.reasons_not_to_be_about("opportunity", opportunity_known=False) == [
        Reason("FB-01", "We cannot find that opportunity. Choose something else that this is about.", "about")
    ]
    assert domain.reasons_not_to_be_about("us", opportunity_known=False) == []


@pytest.mark.parametrize("about", ["provider", "funder"])
def test_fb_01_a_service_needs_its_name(about):
    assert domain.reasons_not_to_name(about, "Willow House") == []
    assert domain.reasons_not_to_name(about, "  ") == [Reason("FB-01", "Enter the name of the service, or of those who fund it.", "name")]
    assert domain.reasons_not_to_name("us", "") == []


def test_fb_01_the_name_may_have_120_characters_and_no_more():
    assert domain.reasons_not_to_name("provider", "x" * 120) == []
    assert domain.reasons_not_to_name("provider", "x" * 121) == [Reason("FB-01", "Use 120 characters or fewer for the name.", "name")]


@pytest.mark.parametrize("words", ["You were wonderful.", "You were awful.", "x" * 5000])
def test_fb_01_good_and_bad_words_are_accepted_alike(words):
    assert domain.reasons_not_to_accept_words(words) == []


def test_fb_01_no_words_or_too_many_are_refused_with_what_to_do():
    assert domain.reasons_not_to_accept_words(" \n") == [Reason("FB-01", "Write what you want to say.", "words")]
    assert domain.reasons_not_to_accept_words("x" * 5001) == [Reason("FB-01", "Use 5,000 characters or fewer. You can send us more than one.", "words")]


@pytest.mark.parametrize("hear_by", ["email", "in-app", "none"])
def test_fb_04_someone_we_know_chooses_how_to_hear(hear_by):
    assert domain.reasons_not_to_hear_by(hear_by, anonymous=False) == []
    assert domain.reasons_not_to_hear_by(hear_by, anonymous=True) == [Reason("FB-04", "If you stay anonymous we can only answer you by code.", "hear_by")]


def test_fb_04_an_anonymous_giver_hears_by_code_alone():
    assert domain.reasons_not_to_hear_by("code", anonymous=True) == []
    assert domain.reasons_not_to_hear_by("code", anonymous=False) == [Reason("FB-04", "Choose how you want to hear what we did.", "hear_by")]


def test_fb_04_a_code_is_ten_clear_characters_and_the_same_for_the_same_secret():
    code = domain.look_up_code("one")
    assert code == domain.look_up_code("one") == "XPA2TPZ4PV"
    assert len(code) == 10
    assert set(code) <= set(domain.CODE_ALPHABET)
    assert not set("ILOU01") & set(domain.CODE_ALPHABET)
    assert len(domain.CODE_ALPHABET) == len(set(domain.CODE_ALPHABET)) == 30


def test_fb_04_every_character_of_the_alphabet_is_used_and_codes_differ():
    codes = [domain.look_up_code(str(number)) for number in range(500)]
    assert len(set(codes)) == 500
    assert set("".join(codes)) == set(domain.CODE_ALPHABET)


@pytest.mark.parametrize("typed", ["ABCDE-23456", "abcde 23456", " ABCDE23456 ", "a-b c-d e23456"])
def test_fb_04_a_code_may_be_typed_in_any_case_with_spaces_and_hyphens(typed):
    assert domain.tidy_code(typed) == "ABCDE23456"


@pytest.mark.parametrize("typed", ["", "ABCDE2345", "ABCDE234567", "ABCDE2345O", "ABCDE2345!", "<script>"])
def test_fb_04_what_can_be_no_code_is_none(typed):
    assert domain.tidy_code(typed) is None


def test_fb_04_a_code_is_shown_in_two_halves():
    assert domain.spoken_code("ABCDE23456") == "ABCDE-23456"


def test_fb_04_a_secret_makes_a_draft_a_command_and_a_code_that_do_not_show_each_other():
    key, command, code = domain.draft_key("one"), domain.command_id("one"), domain.look_up_code("one")
    assert (key, command) == (domain.draft_key("one"), domain.command_id("one"))
    assert key.hex().startswith("d4972bb0dc80") and str(command) == "1853b853-aa0f-ec3c-0d07-41cf0cad2a82"
    assert key != domain.draft_key("two")
    assert command != domain.command_id("two")
    assert len(key) == 32
    assert command.bytes not in key
    assert code.encode() not in key


def test_fb_04_a_code_is_kept_as_a_slow_hash_of_its_own_organisation():
    kept = domain.hash_of_code("ABCDE23456", "sun")
    assert kept == domain.hash_of_code("ABCDE23456", "sun")
    assert len(kept) == 32
    assert kept.hex().startswith("ca528e150014")
    assert kept != domain.hash_of_code("ABCDE23457", "sun")
    assert kept != domain.hash_of_code("ABCDE23456", "moon")


# The clock


def test_fb_03_the_clock_runs_for_the_days_that_were_set():
    assert domain.due_on(date(2026, 11, 1), 28) == date(2026, 11, 29)


def test_fb_03_it_is_overdue_from_the_day_after_the_last_one():
    assert not domain.is_overdue(date(2026, 11, 29), date(2026, 11, 29))
    assert domain.is_overdue(date(2026, 11, 29), date(2026, 11, 30))


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
    assert domain.waiting_for_whom(waiting_for, name, reviewer=None) == shown


def test_fb_07_a_reopened_item_waits_for_the_named_reviewer():
    assert domain.waiting_for_whom("provider", "Willow House", reviewer="approver") == "our approver, who is looking at it again"


# Ending


@pytest.mark.parametrize("ending", ["used", "not-used", "thanked"])
def test_fb_02_a_waiting_item_can_be_answered(ending):
    assert answering([waiting()], ending) == []


@pytest.mark.parametrize("ending", ["joined", "withdrawn", "spam", "safeguarding", "deleted", ""])
def test_fb_02_an_answer_is_we_did_or_we_did_not_or_thanks(ending):
    assert answering([waiting()], ending) == [Reason("FB-02", "Choose how you answer: we did, we did not, or thank you.", "ending")]


@pytest.mark.parametrize(
    ("ending", "wanted"), [("used", "Write what changed."), ("not-used", "Write why we did not do it."), ("thanked", "Write a few words of thanks.")]
)
def test_fb_02_an_answer_says_what_changed_or_why_not(ending, wanted):
    assert answering([waiting()], ending, " ") == [Reason("FB-02", wanted, "text")]


def test_fb_02_an_answer_has_at_most_3000_characters():
    assert answering([waiting()], text="x" * 3000) == []
    assert answering([waiting()], text="x" * 3001) == [Reason("FB-02", "Use 3,000 characters or fewer.", "text")]


def test_fb_05_one_answer_closes_many_items_of_the_same_answerer():
    assert answering([waiting(), waiting(id=OTHER, giver_id=None)]) == []
    assert answering([waiting(), waiting(id=OTHER, waiting_for="provider")]) == [
        Reason("FB-05", "One answer can only close feedback that waits for the same people. Answer the others apart.", "items")
    ]


def test_fb_05_an_answer_closes_at_least_one_item():
    assert answering([]) == [Reason("FB-05", "Choose at least one piece of feedback to answer.", "items")]


@pytest.mark.parametrize("ending", domain.ENDINGS)
def test_fb_02_what_has_ended_is_not_answered_again(ending):
    reasons = answering([waiting(), waiting(id=OTHER, ending=ending)])
    assert reasons == [Reason("FB-02", "Someone has already answered or ended this. Look at it again before you do more.")]


def test_fb_02_nobody_answers_their_own_feedback():
    assert answering([waiting(), waiting(giver_id=COORDINATOR)]) == [Reason("FB-02", "You gave this feedback yourself. Someone else must answer it.")]


def test_fb_07_the_reviewer_role_answers_what_was_reopened():
    assert answering([waiting(reopened=True)]) == [Reason("FB-07", "The giver said that our answer did not answer it. Our reviewer must look at it now.")]
    assert answering([waiting(reopened=True)], by=REVIEWER, roles=("approver",)) == []


def test_fb_07_who_wrote_the_first_answer_does_not_write_the_second():
    item = waiting(reopened=True, answered_by=frozenset({REVIEWER}))
    assert answering([item], by=REVIEWER, roles=("approver",)) == [Reason("FB-07", "You wrote the first answer. Another reviewer must look at it now.")]
    assert answering([waiting(answered_by=frozenset({COORDINATOR}))]) == []


def test_fb_05_the_same_reason_is_given_once():
    assert rules(answering([waiting(reopened=True), waiting(id=OTHER, reopened=True)])) == [("FB-07", None)]


def joining(item, target, by=COORDINATOR):
    return domain.reasons_not_to_join(item, target, by=by)


@pytest.mark.parametrize("ending", [None, "used", "not-used", "thanked"])
def test_fb_02_an_item_joins_one_that_has_or_gets_an_answer(ending):
    assert joining(waiting(), waiting(id=OTHER, ending=ending)) == []


@pytest.mark.parametrize("target", [None, waiting(), *(waiting(id=OTHER, ending=ending) for ending in ("joined", "withdrawn", "spam", "safeguarding"))])
def test_fb_02_an_item_does_not_join_itself_nor_one_without_answer(target):
    assert joining(waiting(), target) == [Reason("FB-02", "Choose another piece of feedback that has an answer or waits for one.", "target")]


def test_fb_02_only_a_waiting_item_of_someone_else_is_joined():
    other = waiting(id=OTHER)
    assert joining(waiting(ending="used"), other) == [Reason("FB-02", "This has already ended. Look at it again before you do more.")]
    assert joining(waiting(), other, by=GIVER) == [Reason("FB-02", "You gave this feedback yourself. Someone else must deal with it.")]
    assert joining(waiting(reopened=True), other) == [Reason("FB-07", "Its giver asked for another look. Our reviewer must answer it by itself.")]


def spam(item, reason="It sells watches.", by=COORDINATOR):
    return domain.reasons_not_to_call_spam(item, reason, by=by)


def test_fb_02_spam_needs_a_reason():
    assert spam(waiting()) == []
    assert spam(waiting(), "x" * 3000) == []
    assert spam(waiting(), "x" * 3001) == [Reason("FB-02", "Use 3,000 characters or fewer.", "reason")]
    assert spam(waiting(), " ") == [Reason("FB-02", "Write why this is spam. The person who sent it can read what you write.", "reason")]


def test_fb_02_only_a_waiting_item_of_someone_else_is_spam():
    assert spam(waiting(ending="used")) == [Reason("FB-02", "This has already ended. Look at it again before you do more.")]
    assert spam(waiting(), by=GIVER) == [Reason("FB-02", "You gave this feedback yourself. Someone else must deal with it.")]
    assert spam(waiting(reopened=True)) == [Reason("FB-07", "Its giver asked for another look. Our reviewer must answer it.")]


@pytest.mark.parametrize(("to", "name"), [("us", ""), ("provider", "Willow House"), ("funder", "x" * 120)])
def test_fb_02_someone_else_can_be_named_as_the_one_who_must_answer(to, name):
    assert domain.reasons_not_to_pass_on(waiting(), to, name) == []


def test_fb_02_passing_on_says_what_is_missing():
    assert domain.reasons_not_to_pass_on(waiting(), "nobody", "x") == [Reason("FB-02", "Choose who must answer this.", "to")]
    assert domain.reasons_not_to_pass_on(waiting(), "funder", " ") == [Reason("FB-02", "Enter the name of the service, or of those who fund it.", "name")]
    assert domain.reasons_not_to_pass_on(waiting(), "provider", "x" * 121) == [Reason("FB-02", "Use 120 characters or fewer for the name.", "name")]
    assert domain.reasons_not_to_pass_on(waiting(ending="spam"), "us", "") == [Reason("FB-02", "This has already ended. Look at it again before you do more.")]
    assert domain.reasons_not_to_pass_on(waiting(reopened=True), "us", "") == [Reason("FB-07", "Its giver asked for another look. It waits for our reviewer.")]


@pytest.mark.parametrize(("ending", "answered"), [(ending, ending in ("used", "not-used", "thanked")) for ending in domain.ENDINGS])
def test_fb_02_what_was_joined_waits_again_if_the_other_ends_without_an_answer(ending, answered):
    assert domain.speaks_for_joined(ending) is answered


# The giver


def test_fb_02_a_giver_takes_back_what_is_waiting():
    assert domain.reasons_not_to_withdraw(waiting()) == []
    assert domain.reasons_not_to_withdraw(waiting(reopened=True)) == []
    assert domain.reasons_not_to_withdraw(waiting(ending="withdrawn")) == [Reason("FB-02", "You have already taken this back.")]
    assert domain.reasons_not_to_withdraw(waiting(ending="used")) == [Reason("FB-02", "This has already ended. You can still take it off our board.")]


@pytest.mark.parametrize("ending", ["used", "not-used", "thanked", "joined", "spam"])
def test_fb_07_a_giver_says_once_that_it_does_not_answer_it(ending):
    assert domain.reasons_not_to_say_it_does_not_answer(waiting(ending=ending)) == []
    assert domain.reasons_not_to_say_it_does_not_answer(waiting(ending=ending, reopened=True)) == [
        Reason("FB-07", "You have asked us once to look again. You can always send new feedback.")
    ]


@pytest.mark.parametrize("ending", [None, "withdrawn", "safeguarding"])
def test_fb_07_without_an_answer_there_is_nothing_to_look_at_again(ending):
    assert domain.reasons_not_to_say_it_does_not_answer(waiting(ending=ending)) == [Reason("FB-07", "There is no answer to this yet.")]


# The board


@pytest.mark.parametrize("ending", [None, *domain.ENDINGS])
@pytest.mark.parametrize("may_show", [True, False])
@pytest.mark.parametrize("wording_checked", [True, False])
def test_fb_06_the_board_shows_answers_with_consent_in_a_checked_wording(ending, may_show, wording_checked):
    shown = ending in ("used", "not-used", "thanked") and may_show and wording_checked
    assert domain.shown_on_board(ending, may_show=may_show, wording_checked=wording_checked) is shown


def publishing(said="The room was too warm.", text="We bought a fan.", headings=("Willow House",), checked=True, anyone_agreed=True, names=()):
    return domain.reasons_not_to_publish(said, text, headings=headings, checked=checked, anyone_agreed=anyone_agreed, names=names)


def test_fb_06_a_checked_wording_goes_on_the_board():
    assert publishing() == []
    assert publishing("x" * 3000) == []


def test_fb_06_nothing_goes_on_the_board_without_consent():
    assert publishing(said="", anyone_agreed=False) == [
        Reason("FB-06", "Nobody who said this has agreed to it being shown. Leave the wording for the board empty.", "said")
    ]


def test_fb_06_a_wording_is_there_short_enough_and_confirmed_by_staff():
    assert publishing(said=" ") == [Reason("FB-06", "Write what people told us, for the board.", "said")]
    assert publishing("x" * 3001) == [Reason("FB-06", "Use 3,000 characters or fewer.", "said")]
    assert publishing(checked=False) == [Reason("FB-06", "Confirm that you have read the wording and that it shows nothing about who someone is.", "checked")]


def test_fb_06_personal_details_are_named_by_the_field_they_stand_in():
    assert publishing("Ring 07700 900123", "Thank you, Ffion", names=["Ffion Amlwch"]) == [
        Reason("FB-06", "Take out the phone number. The board shows nothing about who someone is.", "said"),
        Reason("FB-06", "Take out the person's name. The board shows nothing about who someone is.", "text"),
    ]


def test_fb_06_several_personal_details_are_named_together():
    assert publishing("Ring 07700 900123, AB1 2CD") == [
        Reason("FB-06", "Take out the phone number and the postcode. The board shows nothing about who someone is.", "said")
    ]


def test_fb_06_the_heading_that_a_giver_wrote_shows_nobody_either():
    assert publishing(headings=["Willow House", "Kai at the clinic"], names=["Kai Oduya"]) == [
        Reason("FB-06", "The name of what this is about shows who someone is. Open the feedback and correct the name first.", "said")
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write to ffion@example.org about it", ["the email address"]),
        ("Ring 07700 900123 or +44 7700 900123", ["the phone number"]),
        ("I live at AB1 2CD", ["the postcode"]),
        ("I live at ab12cd", ["the postcode"]),
        ("Ask Amlwch.", ["the person's name"]),
        ("Ffion, 07700900123, f@example.org, AB1 2CD", ["the email address", "the phone number", "the postcode", "the person's name"]),
    ],
)
def test_fb_06_personal_details_are_found(text, found):
    assert domain.personal_details_in(text, ["Ffion Amlwch"]) == found


@pytest.mark.parametrize("text", ["", "We met 12 people on 3 December 2026 at 10:30", "Amlwchs are no names", "it was at the end, said al", "12345678"])
def test_fb_06_ordinary_words_are_no_personal_details(text):
    assert domain.personal_details_in(text, ["Al Amlwch", "Ed"]) == []


def test_fb_06_a_name_of_three_letters_counts_and_nine_digits_are_a_phone_number():
    assert domain.personal_details_in("Ask Kai", ["Kai Oduya"]) == ["the person's name"]
    assert domain.personal_details_in("123456789", []) == ["the phone number"]


# Past feedback


def past(received: str = "2026-03-01", ending: str | None = "used", answer: str = "We moved it.", answered: str | None = "2026-03-08"):
    answered_on = date.fromisoformat(answered) if answered else None
    return domain.reasons_not_to_take_past(date.fromisoformat(received), ending, answer, answered_on, today=date(2026, 3, 10))


def test_fb_02_past_feedback_is_taken_with_its_answer_or_without_one():
    assert past() == []
    assert past(ending=None, answer="", answered=None) == []
    assert past(received="2026-03-10", answered="2026-03-10") == []
    assert past(received="2026-03-08", answered="2026-03-08") == []


def test_fb_02_past_feedback_says_what_is_wrong_in_its_column():
    assert past(received="2026-03-11", ending=None, answer="", answered=None) == [Reason("FB-02", "This day has not come yet.", "received_on")]
    lone = [Reason("FB-02", "There is an answer but no ending. Write used, not-used or thanked.", "ending")]
    assert past(ending=None, answered=None) == lone
    assert past(ending=None, answer="") == lone
    assert past(answer=" ") == [Reason("FB-02", "Write what changed.", "answer")]
    assert rules(past(received="2026-03-11", answered="2026-03-11")) == [("FB-02", "received_on"), ("FB-02", "answered_on")]
    assert rules(past(ending="joined")) == [("FB-02", "ending")]
    assert past(answered=None) == [Reason("FB-02", "Write the day of the answer.", "answered_on")]
    wrong_day = [Reason("FB-02", "The day of the answer lies between the day it was received and today.", "answered_on")]
    assert past(answered="2026-02-28") == wrong_day
    assert past(answered="2026-03-11") == wrong_day


# Safeguarding


def test_fb_09_the_clock_of_a_concern_runs_in_hours():
    assert domain.respond_by(datetime(2026, 11, 20, 17, 30, tzinfo=UTC), 24) == datetime(2026, 11, 21, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize("ending", [None, "used", "not-used", "thanked", "joined", "spam"])
def test_fb_09_staff_can_mark_anything_as_a_safeguarding_concern(ending):
    assert domain.reasons_not_to_move_to_safeguarding(waiting(ending=ending), "Someone may be hurt.") == []


def test_fb_09_a_concern_says_why_and_is_raised_once():
    move = domain.reasons_not_to_move_to_safeguarding
    assert move(waiting(), "x" * 3000) == []
    assert move(waiting(), "x" * 3001) == [Reason("FB-09", "Use 3,000 characters or fewer.", "why")]
    assert move(waiting(), " ") == [Reason("FB-09", "Write what worries you, so that the safeguarding lead can act.", "why")]
    assert move(waiting(ending="safeguarding"), "x") == [Reason("FB-09", "This is already with the safeguarding lead.")]
    assert move(waiting(ending="withdrawn"), "x") == [Reason("FB-09", "Its giver took this back and its words are gone. Ring the safeguarding lead.")]


LEAD, DEPUTY, ADMIN = UUID(int=21), UUID(int=22), UUID(int=23)
TEAM = [
    domain.Colleague(LEAD, frozenset({"finance"})),
    domain.Colleague(DEPUTY, frozenset({"coordinator", "administrator"})),
    domain.Colleague(ADMIN, frozenset({"administrator", "coordinator"})),
    domain.Colleague(COORDINATOR, frozenset({"coordinator"})),
    domain.Colleague(REVIEWER, frozenset({"approver"})),
]
NAMED = domain.Named(LEAD, DEPUTY)


def told(*about: UUID, named=NAMED, team=TEAM, giver=None, run_out=False):
    return domain.who_is_told(named, team, about=about, giver=giver, run_out=run_out)


def away(*people: UUID):
    return [domain.Colleague(each.person_id, each.roles, each.paused or each.person_id in people) for each in TEAM]


@pytest.mark.parametrize("run_out", [False, True])
def test_fb_09_a_concern_goes_to_the_lead_and_the_deputy_at_once_and_to_nobody_else(run_out):
    assert told(run_out=run_out) == domain.Told((LEAD,), DEPUTY)
    assert told(run_out=run_out).everyone == (LEAD, DEPUTY)


def test_fb_09_a_concern_never_goes_to_anyone_it_is_about_or_who_wrote_it():
    assert told(LEAD) == domain.Told((DEPUTY,))
    assert told(DEPUTY) == domain.Told((LEAD,))
    assert told(giver=LEAD) == domain.Told((DEPUTY,))


def test_fb_09_about_both_it_goes_to_administrators_then_coordinators_then_approvers_who_are_not_ticked():
    assert told(LEAD, DEPUTY) == domain.Told((ADMIN,))
    assert told(LEAD, DEPUTY, ADMIN) == domain.Told((COORDINATOR,))
    assert told(LEAD, DEPUTY, ADMIN, COORDINATOR) == domain.Told((REVIEWER,))
    assert told(LEAD, DEPUTY, ADMIN, COORDINATOR, REVIEWER) == domain.Told()


def test_fb_09_until_a_lead_is_named_administrators_have_it():
    assert told(named=domain.Named()) == domain.Told((DEPUTY, ADMIN))


def test_fb_09_whoever_is_away_or_works_here_no_more_is_passed_over():
    assert told(team=away(LEAD)) == domain.Told((DEPUTY,))
    assert told(team=away(LEAD, DEPUTY)) == domain.Told((ADMIN,))
    left = [domain.Colleague(LEAD, frozenset({"participant"})), *TEAM[1:]]
    assert told(team=left) == domain.Told((DEPUTY,))


def test_fb_09_when_its_hours_ran_out_and_only_one_of_the_two_has_it_those_who_stand_in_have_it_too():
    assert told(LEAD, run_out=True) == domain.Told((DEPUTY, ADMIN))
    assert told(LEAD, DEPUTY, run_out=True) == domain.Told((ADMIN, COORDINATOR))


def test_fb_09_administrators_hear_which_of_the_two_is_missing():
    assert domain.parts_missing(NAMED, TEAM) == ()
    assert domain.parts_missing(domain.Named(), TEAM) == ("lead", "deputy")
    assert domain.parts_missing(NAMED, away(DEPUTY)) == ("deputy",)


def test_fb_09_lead_and_deputy_are_two_people_who_work_here():
    assert domain.reasons_not_to_name_leads(LEAD, DEPUTY, TEAM) == []
    assert [reason.field for reason in domain.reasons_not_to_name_leads(LEAD, LEAD, TEAM)] == ["deputy"]
    assert [reason.field for reason in domain.reasons_not_to_name_leads(GIVER, None, TEAM)] == ["lead", "deputy"]
    assert [reason.field for reason in domain.reasons_not_to_name_leads(LEAD, DEPUTY, away(LEAD))] == ["lead"]


def test_fb_09_only_who_was_told_sees_it_and_never_anyone_it_is_about():
    assert domain.sees_concern(LEAD, [LEAD], about=[], giver=GIVER)
    assert not domain.sees_concern(COORDINATOR, [LEAD, DEPUTY], about=[], giver=GIVER)
    assert not domain.sees_concern(LEAD, [LEAD], about=[LEAD], giver=GIVER)
    assert not domain.sees_concern(LEAD, [LEAD], about=[], giver=LEAD)


def test_fb_09_a_concern_ends_once_and_with_what_was_done():
    assert domain.reasons_not_to_settle("We rang them.", settled=False) == []
    assert [reason.field for reason in domain.reasons_not_to_settle(" ", settled=False)] == ["note"]
    assert domain.reasons_not_to_settle("Again.", settled=True)[0].text == "This has already been settled."


def test_fb_09_its_hours_run_out_only_while_nobody_has_it_in_hand():
    by = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
    assert not domain.has_run_out(by, None, by)
    assert domain.has_run_out(by, None, by + timedelta(seconds=1))
    assert not domain.has_run_out(by, by, by + timedelta(seconds=1))


DRAFT = {"about": "us", "words": "The room was cold.", "may_show": True, "hear_by": "code"}


@pytest.mark.parametrize("passed_over", sorted(DRAFT))
def test_fb_01_a_question_that_was_passed_over_is_answered_first(passed_over: str):
    left = {name: answer for name, answer in DRAFT.items() if name != passed_over}
    assert [reason.rule for reason in domain.reasons_not_to_send_draft(left)] == ["FB-01"]
    assert domain.reasons_not_to_send_draft(DRAFT) == []


def test_net_02_only_the_words_that_the_giver_read_last_are_sent_elsewhere():
    seal = domain.seal_of(domain.readable(DRAFT["words"]))
    assert [reason.rule for reason in domain.reasons_not_to_send_draft({**DRAFT, "host": "sun"})] == ["NET-02"]
    assert domain.reasons_not_to_send_draft({**DRAFT, "host": "sun", "may_cross": False}) == []
    agreed = {**DRAFT, "host": "sun", "may_cross": True, "agreed_to": seal}
    assert domain.reasons_not_to_send_draft(agreed) == []
    assert [reason.rule for reason in domain.reasons_not_to_send_draft({**agreed, "words": "The room was hot."})] == ["NET-02"]


def test_fb_05_a_theme_has_a_short_name():
    assert domain.reasons_not_to_call_theme("x" * domain.LONGEST_NAME) == []
    assert [reason.field for reason in domain.reasons_not_to_call_theme("x" * (domain.LONGEST_NAME + 1))] == ["theme"]
