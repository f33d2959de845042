"""Access needs: asked, answered, warned of, and every reading written down (OPP-07, PRI-03)."""

from dataclasses import replace
from uuid import UUID

import pytest

from services.opportunities.places.queries import people
from services.opportunities.places.use_cases import needs, taking
from services.opportunities.sharing.use_cases import host
from services.opportunities.words.domain import Policy
from shared.db import new_id
from shared.events import ParticipantRef, network
from shared.reasons import Missing, Refused
from tests.opportunities.support import World, someone

POLICY = Policy()


async def asked(here: World, *ticked: str, words: str = "", in_days: float = 35) -> tuple[UUID, UUID, ParticipantRef]:
    """(opportunity, place, participant) of someone who asks for something."""
    opportunity_id, whom = await here.published(in_days=in_days), someone()
    place_id = await here.do(taking.take_place, opportunity_id, whom, ticked, words)
    return opportunity_id, place_id, whom


async def answers(here: World) -> dict[str, tuple[UUID, str, str]]:
    return {
        row["need"]: (row["id"], row["state"], row["reason"])
        for row in await here.dicts("SELECT id, need, state, reason FROM needs")
    }


async def test_opp_07_a_need_is_promised_then_met_and_each_answer_is_told(here: World):
    opportunity_id, _, _ = await asked(here, "easy-read")
    ((need_id, state, _),) = (await answers(here)).values()
    assert state == "asked"
    for answer in ("promised", "met", "met"):
        await here.do(needs.answer_need, opportunity_id, need_id, answer, "")
    told = await here.events("access-need-answered")
    assert [event["version"] for event in told] == [2, 3]
    assert told[0].keys() == {"version", "place_id", "opportunity_id", "participant", "not_met"}
    assert not any(event["not_met"] for event in told)
    assert (await answers(here))["easy-read"][1:] == ("met", "")
    assert [step.facts["answer"] for step in await here.steps("need-answered")] == ["promised", "met"]


async def test_opp_07_not_met_has_a_reason_which_does_not_stand_beside_a_yes(here: World):
    opportunity_id, _, _ = await asked(here, "travel")
    need_id = (await answers(here))["travel"][0]
    with pytest.raises(Refused):
        await here.do(needs.answer_need, opportunity_id, need_id, "not-met", "  ")
    await here.do(needs.answer_need, opportunity_id, need_id, "not-met", "There is no bus. We can pay a taxi.")
    assert (await answers(here))["travel"][1:] == ("not-met", "There is no bus. We can pay a taxi.")
    with pytest.raises(Refused):
        await here.do(needs.answer_need, opportunity_id, need_id, "promised", "There is no bus. We can pay a taxi.")
    await here.do(needs.answer_need, opportunity_id, need_id, "promised", "")
    assert (await answers(here))["travel"][1:] == ("promised", "")
    assert [event["not_met"] for event in await here.events("access-need-answered")] == [True, False]
    assert await here.broken() == {}


@pytest.mark.parametrize("answer", ["promised", "met"])
async def test_opp_07_what_a_coordinator_writes_beside_a_yes_is_kept_and_told(here: World, answer: str):
    opportunity_id, _, _ = await asked(here, "travel")
    need_id = (await answers(here))["travel"][0]
    await here.do(needs.answer_need, opportunity_id, need_id, answer, " A taxi comes at 1pm. ")
    assert (await answers(here))["travel"][1:] == (answer, "A taxi comes at 1pm.")
    await here.do(needs.answer_need, opportunity_id, need_id, answer, "A taxi comes at 2pm.")
    assert (await answers(here))["travel"][1:] == (answer, "A taxi comes at 2pm.")
    assert len(await here.events("access-need-answered")) == 2
    with pytest.raises(Refused):
        await here.do(needs.answer_need, opportunity_id, need_id, "not-met", "A taxi comes at 2pm.")


