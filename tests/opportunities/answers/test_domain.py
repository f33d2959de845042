"""The rules of answers that everybody reads, one sentence each (OPP-22)."""

from typing import Any

import pytest

from services.opportunities.answers import domain
from services.opportunities.answers.domain import Shown

LIFT = Shown("Is there a lift?", "Yes, by the door.")


OURS = ("01632 960001", "Come to AB1 2CD, or write to hello@viewpoint.example")


def fields(
    shown: Shown,
    *,
    name: str | None = "Wilf Amlwch",
    apart: str | None = None,
    reach: str = "",
    already: int = 0,
    looked: bool = True,
) -> list[str | None]:
    who_asked = domain.names_of_asker(name, apart, reach)
    known: dict[str, Any] = {"who_asked": who_asked, "reach": reach, "ours": OURS, "forgotten": False}
    reasons = domain.reasons_not_to_show(shown, **known, already=already, looked=looked)
    return [each.field for each in reasons]


@pytest.mark.parametrize(
    ("question", "answer", "found"),
    [
        (LIFT.question, LIFT.answer, []),
        (LIFT.question, "Ring us on 01632 960 001 (9 to 5) or +44 1632 960001, or come to AB1 2CD.", []),
        (LIFT.question, "Write to Hello@viewpoint.example. It opens at 09.30 on 03/12/2026.", []),
        ("Do I ring 01632 960001?", LIFT.answer, ["question"]),
        (" ", LIFT.answer, ["question"]),
        ("Is there a lift for amlwch?", LIFT.answer, ["question"]),
        ("Ring me on 07700 900123", LIFT.answer, ["question"]),
        ("I write from a@people.example", LIFT.answer, ["question"]),
        (LIFT.question, "Yes, Wilf, there is.", ["answer"]),
        ("I am Wilf", "Yes, WILF.", ["question", "answer"]),
    ],
)
def test_opp_22_what_the_group_reads_has_not_the_name_of_who_asked(
    question: str, answer: str, found: list[str]
) -> None:
    assert fields(Shown(question, answer)) == found


@pytest.mark.parametrize(
    "words",
    [
        "I rang 07700 900777 and told her: yes.",
        "+44 7700 900777",
        "+44 (0)7700 900 777",
        "0044 7700 900777",
        "07700\u00a0900\u00a0777",
        "07700\u2011900\u2011777",
        "0 7 7 0 0 9 0 0 7 7 7",
        "07700.900.777",
        "(07700)/900 777",
        "07700, 900, 777",
        "07700\n900777",
        "\uff10\uff17\uff17\uff10\uff10 \uff19\uff10\uff10\uff17\uff17\uff17",
        "Ours is 01632 960001, hers 07700 900777",
        "01632 96000177",
        "gwen@viewpoint.example",
        "not-hello@viewpoint.example",
        "gwen (at) viewpoint (dot) example",
        "gwen @ viewpoint.example",
        "She lives at IP1 2AB",
        "ip1-2ab",
    ],
)
def test_opp_22_nobodys_number_address_or_postcode_but_ours_is_read_by_everybody(words: str) -> None:
    for shown, field in ((Shown(LIFT.question, words), "answer"), (Shown(words, LIFT.answer), "question")):
        assert fields(shown, name=None) == [field], "whether we still know how who asked was reached, or not"


@pytest.mark.parametrize(
    ("name", "apart", "words"),
    [
        ("Edie", "Edie Farthing, Ouseby, with us since 3 June 2026, our number 4711", "Is there parking for Farthing?"),
        ("Edie", "Edie Farthing, our number 4711", "Edie asks"),
        ("Edie", "Edie Farthing", "edie farthing"),
        ("Gwen Sorrell", "Ouseby, our number 4711", "gwen asks: is it loud?"),
        ("Gwen Sorrell", None, "Ms Sorrell\u2019s seat"),
        ("Zo\u00eb O\u2019Hallow", None, "Zoe OHallow"),
        ("Zo\u00eb O\u2019Hallow", None, "For O'Hallow"),
        ("Bo Vane", None, "Yes, Bo."),
        ("Will Vane", None, "Yes, Will."),
    ],
)
def test_opp_22_nor_the_first_or_last_name_of_who_asked(name: str, apart: str | None, words: str) -> None:
    assert fields(Shown(LIFT.question, words), name=name, apart=apart) == ["answer"]
    assert fields(Shown(words, LIFT.answer), name=name, apart=apart) == ["question"]


