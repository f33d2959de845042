"""What hosts change, withdraw and cancel of what we list (OPP-16, NET-01, NET-04, NOT-05), and hosts that are gone."""

from datetime import datetime, timedelta

import pytest

from services.opportunities.listings.use_cases.listings import forget_withdrawals
from services.opportunities.listings.use_cases.neighbours import hear_announced
from services.opportunities.places.use_cases.withdrawn import hear_removed, hear_withdrawn
from shared.events import network
from tests.opportunities.listings.support import (
    POLICY,
    SUN,
    US,
    announced,
    guest_place,
    hear,
    listing,
    session,
    shared,
    withdrawn,
)
from tests.opportunities.support import World, shown_listings

pytestmark = pytest.mark.usefixtures("trusted")


async def test_opp_16_a_change_is_told_with_its_reason_also_of_versions_that_were_overtaken(here: World):
    first = shared(here)
    await hear(here, first)
    moved = first.model_copy(
        update={
            "version": 3,
            "sessions": (first.sessions[0].model_copy(update={"venue": "The hall"}),),
            "changed": ("place",),
            "reason": "A leak.",
        }
    )
    again = moved.model_copy(update={"version": 4, "waiting_list": True, "changed": (), "reason": ""})
    await hear(here, moved, again)
    (changed,) = await here.events("opportunity-changed")
    assert (changed["changed"], changed["reason"], changed["version"]) == (["place"], "A leak.", 2)
    assert changed["sessions"][0]["venue"] == "The hall"
    assert changed["host"] == SUN
    found = await listing(here, first)
    assert found is not None and found.facts.waiting_list and found.facts.reason == "A leak."
    assert found.sessions[0].venue == "The hall"


async def test_opp_16_a_host_that_moves_a_session_without_saying_so_is_found_out(here: World):
    first = shared(here)
    await hear(here, first)
    later = first.sessions[0].starts_at + timedelta(hours=1)
    await hear(
        here,
        first.model_copy(
            update={"version": 3, "sessions": (first.sessions[0].model_copy(update={"starts_at": later}),)}
        ),
    )
    (changed,) = await here.events("opportunity-changed")
    assert (changed["changed"], changed["reason"]) == (["time"], "")


async def test_opp_16_a_session_more_is_a_change_of_time_and_not_of_place(here: World):
    first = shared(here)
    await hear(here, first)
    more = network.OpportunityShared.model_validate(
        {**first.model_dump(), "version": 3, "sessions": [first.sessions[0].model_dump(), session(here, in_days=27)]}
    )
    await hear(here, more)
    (changed,) = await here.events("opportunity-changed")
    assert changed["changed"] == ["time"] and len(changed["sessions"]) == 2
    await hear(here, first.model_copy(update={"version": 4}))
    found = await listing(here, first)
    assert found is not None and len(found.sessions) == 1


async def test_net_01_said_again_with_only_a_full_house_tells_nobody(here: World):
    first = shared(here)
    await hear(here, first)
    await hear(here, first.model_copy(update={"version": 3, "waiting_list": True}))
    assert await here.events("opportunity-changed") == []
    found = await listing(here, first)
    assert found is not None and found.facts.waiting_list


async def test_net_03_other_terms_are_told_to_our_services_but_to_no_people(here: World):
    first = shared(here)
    await hear(here, first)
    await hear(here, first.model_copy(update={"version": 3, "expenses_cap_pence": 2500}))
    (changed,) = await here.events("opportunity-changed")
    assert (changed["changed"], changed["expenses_cap_pence"]) == ([], 2500)


async def test_net_01_withdrawn_it_leaves_the_list_and_shared_again_it_is_back(here: World):
    first = shared(here)
    await hear(here, first)
    await here.do(hear_withdrawn, [withdrawn(first)], POLICY)
    found = await listing(here, first)
    assert found is not None and found.facts.state == "not-shared" and not found.open
    assert await here.read(shown_listings, POLICY) == []
    await hear(here, first)
    assert await here.read(shown_listings, POLICY) == []
    await hear(here, first.model_copy(update={"version": 4}))
    assert len(await here.read(shown_listings, POLICY)) == 1
    assert len(await here.events("opportunity-created")) == 1
    assert await here.broken() == {}


async def test_net_04_a_withdrawal_that_comes_before_what_it_withdraws_holds(here: World):
    first = shared(here)
    await here.do(hear_withdrawn, [withdrawn(first, "cancelled", reason="Ill.")], POLICY)
    await hear(here, first)
    assert await listing(here, first) is None
    await here.do(hear_withdrawn, [withdrawn(first, version=1)], POLICY)
    await hear(here, first.model_copy(update={"version": 3}))
    assert await listing(here, first) is None
    await hear(here, first.model_copy(update={"version": 4}))
    assert await listing(here, first) is not None