async def test_opp_07_what_people_write_stands_in_no_event_and_no_step(here: World):
    opportunity_id, _, _ = await asked(here, "other", words="My dog Biscuit comes along")
    need_id = (await answers(here))["other"][0]
    await here.do(needs.answer_need, opportunity_id, need_id, "not-met", "Biscuit cannot come in")
    held = await here.dicts("SELECT body FROM outbox") + await here.dicts("SELECT what, CAST(facts AS text) FROM steps")
    assert "Biscuit" not in str(held) and "other" not in str(held)


async def test_opp_07_words_alone_are_answered_too(here: World):
    await asked(here, words="A seat by the door")
    assert list(await answers(here)) == ["other"]


async def test_opp_07_it_is_said_whether_something_was_asked_for_or_only_taken_away(here: World):
    _, place_id, whom = await asked(here, "breaks", "food")
    change = [
        await here.do(needs.change_needs, place_id, whom, ticked, words)
        for ticked, words in ((["food"], ""), (["food"], ""), (["food"], "No nuts"))
    ]
    assert change == ["changed", "same", "asked"]


async def test_opp_07_nobody_is_asked_again_what_would_help_who_said_so_with_the_place(here: World):
    _, place_id, whom = await asked(here, "breaks")
    waiting = await here.published(capacity=1)
    await here.do(taking.take_place, waiting, owner := someone(), (), "")
    queued = await here.do(taking.take_place, waiting, whom, ["breaks"], "")
    held = {row["place_id"]: row["id"] for row in await here.dicts("SELECT place_id, id FROM needs")}
    await here.do(needs.answer_need, waiting, held[queued], "promised", "")
    [first] = await here.dicts("SELECT id FROM places WHERE state = 'taken' AND opportunity_id = :it", it=waiting)
    await here.do(taking.leave_place, first["id"], owner, POLICY)
    await here.do(taking.accept_offer, queued, whom)
    told = {event["place_id"]: event["help_asked"] for event in await here.events("place-taken")}
    assert (told[str(place_id)], told[str(first["id"])], told[str(queued)]) == ("waits", "no", "answered")


async def test_opp_07_needs_change_and_keep_their_answers(here: World):
    opportunity_id, place_id, whom = await asked(here, "breaks", "food", words="No nuts")
    held = await answers(here)
    for need in ("breaks", "food"):
        await here.do(needs.answer_need, opportunity_id, held[need][0], "promised", "")
    await here.do(needs.change_needs, place_id, whom, ["breaks", "travel"], "No nuts")
    assert {need: state for need, (_, state, _) in (await answers(here)).items()} == {
        "breaks": "promised",
        "food": "withdrawn",
        "travel": "asked",
        "other": "asked",
    }
    await here.do(needs.change_needs, place_id, whom, ["food"], "")
    withdrawn = dict.fromkeys(("breaks", "travel", "other"), "withdrawn")
    assert {need: state for need, (_, state, _) in (await answers(here)).items()} == {"food": "asked", **withdrawn}


async def test_opp_07_other_words_ask_anew(here: World):
    opportunity_id, place_id, whom = await asked(here, "other", words="A fan")
    await here.do(needs.answer_need, opportunity_id, (await answers(here))["other"][0], "met", "")
    await here.do(needs.change_needs, place_id, whom, ["other"], "A fan")
    assert (await answers(here))["other"][1] == "met"
    await here.do(needs.change_needs, place_id, whom, ["other"], "A window seat")
    assert (await answers(here))["other"][1] == "asked"


async def test_someone_elses_needs_are_not_there(here: World):
    opportunity_id, place_id, whom = await asked(here, "breaks")
    with pytest.raises(Missing):
        await here.do(needs.change_needs, place_id, someone(), [], "")
    need_id = (await answers(here))["breaks"][0]
    with pytest.raises(Missing):
        await here.do(needs.answer_need, await here.published(), need_id, "met", "")
    with pytest.raises(Missing):
        await here.do(needs.answer_need, opportunity_id, new_id(), "met", "")
    await here.do(taking.leave_place, place_id, whom, POLICY)
    with pytest.raises(Missing):
        await here.do(needs.change_needs, place_id, whom, ["food"], "")
    with pytest.raises(Refused):
        await here.do(needs.answer_need, opportunity_id, need_id, "met", "")


