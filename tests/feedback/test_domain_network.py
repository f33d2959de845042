"""The rules of feedback that crosses an organisation's border, as sentences (NET-02)."""

from typing import Any
from uuid import UUID

import pytest

from services.feedback.domain.ending import reasons_not_to_answer, reasons_not_to_join
from services.feedback.domain.facts import Item
from services.feedback.domain.network import (
    TAKEN_BACK,
    as_answer,
    effect_of_answer,
    is_taken_back,
    reasons_not_to_hear_guest,
    reasons_not_to_hear_host,
    reasons_not_to_let_host_read,
    takes_newer_words,
    what_home_hears,
    words_of_answer,
    words_that_leave,
)
from shared.reasons import Reason

ITEM, COORDINATOR = UUID(int=1), UUID(int=12)


def item(**facts: Any) -> Item:
    values: dict[str, Any] = {"id": ITEM, "waiting_for": "provider", **facts}
    return Item(**values)


def rules(reasons: list[Reason]) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


# What leaves


@pytest.mark.parametrize(
    ("words", "names", "found"),
    [
        ("Too warm.", (), ""),
        ("Too warm.", ("Ffion Amlwch",), ""),
        ("Too warm for Ffion.", ("Ffion Amlwch",), "the person's name"),
        ("Too warm for Ffion.", (), ""),
        ("Ring 07700 900123.", (), "the phone number"),
        ("Write to a@people.example.", (), "the email address"),
        ("I live at IP1 2AB.", (), "the postcode"),
        ("Ring 07700 900123 or a@people.example.", (), "the email address and the phone number"),
    ],
)
def test_net_02_words_that_show_who_someone_is_do_not_leave(words: str, names: tuple[str, ...], found: str):
    reasons = reasons_not_to_let_host_read(words, names)
    if not found:
        assert reasons == []
        return
    assert rules(reasons) == [("NET-02", "may_cross")]
    assert (
        reasons[0].text
        == f"Take out {found} first, or choose that only we read it. Nobody elsewhere must see who someone is."
    )


@pytest.mark.parametrize("ending", [None, "used", "not-used", "thanked", "joined"])
def test_net_02_the_host_reads_the_words_as_they_are(ending: Any):
    assert words_that_leave("Too warm.", ending) == "Too warm."


def test_fb_02_of_what_was_taken_back_only_that_leaves():
    assert words_that_leave("", "withdrawn") == words_that_leave("Too warm.", "withdrawn") == TAKEN_BACK


@pytest.mark.parametrize("ending", ["spam", "safeguarding"])
def test_fb_09_spam_and_what_is_with_our_lead_are_nobodys_elsewhere(ending: Any):
    assert words_that_leave("Too warm.", ending) is None


def test_net_02_characters_that_nobody_sees_do_not_leave():
    assert words_that_leave("a\x00b\x08c\x7f\u202ed\u2028e\u2066\x9f", None) == "abcde"
    assert words_that_leave("one\ttwo\r\nthree – ŵ 👍🏽", None) == "one\ttwo\r\nthree – ŵ 👍🏽"
    assert words_that_leave("\x01", None) is None


# What a host's answer does


@pytest.mark.parametrize("ending", ["used", "not-used", "thanked", "spam"])
def test_fb_02_the_hosts_answer_ends_what_waits(ending: Any):
    assert effect_of_answer(item(), ending, ended_by_host=False) == "ends"


@pytest.mark.parametrize("before", ["used", "not-used", "thanked", "spam", "joined"])
@pytest.mark.parametrize(("ended_by_host", "effect"), [(True, "ends"), (False, "kept")])
def test_fb_02_a_later_answer_replaces_the_hosts_own_and_never_ours(before: Any, ended_by_host: bool, effect: str):
    assert effect_of_answer(item(ending=before), "used", ended_by_host=ended_by_host) == effect


@pytest.mark.parametrize("ending", ["used", "spam"])
def test_fb_07_what_was_reopened_is_our_reviewers(ending: Any):
    assert effect_of_answer(item(reopened=True), ending, ended_by_host=True) == "kept"


@pytest.mark.parametrize("ending", ["joined", "withdrawn"])
def test_fb_02_a_host_can_neither_join_it_nor_take_it_back(ending: Any):
    assert effect_of_answer(item(), ending, ended_by_host=True) == "kept"


@pytest.mark.parametrize(
    "facts", [{}, {"ending": "used"}, {"ending": "spam"}, {"ending": "joined"}, {"reopened": True}]
)
def test_fb_09_a_hosts_concern_goes_to_our_lead_also_after_an_answer(facts: dict[str, Any]):
    assert effect_of_answer(item(**facts), "safeguarding", ended_by_host=False) == "concern"


@pytest.mark.parametrize("before", ["safeguarding", "withdrawn"])
@pytest.mark.parametrize("ending", ["safeguarding", "used", "spam"])
def test_fb_09_what_is_with_our_lead_or_taken_back_stays_so(before: Any, ending: Any):
    assert effect_of_answer(item(ending=before), ending, ended_by_host=True) == "kept"


