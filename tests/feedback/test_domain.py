"""The rules of giving feedback, as sentences. No database, no clock."""

import pytest

from services.feedback.domain.codes import (
    CODE_ALPHABET,
    command_id,
    draft_key,
    hash_of_code,
    look_up_code,
    spoken_code,
    tidy_code,
)
from services.feedback.domain.crossing import reasons_not_to_send_draft, seal_of
from services.feedback.domain.giving import (
    answerer_of,
    has_a_name,
    reasons_not_to_accept_words,
    reasons_not_to_be_about,
    reasons_not_to_hear_by,
    reasons_not_to_name,
)
from services.feedback.domain.network import readable
from shared.reasons import Reason

# Giving


@pytest.mark.parametrize(
    ("about", "answerer"), [("opportunity", "us"), ("us", "us"), ("provider", "provider"), ("funder", "funder")]
)
def test_fb_02_every_item_names_who_must_answer(about, answerer):
    assert answerer_of(about) == answerer


@pytest.mark.parametrize(
    ("about", "named"), [("opportunity", False), ("us", False), ("provider", True), ("funder", True)]
)
def test_fb_01_feedback_may_be_about_anything_and_a_service_has_a_name(about, named):
    assert reasons_not_to_be_about(about, opportunity_known=True) == []
    assert has_a_name(about) is named


def test_fb_01_it_says_what_to_choose_when_about_is_wrong():
    assert reasons_not_to_be_about("weather", opportunity_known=True) == [
        Reason("FB-01", "Choose what your feedback is about.", "about")
    ]


def test_fb_01_an_unknown_opportunity_is_refused_only_where_it_is_what_it_is_about():
    assert reasons_not_to_be_about("opportunity", opportunity_known=False) == [
        Reason("FB-01", "We cannot find that opportunity. Choose something else that this is about.", "about")
    ]
    assert reasons_not_to_be_about("us", opportunity_known=False) == []


@pytest.mark.parametrize("about", ["provider", "funder"])
def test_fb_01_a_service_needs_its_name(about):
    assert reasons_not_to_name(about, "Willow House") == []
    assert reasons_not_to_name(about, "  ") == [
        Reason("FB-01", "Enter the name of the service, or of those who fund it.", "name")
    ]
    assert reasons_not_to_name("us", "") == []


def test_fb_01_the_name_may_have_120_characters_and_no_more():
    assert reasons_not_to_name("provider", "x" * 120) == []
    assert reasons_not_to_name("provider", "x" * 121) == [
        Reason("FB-01", "Use 120 characters or fewer for the name.", "name")
    ]


@pytest.mark.parametrize("words", ["You were wonderful.", "You were awful.", "x" * 5000])
def test_fb_01_good_and_bad_words_are_accepted_alike(words):
    assert reasons_not_to_accept_words(words) == []


def test_fb_01_no_words_or_too_many_are_refused_with_what_to_do():
    assert reasons_not_to_accept_words(" \n") == [Reason("FB-01", "Write what you want to say.", "words")]
    assert reasons_not_to_accept_words("x" * 5001) == [
        Reason("FB-01", "Use 5,000 characters or fewer. You can send us more than one.", "words")
    ]


@pytest.mark.parametrize("hear_by", ["email", "in-app", "none"])
def test_fb_04_someone_we_know_chooses_how_to_hear(hear_by):
    assert reasons_not_to_hear_by(hear_by, anonymous=False) == []
    assert reasons_not_to_hear_by(hear_by, anonymous=True) == [
        Reason("FB-04", "If you stay anonymous we can only answer you by code.", "hear_by")
    ]


def test_fb_04_an_anonymous_giver_hears_by_code_alone():
    assert reasons_not_to_hear_by("code", anonymous=True) == []
    assert reasons_not_to_hear_by("code", anonymous=False) == [
        Reason("FB-04", "Choose how you want to hear what we did.", "hear_by")
    ]


