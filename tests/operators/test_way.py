"""The way of a claim, on graphs made by hand: nothing here needs a server."""

import asyncio
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from services.operators import way as way_module
from services.operators.way import Answer, Fetch, Question, Step, Way, claim_in, in_order, way_of_claim, whole_way

START = datetime(2026, 12, 3, 10, tzinfo=UTC)
SPACE = UUID("01930000-0000-7000-8000-000000000000")


def an_id(name: str) -> UUID:
    return uuid5(SPACE, name)


CLAIM, OTHER_CLAIM = an_id("the claim"), an_id("another claim")


def step(
    name: str,
    cause: str | None = None,
    *,
    about: UUID | None = None,
    service: str = "payments",
    kind: str = "change",
    second: int = 0,
    **facts: str,
) -> Step:
    caused_by = an_id(cause) if cause else None
    at = START + timedelta(seconds=second)
    return Step(an_id(name), service, kind, name, at, about=about, caused_by=caused_by, facts=facts)


def services_with(steps: Iterable[Step], *, silent: Collection[str] = ()) -> Fetch:
    async def fetch(question: Question) -> Answer:
        found = [
            one
            for one in steps
            if one.service not in silent
            and (one.id in question.ids or (one.caused_by in question.caused_by) or (one.about in question.about))
        ]
        return Answer(found, silent)

    return fetch


def way_of(steps: Iterable[Step], *, silent: Collection[str] = ()) -> Way:
    return asyncio.run(whole_way(services_with(steps, silent=silent), CLAIM))


def names(way: Way) -> list[str]:
    return [one.what for one in way.steps]


# One register is saved for two people; each gets a claim; one payment run pays both; each is told.
JOURNEY = [
    step("the register is saved", service="opportunities", kind="command", second=0),
    step("attendance recorded", "the register is saved", service="opportunities", kind="event-published", second=1),
    step(
        "the other's attendance recorded",
        "the register is saved",
        service="opportunities",
        kind="event-published",
        second=1,
    ),
    step("claim opened", "attendance recorded", about=CLAIM, second=2),
    step("the other's claim opened", "the other's attendance recorded", about=OTHER_CLAIM, second=2),
    step("the run is released", kind="command", second=10),
    step("claim paid", "the run is released", about=CLAIM, second=11),
    step("the other's claim paid", "the run is released", about=OTHER_CLAIM, second=11),
    step("claim-paid", "claim paid", about=CLAIM, kind="event-published", second=12),
    step("the other's claim-paid", "the other's claim paid", about=OTHER_CLAIM, kind="event-published", second=12),
    step("message queued", "claim-paid", service="notifications", about=an_id("a message"), second=13),
    step("message sent", "message queued", service="notifications", about=an_id("a message"), second=14),
    step(
        "the other's message sent",
        "the other's claim-paid",
        service="notifications",
        about=an_id("another message"),
        second=14,
    ),
]


def test_the_way_goes_from_the_attendance_form_to_the_mail_that_says_paid() -> None:
    way = way_of(JOURNEY)
    assert names(way) == [
        "the register is saved",
        "attendance recorded",
        "claim opened",
        "the run is released",
        "claim paid",
        "claim-paid",
        "message queued",
        "message sent",
    ]
    assert way.whole
    assert way.problems() == ()
    assert [root.what for root in way.roots] == ["the register is saved", "the run is released"]


def test_the_way_falls_into_a_chapter_for_each_thing_that_somebody_asked_for() -> None:
    chapters = [[one.what for one in chapter] for chapter in way_of(JOURNEY).chapters()]
    assert chapters == [
        ["the register is saved", "attendance recorded", "claim opened"],
        ["the run is released", "claim paid", "claim-paid", "message queued", "message sent"],
    ]


def test_a_chapter_whose_beginning_is_missing_begins_with_what_is_known() -> None:
    way = way_of(
        [step("claim opened", "lost", about=CLAIM), step("fee filled in", "claim opened", about=CLAIM, second=1)]
    )
    assert [[one.what for one in chapter] for chapter in way.chapters()] == [["claim opened", "fee filled in"]]


def test_nothing_of_another_persons_claim_is_shown() -> None:
    assert not [name for name in names(way_of(JOURNEY)) if "other" in name]


