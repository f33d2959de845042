"""What was so when a session began stays so for its register, whatever people do later (OPP-11, OPP-07)."""

from datetime import UTC, datetime
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from services.opportunities.places.domain import taking
from services.opportunities.places.domain.taking import Holding
from services.opportunities.places.queries.how_full import opportunity
from services.opportunities.places.queries.own import own_place, own_places
from services.opportunities.places.queries.people import had_a_place
from services.opportunities.places.tables.places import places as places_table
from services.opportunities.places.use_cases import needs
from services.opportunities.places.use_cases.taking import end_guests_places, leave_place, take_place
from services.opportunities.publishing.use_cases import changing
from services.opportunities.register.queries import might_walk_in, register
from services.opportunities.register.use_cases import attendance
from services.opportunities.register.use_cases.attendance import Entry
from services.opportunities.register.use_cases.walking_in import add_walk_in
from services.opportunities.sharing.use_cases import host
from services.opportunities.writing.tables import opportunities, sessions
from shared.db import new_id
from shared.events import ParticipantRef, network
from shared.reasons import Missing, Refused
from tests.opportunities.series import POLICY, records, series
from tests.opportunities.support import World, someone
from tests.support.apps import client_of, signed_in


async def on_register(here: World, opportunity_id: UUID, session_id: UUID) -> list[UUID]:
    found = await here.read(register, opportunity_id, session_id)
    return [line.place_id for line in found.lines]


async def test_opp_11_who_leaves_between_sessions_stays_on_the_register_of_the_one_that_was_held(here: World):
    opportunity_id, (first, second), (whom, _), (gone, stays) = await series(here, people=2)
    here.move(minutes=80)
    await here.do(leave_place, gone, whom, POLICY)
    assert set(await on_register(here, opportunity_id, first)) == {gone, stays}
    assert await on_register(here, opportunity_id, second) == [stays]
    assert await records(here, opportunity_id, first, gone) == {"recorded": 1}
    here.move(days=7)
    with pytest.raises(Missing):
        await records(here, opportunity_id, second, gone)
    assert [event["place_id"] for event in await here.events("attendance-recorded")] == [str(gone)]
    assert await here.broken() == {}


async def test_opp_11_who_leaves_and_comes_back_while_it_is_on_was_there_once(here: World):
    opportunity_id, (first, second), (whom,), (before,) = await series(here)
    await here.do(leave_place, before, whom, POLICY)
    after = await here.do(take_place, opportunity_id, whom, [], "")
    assert await on_register(here, opportunity_id, first) == [before]
    assert await on_register(here, opportunity_id, second) == [after]
    (line,) = (await here.read(register, opportunity_id, first)).lines
    assert not line.left
    await records(here, opportunity_id, first, before)
    assert await records(here, opportunity_id, first, after) == {"recorded": 0}
    assert len(await here.events("attendance-recorded")) == 1
    assert len(await here.dicts("SELECT id FROM attendances")) == 1


async def test_opp_11_who_goes_in_the_middle_of_the_last_session_was_there_and_has_not_left(here: World):
    opportunity_id, whom = await here.published(), someone()
    place_id = await here.do(take_place, opportunity_id, whom, [], "")
    (session_id,) = await here.session_ids(opportunity_id)
    here.move(days=35, minutes=70)
    async with client_of(here.app) as client:
        signed_in(client, "participant", person_id=whom.id)
        url = f"/opportunities/places/{place_id}"
        leaving = (await client.get(f"{url}/leave")).text
        assert "There are no more dates." in leaving and "you stay on the list of who came" in leaving
        left = (await client.post(f"{url}/leave", follow_redirects=True)).text
        assert "You can come back while it is open." in left and "You left" in left
        await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(place_id, True, 60)])
        for path in (url, "/opportunities/mine"):
            page = (await client.get(path)).text
            assert "You were there: 1 hour." in page and "You left" not in page and "This is over" not in page
        await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(place_id, False, 0)])
        assert "You left" in (await client.get(url)).text
        await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(place_id, True, 60)])
        here.move(hours=1)
        page = (await client.get(url)).text
        assert "This is over" in page and "You were there: 1 hour." in page


