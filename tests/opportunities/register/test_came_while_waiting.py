"""OPP-11: somebody who waits for a place comes all the same: they were there, and are not told that they did not get a
place."""

from uuid import UUID

from services.opportunities.ending.use_cases.ending import finish
from services.opportunities.places.queries.own import own_places
from services.opportunities.places.use_cases.taking import leave_place, take_place
from services.opportunities.register.use_cases.walking_in import add_walk_in
from services.opportunities.words.domain import Policy
from shared.events import ParticipantRef
from tests.opportunities.series import records
from tests.opportunities.support import World, someone


async def waits_and_comes(here: World, number: int) -> tuple[UUID, UUID, ParticipantRef, ParticipantRef]:
    """(opportunity, its first session, who waits and came, who waits and did not)."""
    opportunity_id = await here.published(number=number, capacity=1)
    came, stayed_away = await here.person("Robin Marsh"), await here.person("Sky Fen")
    for each in (someone(), came, stayed_away):
        await here.do(take_place, opportunity_id, each, [], "")
    here.move(days=35, minutes=15)
    session_id = (await here.session_ids(opportunity_id))[0]
    visit = await here.do(add_walk_in, opportunity_id, session_id, came)
    await records(here, opportunity_id, session_id, visit)
    return opportunity_id, session_id, came, stayed_away


async def told_to_have_left(here: World) -> list[tuple[str, bool]]:
    return [(event["participant"]["id"], event["given_back"]) for event in await here.events("place-left")]


async def test_opp_11_who_came_all_the_same_is_not_told_that_they_did_not_get_a_place_and_sees_it_once(here: World):
    opportunity_id, _, came, stayed_away = await waits_and_comes(here, 1)
    assert await told_to_have_left(here) == [(str(came.id), False)]
    assert [place.shown for place in await here.read(own_places, came)] == ["came"]
    here.move(days=1)
    await here.do(finish, opportunity_id)
    assert [event["participant"]["id"] for event in await here.events("place-lapsed")] == [str(stayed_away.id)]
    assert len(await here.read(own_places, came)) == len(await here.read(own_places, stayed_away)) == 1
    assert await here.broken() == {}


async def test_opp_11_who_came_once_still_waits_for_what_is_to_come_and_hears_nothing_untrue_at_the_end(here: World):
    opportunity_id, _, came, stayed_away = await waits_and_comes(here, 2)
    assert [place.shown for place in await here.read(own_places, came)] == ["came", "waiting"]
    here.move(days=60)
    await here.do(finish, opportunity_id)
    assert [event["participant"]["id"] for event in await here.events("place-lapsed")] == [str(stayed_away.id)]
    assert len(await here.read(own_places, came)) == 1
    assert await told_to_have_left(here) == [(str(came.id), False)]


async def test_opp_11_who_came_once_and_was_offered_a_place_is_not_told_that_they_gave_it_back_when_it_ends_early(
    here: World,
):
    opportunity_id, holder, came = (
        await here.published(number=2, capacity=1),
        someone(),
        await here.person("Robin Marsh"),
    )
    held = await here.do(take_place, opportunity_id, holder, [], "")
    await here.do(take_place, opportunity_id, came, [], "")
    here.move(days=35, minutes=15)
    await here.do(add_walk_in, opportunity_id, (await here.session_ids(opportunity_id))[0], came)
    await here.do(leave_place, held, holder, Policy())
    assert [place.shown for place in await here.read(own_places, came)] == ["came", "offered"]
    await here.do(finish, opportunity_id, "The hall is closed.", here.service.settings.host)
    assert await here.events("place-lapsed") == []
    assert await told_to_have_left(here) == [(str(holder.id), True), (str(came.id), False)]
    assert [place.shown for place in await here.read(own_places, came)] == ["came"]