def test_a_later_step_about_the_claim_brings_its_own_cause_along() -> None:
    steps = [
        *JOURNEY,
        step("the bank file is read back", kind="command", second=20),
        step("payment confirmed", "the bank file is read back", about=CLAIM, second=21),
    ]
    assert names(way_of(steps))[-2:] == ["the bank file is read back", "payment confirmed"]


def test_a_service_that_does_not_answer_is_named_in_words() -> None:
    way = way_of(JOURNEY, silent=["opportunities"])
    assert not way.whole
    assert way.problems()[0] == "opportunities did not answer; its part is missing."
    assert [loose.what for loose in way.loose] == ["claim opened"]


def test_a_missing_cause_is_found_although_all_answer() -> None:
    way = way_of([one for one in JOURNEY if one.what != "attendance recorded"])
    assert not way.whole
    assert way.problems() == ("payments: the cause of “claim opened” was not found.",)


def test_an_unknown_claim_has_no_way_and_is_not_whole() -> None:
    way = way_of([])
    assert way.steps == () and not way.whole


def test_steps_that_cause_each_other_end_the_search_and_are_told() -> None:
    way = way_of([step("hen", "egg", about=CLAIM), step("egg", "hen", second=1)])
    assert names(way) == ["hen", "egg"]
    assert len(way.circular) == 2 and not way.whole
    assert "name each other" in way.problems()[0]


def test_a_step_that_names_itself_as_cause_is_circular() -> None:
    way = way_of([step("itself", "itself", about=CLAIM)])
    assert names(way) == ["itself"] and not way.whole


def test_a_ring_beside_a_whole_chain_is_told() -> None:
    way = way_of(
        [step("begun", about=CLAIM), step("hen", "egg", about=CLAIM), step("egg", "hen", about=CLAIM, second=1)]
    )
    assert {one.what for one in way.circular} == {"hen", "egg"}


def receipt(name: str, *, about: UUID | None = None, service: str = "notifications", second: int = 1) -> Step:
    """An inbox row: it has the event's id and names the event as its cause."""
    return step(name, name, about=about, kind="event-received", service=service, second=second)


def test_one_event_is_a_step_of_its_publisher_and_of_each_receiver() -> None:
    steps = [
        step("claim-paid", about=CLAIM, kind="event-published"),
        receipt("claim-paid", about=CLAIM),
        step("message queued", "claim-paid", service="notifications", second=2),
    ]
    way = way_of(steps)
    assert [(one.service, one.kind) for one in way.steps] == [
        ("payments", "event-published"),
        ("notifications", "event-received"),
        ("notifications", "change"),
    ]
    assert way.whole


def test_a_receipt_brings_the_publication_along_and_stands_after_it() -> None:
    steps = [
        step("the register is saved", service="opportunities", kind="command", second=3),
        step("attendance-recorded", "the register is saved", service="opportunities", kind="event-published", second=2),
        receipt("attendance-recorded", service="payments", second=1),
        step("claim opened", "attendance-recorded", about=CLAIM, second=4),
    ]
    way = way_of(steps)
    assert [one.kind for one in way.steps] == ["command", "event-published", "event-received", "change"]
    assert way.whole


def test_a_receipt_whose_publication_is_missing_is_loose() -> None:
    way = way_of(
        [receipt("claim-paid", about=CLAIM), step("message queued", "claim-paid", service="notifications", second=2)]
    )
    assert [one.kind for one in way.loose] == ["event-received"]
    assert not way.circular and not way.whole


def test_where_else_an_earlier_event_was_heard_is_not_shown() -> None:
    steps = [
        step("attendance-recorded", service="opportunities", kind="event-published"),
        receipt("attendance-recorded", service="payments"),
        receipt("attendance-recorded", service="feedback"),
        step("claim opened", "attendance-recorded", about=CLAIM, second=2),
    ]
    assert [(one.service, one.kind) for one in way_of(steps).steps] == [
        ("opportunities", "event-published"),
        ("payments", "event-received"),
        ("payments", "change"),
    ]


def test_an_effect_stands_after_its_cause_although_its_clock_is_slow() -> None:
    steps = [step("cause", second=5), step("effect", "cause", second=4), step("later", second=6)]
    assert [one.what for one in in_order(steps)] == ["cause", "effect", "later"]