@pytest.mark.parametrize("answer", ["used", "not-used", "thanked"])
def test_fb_02_an_answer_keeps_its_ending(answer: Any):
    assert as_answer(answer) == answer


@pytest.mark.parametrize("ending", ["spam", "joined", "withdrawn", "safeguarding"])
def test_fb_02_what_is_no_answer_cannot_pass_for_one(ending: Any):
    with pytest.raises(ValueError, match=f"^{ending} is no answer$"):
        as_answer(ending)


# What the home organisation hears


@pytest.mark.parametrize("ending", ["used", "not-used", "thanked", "spam", "safeguarding"])
def test_fb_02_the_home_hears_how_a_guests_item_ended(ending: Any):
    assert what_home_hears(ending, speaker=None) == ending


@pytest.mark.parametrize(
    ("speaker", "heard"),
    [
        ("used", "used"),
        ("not-used", "not-used"),
        ("thanked", "thanked"),
        (None, None),
        ("spam", None),
        ("joined", None),
        ("safeguarding", None),
        ("withdrawn", None),
    ],
)
def test_fb_05_what_was_joined_hears_the_answer_of_the_other_and_nothing_before(speaker: Any, heard: Any):
    assert what_home_hears("joined", speaker=speaker) == heard


def test_fb_02_the_home_is_not_told_what_it_told_us():
    assert what_home_hears("withdrawn", speaker=None) is None
    assert what_home_hears("withdrawn", speaker="used") is None


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("used", "Fan."),
        ("not-used", "Fan."),
        ("thanked", "Fan."),
        ("joined", "Fan."),
        ("spam", "Advert."),
        ("safeguarding", ""),
        ("withdrawn", ""),
        (None, ""),
    ],
)
def test_fb_09_no_word_of_a_concern_goes_with_it(ending: Any, words: str):
    assert words_of_answer(ending, answer="Fan\x00.", reason="Advert\u202e.") == words


# What arrives


@pytest.mark.parametrize(
    ("ending", "replaced"), [(None, True), ("used", False), ("safeguarding", False), ("withdrawn", False)]
)
def test_net_02_newer_words_replace_what_nobody_has_dealt_with(ending: Any, replaced: bool):
    assert takes_newer_words(item(ending=ending)) is replaced


@pytest.mark.parametrize(
    ("ending", "goes"),
    [(None, True), ("used", True), ("spam", True), ("joined", True), ("safeguarding", False), ("withdrawn", False)],
)
def test_fb_02_words_that_were_taken_back_go_but_for_what_is_with_the_lead(ending: Any, goes: bool):
    assert is_taken_back(item(ending=ending)) is goes


@pytest.mark.parametrize(
    ("ours", "used", "text"),
    [
        (True, False, None),
        (False, False, "another organisation's"),
        (False, True, "another organisation's opportunity"),
        (True, True, "under this id"),
    ],
)
def test_net_02_a_guests_feedback_is_about_ours_and_under_an_id_of_its_own(ours: bool, used: bool, text: str | None):
    reasons = reasons_not_to_hear_guest(ours=ours, used_by_another=used)
    assert rules(reasons) == ([("NET-02", None)] if text else [])
    assert not text or text in reasons[0].text


@pytest.mark.parametrize(("asked", "text"), [("sun", None), ("suf", "Another organisation"), (None, "Nobody else")])
def test_net_02_only_the_host_that_was_asked_is_heard(asked: str | None, text: str | None):
    reasons = reasons_not_to_hear_host(asked=asked, origin="sun")
    assert rules(reasons) == ([("NET-02", None)] if text else [])
    assert not text or text in reasons[0].text


# While it is with the host


def test_fb_02_what_is_with_its_host_is_neither_answered_nor_joined_here():
    answering = {"by": COORDINATOR, "roles": ["coordinator"], "reviewer_role": "approver"}
    reasons = reasons_not_to_answer([item(with_host=True)], "used", "Done.", **answering)
    assert [reason.text for reason in reasons] == [
        "The organisation that ran this was asked to answer it. To answer it yourselves, first say that you must "
        "answer it."
    ]
    assert rules(reasons_not_to_join(item(with_host=True), item(id=UUID(int=2)), by=COORDINATOR)) == [("FB-02", None)]
    assert reasons_not_to_answer([item()], "used", "Done.", **answering) == []
    assert reasons_not_to_join(item(), item(id=UUID(int=2)), by=COORDINATOR) == []


def test_fb_02_what_has_ended_is_said_to_have_ended_and_no_more():
    reasons = reasons_not_to_answer(
        [item(with_host=True, ending="used")], "used", "Done.", by=COORDINATOR, roles=[], reviewer_role="approver"
    )
    assert len(reasons) == 1 and "already answered" in reasons[0].text
