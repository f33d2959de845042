"""Ending while sessions are to come (OPP-12)."""

from typing import Any

import pytest

from services.opportunities.ending.use_cases import ending
from services.opportunities.places.queries.own import own_place
from services.opportunities.places.use_cases import needs
from services.opportunities.places.use_cases.taking import accept_offer, take_place
from shared.identity import Role
from shared.reasons import Refused
from tests.opportunities.series import booked, records, series
from tests.opportunities.support import World, someone
from tests.support.apps import client_of, signed_in


async def test_opp_12_finishing_with_sessions_to_come_tells_everyone_with_a_place_why(here: World):
    opportunity_id, (first, second), (whom, _), (place_id, _) = await series(here, people=2, ticked=("interpreter",))
    for need in await here.do(needs.read_needs, opportunity_id):
        await here.do(needs.answer_need, opportunity_id, need.id, "promised", "")
    with pytest.raises(Refused) as refused:
        await here.do(ending.finish, opportunity_id, "", here.service.settings.host)
    assert [reason.field for reason in refused.value.reasons] == ["reason"]
    await here.do(ending.finish, opportunity_id, "The funder has stopped.", here.service.settings.host)
    (told,) = await here.events("opportunity-changed")
    assert [session["session_id"] for session in told["sessions"]] == [str(first)]
    assert (told["changed"], told["reason"]) == (["time"], "The funder has stopped.")
    assert len(await booked(here)) == 2
    found = await here.read(own_place, place_id, whom)
    assert [session.id for session in found.sessions] == [first]
    assert await records(here, opportunity_id, first, place_id) == {"recorded": 1}
    here.move(days=7)
    with pytest.raises(Refused):
        await records(here, opportunity_id, second, place_id)
    assert await here.broken() == {}


async def test_opp_12_what_has_not_begun_is_cancelled_and_not_finished_while_somebody_has_a_place(here: World):
    opportunity_id = await here.published()
    await here.do(take_place, opportunity_id, someone(), [], "")
    with pytest.raises(Refused) as refused:
        await here.do(ending.finish, opportunity_id, "No money.", here.service.settings.host)
    assert "Cancel it instead" in refused.value.reasons[0].text


@pytest.mark.parametrize("taken", [False, True])
async def test_opp_12_before_anything_has_begun_the_page_of_ending_says_so_and_offers_to_cancel(
    taken: bool, here: World
):
    opportunity_id = await here.published(number=2)
    if taken:
        await here.do(take_place, opportunity_id, someone(), [], "")
    base = f"/opportunities/staff/{opportunity_id}"
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        said = (await client.get(f"{base}/close")).text
        assert "It has not started yet." in said and f'href="{base}/cancel"' in said
        assert not any(
            untrue in said
            for untrue in ("I have thanked", "What is still missing", "Write the outcome", "waiting list", "registers")
        )
        assert (f'href="{base}/finish"' in said) is not taken
        asked = await client.get(f"{base}/finish")
        if taken:
            assert asked.headers["location"] == f"{base}/close"
        else:
            assert "Both sessions still to come will not happen." in asked.text
            assert not any(untrue in asked.text for untrue in ("claim", "register", "missing", "waiting list"))
        for write in ("thanked", "asked"):
            assert "cannot end yet" in (await client.post(f"{base}/{write}")).text
        here.move(days=36)
        assert "Write down that I have thanked people" in (await client.get(f"{base}/close")).text


async def test_opp_12_nobody_goes_on_waiting_for_what_is_finished(here: World):
    opportunity_id = await here.published(capacity=1)
    for _ in range(3):
        await here.do(take_place, opportunity_id, someone(), [], "")
    here.move(days=36)
    await here.do(ending.finish, opportunity_id)
    assert [row["state"] for row in await here.dicts("SELECT state FROM places ORDER BY queue_number")] == [
        "taken",
        "lapsed",
        "lapsed",
    ]
    assert [event["over"] for event in await here.events("place-lapsed")] == [True, True]


async def test_opp_05_who_waited_for_what_is_finished_early_reads_that_it_is_over_and_may_ask_for_no_place(here: World):
    opportunity_id, whom = await here.published(capacity=1), someone()
    await here.do(take_place, opportunity_id, someone(), [], "")
    place_id = await here.do(take_place, opportunity_id, whom, [], "")
    here.move(days=35, minutes=30)  # the session goes on
    facts = await here.read(ending.ending_facts, opportunity_id)
    assert (facts.sessions_to_come, facts.sessions_running) == (0, 1)
    await here.do(ending.finish, opportunity_id)
    place = await here.read(own_place, place_id, whom)
    assert (place.facts.state, place.shown) == ("lapsed", "missed")
    [event] = await here.events("place-lapsed")
    assert event["over"]
    with pytest.raises(Refused) as refused:
        await here.do(accept_offer, place_id, whom)
    assert "This has ended" in refused.value.reasons[0].text


async def test_opp_12_what_was_finished_before_with_sessions_to_come_is_not_closed_until_they_are_cancelled(
    here: World,
):
    opportunity_id, (first, _), _, _ = await series(here)
    await here.write("UPDATE opportunities SET state = 'finished'")
    here.move(hours=3)
    with pytest.raises(Refused):
        await here.do(ending.close, opportunity_id)
    await here.do(ending.cancel_sessions_to_come, opportunity_id, "The room has gone.", here.service.settings.host)
    assert [session["session_id"] for session in (await here.events("opportunity-changed"))[0]["sessions"]] == [
        str(first)
    ]
    await here.do(ending.close, opportunity_id)


@pytest.mark.parametrize(
    "write",
    [ending.mark_thanked, ending.mark_asked_to_stay, lambda tx, it: ending.write_outcome(tx, it, "It went well.")],
)
async def test_opp_12_a_draft_has_no_ending(write: Any, here: World):
    opportunity_id = await here.draft()
    with pytest.raises(Refused):
        await here.do(write, opportunity_id)
    assert await here.dicts("SELECT thanked_at, asked_to_stay_at, outcome FROM opportunities") == [
        {"thanked_at": None, "asked_to_stay_at": None, "outcome": ""}
    ]