def test_steps_of_one_moment_stand_as_command_receipt_change_publication() -> None:
    kinds = ["event-published", "change", "event-received", "command"]
    assert [one.kind for one in in_order(step(kind, kind=kind) for kind in kinds)] == kinds[::-1]


def test_a_ring_is_ordered_from_its_earliest_step() -> None:
    steps = [step("b", "a", second=1), step("c", "b", second=2), step("a", "c", second=0)]
    assert [one.what for one in in_order(steps)] == ["a", "b", "c"]


def test_a_long_chain_is_followed_to_its_end() -> None:
    chain = [step("0", about=CLAIM), *(step(str(n), str(n - 1), second=n) for n in range(1, 40))]
    way = way_of(chain)
    assert len(way.steps) == 40 and way.whole


def test_a_chain_past_the_limit_is_cut_short_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way_module, "MOST_ROUNDS", 5)
    way = way_of([step("0", about=CLAIM), *(step(str(n), str(n - 1), second=n) for n in range(1, 40))])
    assert way.cut_short and not way.whole
    assert "There are more" in way.problems()[-1]


def test_too_many_steps_are_cut_short_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way_module, "MOST_STEPS", 3)
    way = way_of(JOURNEY)
    assert len(way.steps) == 3 and way.cut_short and not way.whole


def test_the_traces_of_a_way_are_those_of_its_steps() -> None:
    with_trace = Step(an_id("a"), "payments", "change", "a", START, about=CLAIM, trace_id="ab" * 16)
    assert way_of([with_trace, step("b", about=CLAIM)]).trace_ids == {"ab" * 16}


@pytest.mark.parametrize(
    "typed",
    [
        "0198b4c2-7d11-7a54-9c1e-3f1f5b1d2a77",
        "  0198B4C2-7D11-7A54-9C1E-3F1F5B1D2A77\u200b\n",
        "http://localhost:8000/payments/claims/0198b4c2-7d11-7a54-9c1e-3f1f5b1d2a77",
        "https://voices.example.org/payments/approve/0198b4c2-7d11-7a54-9c1e-3f1f5b1d2a77?from=home#lines",
        "/payments/claims/0198b4c2-7d11-7a54-9c1e-3f1f5b1d2a77/lines/0198b4c2-7d11-7a54-9c1e-000000000001",
    ],
)
def test_a_claim_is_named_by_its_number_or_by_the_address_of_any_of_its_pages(typed: str):
    assert claim_in(typed) == UUID("0198b4c2-7d11-7a54-9c1e-3f1f5b1d2a77")


@pytest.mark.parametrize("typed", ["", "42", "0198b4c2-7d11", "https://voices.example.org/payments/claims"])
def test_what_names_no_claim_is_refused_with_what_to_do(typed: str):
    with pytest.raises(ValueError, match="copy the address"):
        claim_in(typed)


@pytest.mark.parametrize(("what", "shown"), [("claim-opened", 2), ("concern-raised", 0), ("claims-read", 0)])
def test_fb_09_an_operator_follows_claims_alone_and_neither_a_person_nor_a_concern(what: str, shown: int) -> None:
    fetch = services_with([step(what, about=CLAIM), step("told", what, second=1)], silent=["people"])
    way = asyncio.run(way_of_claim(fetch, CLAIM))
    assert (len(way.steps), way.silent) == (shown, ("people",))


def test_fb_09_an_operator_sees_no_concern_in_the_way_of_a_claim() -> None:
    concern = [
        step("concern-raised", service="feedback", second=20),
        step("set-aside", "concern-raised", about=CLAIM, second=21),
        step("read-set-aside", kind="command", second=30),
        step("set-aside-read", "read-set-aside", about=CLAIM, second=30),
        step("word-wanted", kind="event", about=CLAIM, second=31),
        step("task-opened", "word-wanted", service="notifications", about=CLAIM, second=32, task="judge-miles"),
        step("set-aside-answered-for", "read-set-aside", about=CLAIM, second=33),
    ]
    assert names(way_of([*JOURNEY, *concern])) == names(way_of(JOURNEY))
