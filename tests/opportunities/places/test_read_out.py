"""What whoever rings reads out of a place, to somebody who has no page to read it on (NOT-08)."""

from typing import Any
from uuid import UUID

from services.opportunities.consumers import words_to_read_out
from services.opportunities.places.use_cases import needs, taking
from services.opportunities.questions import use_cases as questions
from services.opportunities.writing.tables import opportunities
from shared.db import new_id
from shared.events import ParticipantRef
from tests.opportunities.border import arranged, two_organisations  # noqa: F401
from tests.opportunities.publishing import test_own_time as own_time
from tests.opportunities.support import World, someone
from tests.opportunities.two_organisations import Region


async def read_out(here: World, whom: ParticipantRef | UUID, event: str, about: UUID, by: UUID | None = None) -> Any:
    person_id = whom if isinstance(whom, UUID) else whom.id
    question = {"by": str(by or new_id()), "person_id": str(person_id)}
    told = [{"event": event, "about": str(about)}]
    answer = await words_to_read_out(here.service, question | {"told": told})
    return answer["words"].get(f"{event}/{about}")


async def test_not_08_a_guest_hears_their_code_the_way_in_the_answers_and_whom_to_ring(two: Region):
    viewpoint = two.organisations["viewpoint"]
    _, place_id, place = await arranged(two, "breaks", mode="both")
    await viewpoint.write("UPDATE guest_needs SET state = 'promised', reason = 'There is one at 11'")
    reader = new_id()
    words = await read_out(viewpoint, place.participant_id, "place-taken", place_id, reader)
    said = " ".join(words)
    for each in (
        f"Your code is {place.code}.",
        "https://video.example/room.",
        "You asked for: Breaks",
        "They will do this. There is one at 11.",
        f"Ring SUN: {place.duty_number}. Say your code.",
    ):
        assert each in said
    assert "on your page" not in said
    assert [step.actor_id for step in await viewpoint.steps("needs-read")] == [reader]
    assert [len(await read_out(viewpoint, place.participant_id, "access-need-answered", place_id))] == [1]
    assert await read_out(viewpoint, new_id(), "place-taken", place_id) is None, "nobody else's"
    changed = await read_out(viewpoint, place.participant_id, "opportunity-changed", place.listing_id)
    assert "https://video.example/room" in changed[0] and "Ring SUN" in changed[1]


async def test_not_08_nothing_is_promised_for_the_day_before_when_that_day_is_over(here: World):
    opportunity_id, whom = await here.published(mode="both"), someone()
    await here.write("UPDATE sessions SET joining = ''")
    place_id = await here.do(taking.take_place, opportunity_id, whom, [], "")
    said = " ".join(await read_out(here, whom, "place-taken", place_id))
    assert "We tell you how to join online before it begins. Have you not heard the day before?" in said
    here.move(days=34, minutes=30)
    soon = " ".join(await read_out(here, whom, "place-taken", place_id))
    assert "We have not written yet how to join online." in soon and "day before" not in soon


async def test_not_08_why_there_is_no_place_is_read_out(two: Region):
    viewpoint = two.organisations["viewpoint"]
    _, place_id, place = await arranged(two)
    await viewpoint.write("UPDATE guest_places SET state = 'refused', reason = 'Every place is taken'")
    assert await read_out(viewpoint, place.participant_id, "place-refused", place_id) == [
        "The reason: Every place is taken."
    ]


async def test_not_08_of_our_own_place_too_with_their_own_words_and_our_no(here: World):
    opportunity_id, whom = await here.published(), someone()
    place_id = await here.do(taking.take_place, opportunity_id, whom, ["travel"], "A seat by the door")
    [need] = [row for row in await here.dicts("SELECT id, need FROM needs") if row["need"] == "other"]
    await here.do(needs.answer_need, opportunity_id, need["id"], "not-met", "The room is round")
    said = " ".join(await read_out(here, whom, "place-taken", place_id))
    assert "You asked for: A seat by the door. We cannot do this. The room is round." in said
    assert "We have not answered yet." in said and "Late, lost, or not coming?" in said
    assert "code" not in said.lower()


async def test_not_08_of_what_people_do_in_their_own_time_it_is_read_out_how_they_do_it(here: World):
    opportunity_id, whom = await own_time.published(here), someone()
    place_id = await here.do(taking.take_place, opportunity_id, whom, [], "")
    said = " ".join(await read_out(here, whom, "place-taken", place_id))
    assert f"How to do it: {own_time.HOW}" in said
    assert "join" not in said and "Late, lost" not in said
    await here.write(opportunities.update().values(joining=""))
    assert "we tell you how to do it" in " ".join(await read_out(here, whom, "place-taken", place_id))


async def test_not_08_an_answer_to_a_question_is_read_out_to_whoever_asked_alone(here: World):
    opportunity_id, whom = await here.published(), someone()
    question_id = await here.do(questions.ask, opportunity_id, "Is there a lift?", asker=whom, reach="")
    assert await read_out(here, whom, "question-answered", question_id) == []
    await here.do(questions.answer, question_id, "Yes.\nIt is wide.", "test")
    reader = new_id()
    words = await read_out(here, whom, "question-answered", question_id, reader)
    assert words == ["You asked:", "Is there a lift?", "Our answer:", "Yes.", "It is wide."]
    assert await read_out(here, new_id(), "question-answered", question_id) == []
    await read_out(here, whom, "question-answered", question_id, reader)
    steps = await here.steps("question-read")
    assert [(step.about, step.actor_id) for step in steps] == [(question_id, reader)] * 2, "PRI-03: each reading"