def test_fb_04_a_code_is_ten_clear_characters_and_the_same_for_the_same_secret():
    code = look_up_code("one")
    assert code == look_up_code("one") == "XPA2TPZ4PV"
    assert len(code) == 10
    assert set(code) <= set(CODE_ALPHABET)
    assert not set("ILOU01") & set(CODE_ALPHABET)
    assert len(CODE_ALPHABET) == len(set(CODE_ALPHABET)) == 30


def test_fb_04_every_character_of_the_alphabet_is_used_and_codes_differ():
    codes = [look_up_code(str(number)) for number in range(500)]
    assert len(set(codes)) == 500
    assert set("".join(codes)) == set(CODE_ALPHABET)


@pytest.mark.parametrize(
    "typed",
    [
        *("ABCDE-23456", "abcde 23456", " ABCDE23456 ", "a-b c-d e23456", "ABCDE\u201323456", "ABCDE\u201123456"),
        *("ABCDE\u221223456", "ABCDE_23456", "ABCDE.23456", "ＡＢＣＤＥ－２３４５６", "ABCDE\u00a0\u200b23456"),
    ],
)
def test_fb_04_a_code_may_be_typed_or_copied_in_any_case_with_spaces_and_dashes_of_any_kind(typed):
    assert tidy_code(typed) == "ABCDE23456"


@pytest.mark.parametrize("typed", ["", "ABCDE2345", "ABCDE234567", "ABCDE2345O", "ABCDE2345!", "<script>"])
def test_fb_04_what_can_be_no_code_is_none(typed):
    assert tidy_code(typed) is None


def test_fb_04_a_code_is_shown_in_two_halves():
    assert spoken_code("ABCDE23456") == "ABCDE-23456"


def test_fb_04_a_secret_makes_a_draft_a_command_and_a_code_that_do_not_show_each_other():
    key, command, code = draft_key("one"), command_id("one"), look_up_code("one")
    assert (key, command) == (draft_key("one"), command_id("one"))
    assert key.hex().startswith("d4972bb0dc80") and str(command) == "1853b853-aa0f-ec3c-0d07-41cf0cad2a82"
    assert key != draft_key("two")
    assert command != command_id("two")
    assert len(key) == 32
    assert command.bytes not in key
    assert code.encode() not in key


def test_fb_04_a_code_is_kept_as_a_slow_hash_of_its_own_organisation():
    kept = hash_of_code("ABCDE23456", "sun")
    assert kept == hash_of_code("ABCDE23456", "sun")
    assert len(kept) == 32
    assert kept.hex().startswith("ca528e150014")
    assert kept != hash_of_code("ABCDE23457", "sun")
    assert kept != hash_of_code("ABCDE23456", "moon")


DRAFT = {"about": "us", "words": "The room was cold.", "may_show": True, "hear_by": "code"}


@pytest.mark.parametrize("passed_over", sorted(DRAFT))
def test_fb_01_a_question_that_was_passed_over_is_answered_first(passed_over: str):
    left = {name: answer for name, answer in DRAFT.items() if name != passed_over}
    assert [reason.rule for reason in reasons_not_to_send_draft(left)] == ["FB-01"]
    assert reasons_not_to_send_draft(DRAFT) == []


def test_net_02_only_the_words_that_the_giver_read_last_are_sent_elsewhere():
    seal = seal_of(readable(DRAFT["words"]))
    assert [reason.rule for reason in reasons_not_to_send_draft({**DRAFT, "host": "sun"})] == ["NET-02"]
    assert reasons_not_to_send_draft({**DRAFT, "host": "sun", "may_cross": False}) == []
    agreed = {**DRAFT, "host": "sun", "may_cross": True, "agreed_to": seal}
    assert reasons_not_to_send_draft(agreed) == []
    assert [reason.rule for reason in reasons_not_to_send_draft({**agreed, "words": "The room was hot."})] == ["NET-02"]