async def test_opp_11_who_gave_later_dates_back_has_left_and_was_there(here: World):
    opportunity_id, _, (whom,), (place_id,) = await series(here)
    (first, _) = await here.session_ids(opportunity_id)
    await here.do(leave_place, place_id, whom, POLICY)
    await records(here, opportunity_id, first, place_id)
    async with client_of(here.app) as client:
        signed_in(client, "participant", person_id=whom.id)
        page = (await client.get(f"/opportunities/places/{place_id}")).text
    assert "You left" in page and "You were there already: 1 hour 30 minutes." in page


async def test_opp_11_who_joins_after_a_session_is_not_on_its_register(here: World):
    opportunity_id, (first, second), _, (stays,) = await series(here)
    here.move(days=1)
    later = await here.do(take_place, opportunity_id, someone(), [], "")
    assert await on_register(here, opportunity_id, first) == [stays]
    assert set(await on_register(here, opportunity_id, second)) == {stays, later}
    with pytest.raises(Missing):
        await records(here, opportunity_id, first, later)


async def test_opp_11_cancelling_what_is_left_keeps_the_register_of_what_was_held(here: World):
    opportunity_id, (first, _), (whom,), (place_id,) = await series(here)
    await here.do(changing.cancel, opportunity_id, "The room flooded.")
    await here.do(leave_place, place_id, whom, POLICY)
    assert await on_register(here, opportunity_id, first) == [place_id]
    assert await records(here, opportunity_id, first, place_id) == {"recorded": 1}


async def test_opp_11_a_guest_whose_home_was_removed_stays_on_the_register_of_what_was_held(here: World):
    opportunity_id = await here.published(number=2)
    guest = ParticipantRef(kind="guest", id=new_id(), home="viewpoint")
    await here.do(host._lock_guest, _request(guest, opportunity_id))
    place_id = await here.do(take_place, opportunity_id, guest, ["breaks"], "", code="G-7F3K")
    here.move(days=35, minutes=15)
    row = (await here.dicts("SELECT * FROM opportunities"))[0]

    async def end(tx: Any) -> None:
        await end_guests_places(tx, await tx.one(select(opportunities)), "viewpoint", POLICY)

    await here.do(end)
    first, second = await here.session_ids(row["id"])
    assert await on_register(here, opportunity_id, first) == [place_id]
    assert await on_register(here, opportunity_id, second) == []
    assert await here.dicts("SELECT state FROM needs") == [{"state": "asked"}]


def _request(guest: ParticipantRef, opportunity_id: UUID) -> Any:
    return network.GuestRequested(
        version=1, guest_id=guest.id, opportunity_id=opportunity_id, origin=guest.home, to="test"
    )


async def test_opp_11_who_came_without_a_place_has_that_session_alone(here: World):
    opportunity_id, (first, second), _, (stays,) = await series(here)
    visitor = await here.person("Robin Marsh")
    visit = await here.do(add_walk_in, opportunity_id, first, visitor)
    assert await here.do(add_walk_in, opportunity_id, first, visitor) == visit
    assert set(await on_register(here, opportunity_id, first)) == {stays, visit}
    assert await on_register(here, opportunity_id, second) == [stays]
    found = await here.read(opportunity, opportunity_id)
    assert found.taken == 1
    assert len(await here.events("place-taken")) == 1
    assert await records(here, opportunity_id, first, visit) == {"recorded": 1}
    joined = await here.do(take_place, opportunity_id, visitor, [], "")
    assert await on_register(here, opportunity_id, first) != [] and joined != visit
    assert set(await on_register(here, opportunity_id, second)) == {stays, joined}
    assert [place.shown for place in await here.read(own_places, visitor)] == ["taken", "came"]
    assert await here.broken() == {}


