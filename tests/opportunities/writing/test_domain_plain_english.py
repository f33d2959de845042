"""OPP-04: can those whom it is for read it?"""

import pytest

from services.opportunities.writing.domain.plain_english import READING_AGE_GOAL, reading_age, unexplained_initials

EASY = "We need your help. Read the bids. Ask one question. Give each bid a score. We will pay you."
HARD = (
    "Stakeholders will be participating in the commissioning organisation's procurement evaluation methodology, "
    "contributing "
    "experiential intelligence regarding specification requirements."
)


def test_opp_04_short_words_in_short_sentences_are_easy():
    assert reading_age(EASY) == 5
    assert READING_AGE_GOAL == 9


def test_opp_04_long_words_in_one_sentence_are_hard():
    assert reading_age(HARD) == 22


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("abcde abcde abcde abcde abcde abcde abcde abcde abcde abcde", 13),
        ("abcde abcde abcde abcde abcde. abcde abcde abcde abcde abcde.", 10),
        ("abcde abcde abcde abcde abcde\nabcde abcde abcde abcde abcde", 10),
        ("abcdef abcdef abcdef abcdef abcdef! abcdef abcdef abcdef abcdef abcdef? ...", 15),
        ("it's well-known it's well-known it's well-known it's well-known it's well-known", 17),
    ],
)
def test_opp_04_the_index_counts_letters_words_and_sentences(text: str, age: int):
    assert reading_age(text) == age


def test_opp_04_nine_words_say_nothing_ten_do():
    assert reading_age("one two three four five six seven eight nine") is None
    assert reading_age("one two three four five six seven eight nine ten") is not None
    assert reading_age("") is None


def test_opp_04_initials_that_nobody_explained_are_listed_once_in_order():
    text = "The ICB and the VCSE sector ask PPGs. The ICB pays. I am. A GP helps."
    assert unexplained_initials(text) == ["ICB", "VCSE", "PPG", "GP"]
    assert unexplained_initials(text, {"GP", "PPG"}) == ["ICB", "VCSE"]


def test_opp_04_initials_explained_in_place_or_ordinary_words_are_fine():
    assert unexplained_initials("The Integrated Care Board (ICB) pays. The ICB decides.") == []
    assert unexplained_initials("Tuesday at the Town Hall, 3 PMs") == ["PM"]
    assert unexplained_initials("NHS111 and B2B") == ["NHS111", "B2B"]