async def test_a_withdrawal_is_forgotten_once_no_stream_can_bring_what_it_withdrew(here: World):
    for days in (39, 41):
        await here.do(hear_withdrawn, [withdrawn(shared(here))], POLICY)
        await here.write(
            "UPDATE withdrawals SET heard_at = now() - make_interval(days => :days) WHERE heard_at > now() - interval "
            "'1 day'",
            days=days,
        )
    await here.do(forget_withdrawals)
    assert len(await here.dicts("SELECT 1 FROM withdrawals")) == 1


async def test_not_05_cancelled_by_its_host_everyone_of_ours_with_a_place_is_told_once(here: World):
    first = shared(here)
    await hear(here, first)
    people = [await guest_place(here, first, state) for state in ("taken", "waiting", "requested", "left")]
    for _ in range(2):
        await here.do(hear_withdrawn, [withdrawn(first, "cancelled", reason="The hall burnt down.")], POLICY)
    await here.do(hear_withdrawn, [withdrawn(first, "cancelled", version=9, reason="Again.")], POLICY)
    (cancelled,) = await here.events("opportunity-cancelled")
    assert {each["id"] for each in cancelled["participants"]} == {str(each.id) for each in people[:3]}
    assert {each["id"] for each in cancelled["without_place"]} == {str(each.id) for each in people[1:3]}
    assert (cancelled["reason"], cancelled["version"]) == ("The hall burnt down.", 2)
    assert cancelled["opportunity_id"] == str(network.local_id(SUN, first.opportunity_id))
    states = await here.dicts("SELECT state FROM guest_places ORDER BY state")
    assert [row["state"] for row in states] == ["cancelled", "cancelled", "cancelled", "left"]


async def test_net_01_no_longer_shared_or_closed_people_keep_their_places(here: World):
    for because in ("not-shared", "closed"):
        first = shared(here)
        await hear(here, first)
        await guest_place(here, first)
        await here.do(hear_withdrawn, [withdrawn(first, because)], POLICY)
    assert {row["state"] for row in await here.dicts("SELECT state FROM guest_places")} == {"taken"}
    assert await here.events("opportunity-cancelled") == []


async def test_an_organisation_that_is_removed_takes_its_listings_along_and_people_are_told(here: World):
    await here.do(hear_announced, announced(), US)
    first, other = shared(here), shared(here, origin="viewpoint")
    await hear(here, first, other)
    whom = await guest_place(here, first)
    removed = network.OrganisationRemoved(version=1, organisation_id=network.organisation_id(SUN), removed=SUN)
    for _ in range(2):
        await here.do(hear_removed, removed)
    (cancelled,) = await here.events("opportunity-cancelled")
    assert [each["id"] for each in cancelled["participants"]] == [str(whom.id)]
    assert cancelled["reason"] == "SUN Network is not in our network any more, so we cannot arrange places there."
    kept = await listing(here, other)
    assert kept is not None and kept.open
    await hear(here, shared(here))
    assert len(await here.dicts("SELECT 1 FROM listings WHERE origin = 'sun'")) == 1
    await here.do(hear_announced, announced(2), US)
    await hear(here, first.model_copy(update={"version": 3}))
    back = await listing(here, first)
    assert back is not None and back.open
    assert [created["version"] for created in await here.events("opportunity-created") if created["host"] == SUN] == [
        1,
        3,
    ]


async def test_opp_16_sessions_of_a_host_say_of_themselves_what_its_listing_says(here: World):
    first = shared(here, sessions=(session(here), session(here, in_days=27)))
    await hear(here, first)
    assert [(each["version"], each["opportunity_version"]) for each in await here.events("session-added")] == [
        (1, 1)
    ] * 2
    moved, stays = first.sessions
    later = moved.model_copy(update={"starts_at": moved.starts_at + timedelta(hours=1)})
    again = {"version": 3, "sessions": (later, stays, network.listings.PublicSession(**session(here, in_days=34)))}
    for _ in range(2):
        await hear(here, first.model_copy(update=again), first)
    (told,) = await here.events("opportunity-changed")
    (event,) = await here.events("session-changed")
    assert event["session_id"] == str(network.local_id(SUN, moved.session_id))
    assert (event["version"], event["opportunity_version"]) == (2, told["version"])
    assert datetime.fromisoformat(event["was_starts_at"]) == moved.starts_at
    _, _, added = await here.events("session-added")
    assert (added["version"], added["opportunity_id"]) == (2, told["opportunity_id"])