async def test_opp_11_who_joined_later_can_still_be_added_to_a_session_they_came_to_without_a_place(here: World):
    opportunity_id, (first, _), _, _ = await series(here)
    visitor = await here.person("Robin Marsh")
    here.move(days=1)
    place_id = await here.do(take_place, opportunity_id, visitor, [], "")
    names = [row.name for row in await here.read(might_walk_in, first)]
    assert names == ["Robin Marsh"]
    visit = await here.do(add_walk_in, opportunity_id, first, visitor)
    assert visit != place_id
    assert await here.read(might_walk_in, first) == []


async def test_opp_11_what_someone_needs_stays_for_the_session_that_is_on_and_is_withdrawn_before_it(here: World):
    opportunity_id, _, (whom,), (place_id,) = await series(here, ticked=("breaks",))
    (need,) = await here.do(needs.read_needs, opportunity_id)
    await here.do(leave_place, place_id, whom, POLICY)
    assert [row.id for row in await here.do(needs.read_needs, opportunity_id)] == [need.id]
    with pytest.raises(Refused):
        await here.do(needs.answer_need, opportunity_id, need.id, "met", "")
    other = await here.published()
    other_place = await here.do(take_place, other, whom, ["breaks"], "")
    await here.do(leave_place, other_place, whom, POLICY)
    assert await here.do(needs.read_needs, other) == []


MOMENTS = [
    datetime(2027, 3, 1, hour, minute, tzinfo=UTC) for hour, minute in ((9, 0), (10, 0), (10, 30), (11, 0), (12, 0))
]


async def test_opp_11_the_query_of_the_register_says_what_the_rule_says(here: World):
    opportunity_id = await here.published(number=2)
    first, second = await here.session_ids(opportunity_id)
    starts_at, ends_at = MOMENTS[1], MOMENTS[3]
    pairs = [
        (taken, ended) for taken, ended in product([None, *MOMENTS], repeat=2) if not ended or (taken and taken < ended)
    ]
    holdings = [(taken, ended, only) for taken, ended in pairs for only in (None, first, second)]

    async def arrange(tx: Any) -> set[int]:
        await tx.execute(sessions.update().where(sessions.c.id == first).values(starts_at=starts_at, ends_at=ends_at))
        for number, (taken_at, ended_at, only) in enumerate(holdings):
            state = "taken" if taken_at and not ended_at else "left"
            whom = {"participant_kind": "person", "participant_id": new_id(), "participant_home": "test"}
            row = {
                "id": new_id(),
                "version": 1,
                "opportunity_id": opportunity_id,
                "state": state,
                "queue_number": number + 1,
                "actor_kind": "system",
            }
            times = {"taken_at": taken_at, "ended_at": ended_at, "created_at": tx.now, "changed_at": tx.now}
            await tx.execute(insert(places_table).values(**row, **whom, **times, only_session_id=only))
        found = select(places_table.c.queue_number).join(
            sessions, sessions.c.opportunity_id == places_table.c.opportunity_id
        )
        return {row.queue_number - 1 for row in await tx.all(found.where(sessions.c.id == first, had_a_place()))}

    on_it = await here.do(arrange)
    assert on_it == {
        n
        for n, (taken_at, ended_at, only) in enumerate(holdings)
        if taking.is_on_register(Holding(taken_at, ended_at, only), first, starts_at, ends_at)
    }
    assert 0 < len(on_it) < len(holdings)


async def test_opp_11_a_walk_in_is_not_told_that_it_is_over_while_the_session_goes_on(here: World):
    opportunity_id, whom = await here.published(), await here.person("Robin Marsh")
    (session_id,) = await here.session_ids(opportunity_id)
    here.move(days=35, minutes=30)
    place_id = await here.do(add_walk_in, opportunity_id, session_id, whom)
    assert (await here.read(own_place, place_id, whom)).shown == "came"
    here.move(hours=3)
    assert (await here.read(own_place, place_id, whom)).shown == "over"
