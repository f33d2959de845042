"""The rules of answers that everybody reads, one sentence each (OPP-22)."""

import pytest

from services.opportunities.answers import domain
from services.opportunities.answers.domain import Shown

LIFT = Shown("Is there a lift?", "Yes, by the door.")


def fields(shown: Shown, *, name: str | None = "Will Amlwch", reach: str = "", already: int = 0) -> list[str | None]:
    return [each.field for each in domain.reasons_not_to_show(shown, name=name, reach=reach, already=already)]


@pytest.mark.parametrize(
    ("question", "answer", "found"),
    [
        (LIFT.question, LIFT.answer, []),
        (LIFT.question, "Ring us on 01632 960001, or come to AB1 2CD.", []),
        (" ", LIFT.answer, ["question"]),
        ("Is there a lift for Amlwch?", LIFT.answer, ["question"]),
        ("Ring me on 07700 900123", LIFT.answer, ["question"]),
        ("I write from a@people.example", LIFT.answer, ["question"]),
        (LIFT.question, "Yes, Will, there is.", ["answer"]),
        ("I am Will", "Yes, Will.", ["question", "answer"]),
    ],
)
def test_opp_22_what_the_group_reads_has_not_the_name_of_who_asked(
    question: str, answer: str, found: list[str]
) -> None:
    assert fields(Shown(question, answer)) == found


def test_opp_22_nor_how_who_asked_is_reached() -> None:
    assert fields(Shown("Why?", "We wrote to BO@people.example."), name=None, reach="bo@people.example") == ["answer"]
    assert fields(Shown("Why?", "We rang (07700) 900 124."), name=None, reach="07700 900124, after five") == ["answer"]
    assert fields(Shown("Why?", "We rang (07700) 900 124."), name=None, reach="07700 900124") == ["answer"]
    assert fields(Shown("Why?", "We rang 12 people."), name=None, reach="12345") == []
    assert fields(LIFT, name=None, reach="") == []


def test_opp_22_what_everybody_reads_is_short_and_there_are_fifteen() -> None:
    longest = Shown("x" * domain.LONGEST_QUESTION, "x" * domain.LONGEST_ANSWER)
    assert fields(longest, already=domain.MOST_SHOWN - 1) == []
    assert fields(Shown(longest.question + "x", longest.answer)) == ["question"]
    assert fields(Shown(longest.question, longest.answer + "x")) == ["answer"]
    assert fields(LIFT, already=domain.MOST_SHOWN) == [None]


def test_net_01_all_that_everybody_reads_fits_what_may_cross_and_comes_out_as_it_went_in() -> None:
    each = Shown("x" * domain.LONGEST_QUESTION, "x" * domain.LONGEST_ANSWER)
    assert len(domain.as_text([each] * domain.MOST_SHOWN)) <= 20_000
    tea = Shown("Is there\n\n tea?", "Yes.\n\n  And cake. \n")
    text = domain.as_text([LIFT, tea])
    assert text == "Is there a lift?\nYes, by the door.\n\nIs there tea?\nYes.\nAnd cake."
    assert domain.from_text(text) == [LIFT, Shown("Is there tea?", "Yes.\nAnd cake.")]
    assert domain.from_text("") == [] and domain.from_text("\n\n\n\nOne line") == [Shown("One line", "")]


def test_opp_22_of_a_hosts_answers_the_new_ones_are_news_and_those_taken_back_go() -> None:
    tea = Shown("Is there tea?", "Yes.")
    read, said = domain.as_text([LIFT]), domain.as_text([tea, LIFT])
    assert domain.new_answers(read, said) == [tea] and domain.still_said(read, said) == read
    assert domain.new_answers(said, read) == [] and domain.still_said(said, read) == read
    assert domain.new_answers(read, "") == [] and domain.still_said(read, "") == ""