def test_opp_22_words_that_are_a_name_as_well_and_where_somebody_lives_are_no_name() -> None:
    apart = "Ouseby, with us since 3 June 2026, our number 4711"
    said = Shown("Will it be in Ouseby in June?", "It will. Our number of seats is 12.")
    assert fields(said, name="Gwen Sorrell", apart=apart) == []
    assert fields(Shown("Is it loud?", "It will be."), name="Will Vane") == []


def test_opp_22_nor_what_who_asked_typed_to_be_reached() -> None:
    def held(question: str, answer: str, reach: str) -> list[str | None]:
        return fields(Shown(question, answer), name=None, reach=reach)

    petra = "Petra Vane, 07700 900888 after 5"
    assert held("For Petra Vane?", "Yes, petra.", petra) == ["question", "answer"]
    assert held("Why?", "For Ms Vane.", "petra.vane@people.example") == ["answer"]
    assert held("Why?", "We rang 07700 900888.", petra) == ["answer"]
    assert held("Why?", "We rang 960 124.", "Ask for Petra, 960124 after 5") == ["answer"]
    assert held("What happens after 5?", "Tea. Call or text us at any time.", petra) == []
    assert held("Why?", "We rang 12 people.", "12345") == []
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


LOOK = [
    *("07700;900777", "07700|900777", "07700~900777", "07700*900*777", "07700=900=777", "07700 and 900777"),
    *("07700 900, then 777", "anon.asker AT attacker.example", "anon dot asker at attacker dot example", "7700 900777"),
    *("The code is 123 456 789.", "It opens 20270127 0900."),
]


@pytest.mark.parametrize("words", LOOK)
def test_opp_22_what_only_looks_like_a_number_or_an_address_is_shown_once_somebody_looked_again(words: str) -> None:
    for shown in (Shown(LIFT.question, words), Shown(words, LIFT.answer)):
        assert fields(shown, name=None, looked=False) == ["looked"]
        assert fields(shown, name=None, looked=True) == []


@pytest.mark.parametrize("words", ["Edies", "Farthings", "EdieFarthing", "Edie_Farthing", "the edieish one"])
def test_opp_22_so_is_a_word_with_a_name_in_it(words: str) -> None:
    for shown in (Shown(LIFT.question, words), Shown(words, LIFT.answer)):
        assert fields(shown, name="Edie Farthing", looked=False) in (["looked"], ["question"], ["answer"])
    assert fields(Shown("Is Rose Hart there?", "Yes."), name=None, reach="rosehart@x.example", looked=False) == [
        "looked"
    ]


@pytest.mark.parametrize(
    "words",
    ["There is a lift. Ring us on 01632 960001.", "We meet 12 people at 09.30 on 03/12/2026.", "10 to 12, room 4"],
)
def test_opp_22_nobody_is_asked_to_look_again_at_ordinary_words(words: str) -> None:
    assert fields(Shown(LIFT.question, words), name="Edie Farthing", looked=False) == []


def test_opp_22_a_number_of_who_asked_is_never_shown_however_often_somebody_looked() -> None:
    for words in ("07700;900777", "07700 and 900777", "07700 900, then 777"):
        assert fields(Shown(LIFT.question, words), name=None, reach="Petra, 07700 900777", looked=True) == ["answer"]


def test_opp_22_once_the_reach_is_deleted_somebody_reads_the_words_again() -> None:
    known: dict[str, Any] = {"who_asked": [], "reach": "", "ours": OURS, "already": 0}
    said = Shown("Is there tea? asked Petra Vane", "I told Vane yes")
    [reason] = domain.reasons_not_to_show(said, **known, forgotten=True, looked=False)
    assert reason.field == "looked"
    assert domain.reasons_not_to_show(said, **known, forgotten=True, looked=True) == []
