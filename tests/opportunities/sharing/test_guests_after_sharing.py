"""Guests keep their places when the host shares no more: they hear of changes and of a cancellation all the same
(NET-01, NOT-05)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.opportunities.places.use_cases import home
from services.opportunities.publishing.use_cases import changing
from services.opportunities.sharing.use_cases import sharing
from services.opportunities.writing.use_cases import NewSession
from shared.events import ParticipantRef
from shared.reasons import Refused
from tests.opportunities.support import World, shown_listings
from tests.opportunities.two_organisations import Region, ask, guest_of, guest_place, region


@pytest.fixture
async def three(folder: Any, service_database: Any) -> AsyncIterator[Region]:
    """The host, a home with a guest, and one without."""
    built = region(folder, service_database, "sun", "viewpoint", "suffolk")
    yield built
    await built.close()


async def taken_back(three: Region, **texts: Any) -> tuple[UUID, UUID, ParticipantRef]:
    """(SUN's opportunity, the place of someone of Viewpoint's there, who it is), after SUN took it back from the
    network."""
    sun, whom = three.organisations["sun"], guest_of("viewpoint")
    opportunity_id = await sun.published(**texts)
    place_id = await ask(three.organisations["viewpoint"], await three.listed("sun", opportunity_id), whom)
    await three.carry()
    await sun.do(sharing.stop_sharing, opportunity_id)
    await three.carry()
    assert (await guest_place(three.organisations["viewpoint"], place_id)).state == "taken"
    return opportunity_id, place_id, whom


async def moved(three: Region, opportunity_id: UUID) -> NewSession:
    """SUN moves its session to another day, another place and another link."""
    sun = three.organisations["sun"]
    (session_id,) = await sun.session_ids(opportunity_id)
    (planned,) = await sun.dicts("SELECT starts_at, ends_at FROM sessions")
    later = NewSession(
        planned["starts_at"] + timedelta(days=1),
        planned["ends_at"] + timedelta(days=1),
        "The town hall",
        "https://video.example/other",
    )
    await sun.do(changing.change_session, opportunity_id, session_id, later, "A leak.", sun.service.settings.host)
    return later


async def shown(here: World) -> list[Any]:
    return await here.read(shown_listings, here.service.settings.network_policy)


async def states(here: World) -> list[str]:
    return [row["state"] for row in await here.dicts("SELECT state FROM listings")]


@pytest.mark.parametrize("in_order", [True, False], ids=["in order", "the other way round"])
async def test_not_05_guests_hear_of_a_change_of_what_is_no_longer_shared_and_nobody_lists_it_again(
    three: Region, in_order: bool
):
    sun, viewpoint = three.organisations["sun"], three.organisations["viewpoint"]
    opportunity_id, place_id, _ = await taken_back(three)
    later = await moved(three, opportunity_id)
    on_the_way = await three.outgoing()
    for carried in [*(on_the_way if in_order else reversed(on_the_way)), *on_the_way]:
        await three.deliver(carried)
        if in_order:
            assert await states(viewpoint) == await states(three.organisations["suffolk"]) == ["not-shared"]
    (told,) = await viewpoint.events("opportunity-changed")
    assert (told["changed"], told["reason"]) == (["time", "place"], "A leak.")
    assert [(each["starts_at"], each["venue"]) for each in told["sessions"]] == [
        (later.starts_at.isoformat().replace("+00:00", "Z"), "The town hall")
    ]
    assert list((await guest_place(viewpoint, place_id)).joining.values()) == ["https://video.example/other"]
    assert (await viewpoint.dicts("SELECT starts_at FROM listing_sessions")) == [{"starts_at": later.starts_at}]
    for name in ("viewpoint", "suffolk"):
        assert (
            await states(three.organisations[name]) == ["not-shared"] and await shown(three.organisations[name]) == []
        )
        assert len(await three.organisations[name].events("opportunity-created")) == 1
        assert await three.organisations[name].broken() == {}
    assert await sun.broken() == {}


@pytest.mark.parametrize("in_order", [True, False], ids=["in order", "the other way round"])
async def test_not_05_guests_hear_of_a_cancellation_of_what_is_no_longer_shared(three: Region, in_order: bool):
    viewpoint = three.organisations["viewpoint"]
    opportunity_id, place_id, whom = await taken_back(three)
    await moved(three, opportunity_id)
    await three.organisations["sun"].do(changing.cancel, opportunity_id, "The hall burnt down.")
    on_the_way = await three.outgoing()
    for carried in on_the_way if in_order else reversed(on_the_way):
        await three.deliver(carried)
    assert (await guest_place(viewpoint, place_id)).state == "cancelled"
    (cancelled,) = await viewpoint.events("opportunity-cancelled")
    assert ([each["id"] for each in cancelled["participants"]], cancelled["reason"]) == (
        [str(whom.id)],
        "The hall burnt down.",
    )
    assert len(await viewpoint.events("opportunity-changed")) == (1 if in_order else 0), (
        "nobody is told of a change after the end"
    )
    assert len(await viewpoint.events("opportunity-created")) == 1 and await states(viewpoint) == ["cancelled"]
    assert await viewpoint.broken() == await three.organisations["sun"].broken() == {}


async def test_net_01_an_organisation_that_joins_later_lists_nothing_of_a_change_to_guests(three: Region):
    suffolk = three.organisations["suffolk"]
    opportunity_id, *_ = await taken_back(three)
    for table in ("listing_sessions", "listings"):
        await suffolk.write(f"DELETE FROM {table}")
    await moved(three, opportunity_id)
    await three.carry()
    assert await states(suffolk) == [] and len(await suffolk.events("opportunity-created")) == 1
    assert len(await three.organisations["viewpoint"].events("opportunity-changed")) == 1


async def test_net_01_a_change_that_may_not_cross_is_refused_while_guests_have_places(three: Region):
    sun = three.organisations["sun"]
    opportunity_id, *_ = await taken_back(three)
    with pytest.raises(Refused):
        await sun.do(
            changing.change_texts,
            opportunity_id,
            "purpose",
            {"background": "x" * 5001},
            "More to say.",
            sun.service.settings.host,
        )
    assert await three.outgoing() == []


async def test_net_01_without_guests_a_change_of_what_is_no_longer_shared_stays_with_the_host(three: Region):
    sun, viewpoint = three.organisations["sun"], three.organisations["viewpoint"]
    opportunity_id, place_id, whom = await taken_back(three)
    await viewpoint.do(home.leave_place, place_id, whom)
    await three.carry()
    await moved(three, opportunity_id)
    assert [carried.event.name for carried in await three.outgoing()] == []
    assert len(await sun.events("opportunity-shared")) == 1


async def test_net_01_shared_again_after_a_change_it_is_listed_as_it_is_now(three: Region):
    opportunity_id, *_ = await taken_back(three)
    await moved(three, opportunity_id)
    await three.carry()
    await three.listed("sun", opportunity_id)
    for name in ("viewpoint", "suffolk"):
        (listed,) = await shown(three.organisations[name])
        assert (listed.facts.state, listed.sessions[0].venue) == ("open", "The town hall")
        assert len(await three.organisations[name].events("opportunity-changed")) == 1