async def test_pri_03_every_reading_of_needs_is_written_down_for_each_person(here: World):
    opportunity_id, place_id, _ = await asked(here, "breaks", "food")
    other = await here.do(taking.take_place, opportunity_id, someone(), ["travel"], "")
    await here.do(taking.take_place, opportunity_id, someone(), [], "")
    reader = new_id()
    rows = await here.do(needs.read_needs, opportunity_id, by=reader)
    assert len(rows) == 3
    read = await here.steps("needs-read")
    assert {(step.about, step.actor_id) for step in read} == {(place_id, reader), (other, reader)}
    await here.do(needs.read_needs, opportunity_id, rows[0].id, by=reader)
    assert [step.about for step in (await here.steps("needs-read"))[2:]] == [place_id]


async def test_opp_07_unanswered_needs_warn_once_from_a_week_before_and_block_nothing(here: World):
    opportunity_id, _, _ = await asked(here, "breaks", "food", in_days=20)
    await here.do(needs.answer_need, opportunity_id, (await answers(here))["food"][0], "promised", "")
    here.move(days=12)
    await here.do(needs.warn_of_unanswered_needs, POLICY)
    assert await here.steps("needs-unanswered") == []
    assert await here.read(people.unanswered_needs, POLICY) == {}
    here.move(days=2)
    for _ in range(2):
        await here.do(needs.warn_of_unanswered_needs, POLICY)
    (step,) = await here.steps("needs-unanswered")
    assert (step.about, step.facts) == (opportunity_id, {"count": 1})
    assert await here.read(people.unanswered_needs, POLICY) == {opportunity_id: 1}
    here.move(days=7)
    assert await here.read(people.unanswered_needs, POLICY) == {}


@pytest.mark.parametrize(("days_before", "soon"), [(0.02, True), (3, True), (10, False)])
async def test_opp_07_who_asks_shortly_before_is_asked_to_ring_too(here: World, days_before: float, soon: bool):
    _, place_id, whom = await asked(here, in_days=20)
    here.move(days=20 - days_before)
    here.app.state.web = replace(here.app.state.web, duty_number="01632 960001")
    visitor = here.visitor("participant", person_id=whom.id)
    shown = (await visitor.get(f"/opportunities/places/{place_id}/needs")).text
    assert ("It begins soon. Please" in shown) is soon
    assert ("too, at The Test Voice: <a" in shown) is soon  # the coordinator has a number of their own
    assert ("in the next few working days" in shown) is not soon


@pytest.mark.parametrize("said", ["Pip Purslow sits with you.", "Ring Pip on 07700 900124."])
async def test_net_02_words_about_a_guests_need_name_nobody_of_ours(here: World, said: str):
    """They cross to the home organisation; to one of ours they may name somebody."""
    await here.person("Pip Purslow")
    opportunity_id, guest = await here.published(), ParticipantRef(kind="guest", id=new_id(), home="viewpoint")
    asked = network.GuestRequested(
        version=1, guest_id=guest.id, opportunity_id=opportunity_id, origin="viewpoint", to="test"
    )
    await here.do(host._lock_guest, asked)
    await here.do(taking.take_place, opportunity_id, guest, ["breaks"], "", code="G-7F3K")
    (need,) = await here.do(needs.read_needs, opportunity_id)
    with pytest.raises(Refused) as refused:
        await here.do(needs.answer_need, opportunity_id, need.id, "promised", said)
    assert [reason.rule for reason in refused.value.reasons] == ["NET-02"]
    await here.do(needs.answer_need, opportunity_id, need.id, "promised", "Ring us on 07700 900123.")
    ours = await here.published()
    await here.do(taking.take_place, ours, someone(), ["breaks"], "")
    (own,) = await here.do(needs.read_needs, ours)
    await here.do(needs.answer_need, ours, own.id, "promised", said)
