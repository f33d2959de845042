"""What an organisation shares is looked at before our people see it, until a coordinator trusts it; of a trusted one, a
day's worth (NET-01)."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import text

from services.opportunities.listings import domain, queries
from services.opportunities.listings.use_cases import deciding, neighbours
from services.opportunities.listings.use_cases.neighbours import hear_announced
from services.opportunities.places.use_cases.withdrawn import hear_withdrawn
from shared.events import network
from shared.reasons import Missing
from tests.opportunities.listings.support import US
from tests.opportunities.listings.test_listings import POLICY, SUN, hear, listing, session, shared, withdrawn
from tests.opportunities.support import World, shown_listings
from tests.support.apps import client_of, running, signed_in


async def announced(here: World, origin: str = SUN) -> None:
    event = network.OrganisationAnnounced(
        version=1,
        organisation_id=network.organisation_id(origin),
        origin=origin,
        display_name="SUN",
        url="https://sun.example",
    )
    await here.do(hear_announced, event, US)


async def told(here: World) -> list[str]:
    """The names of the events about listings that our own services hear, oldest first; not of what their sessions say
    of themselves."""
    said = [row["subject"].split(".")[1] for row in await here.dicts("SELECT subject FROM outbox ORDER BY id")]
    return [name for name in said if name not in ("organisation-named", "session-added", "session-changed")]


async def held(here: World) -> list[bool]:
    return [each.facts.held for each in (await here.read(queries.listings_for_staff, POLICY))[0]]


@contextlib.asynccontextmanager
async def visitor(here: World, *roles: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(here.app) as client:
        if roles:
            signed_in(client, *roles)
        yield client


def test_net_01_a_look_is_needed_until_somebody_trusts_them_and_beyond_a_days_worth():
    policy = replace(POLICY, most_told_a_day=2)
    assert domain.is_held(trusted=False, told_today=0, policy=policy)
    assert not domain.is_held(trusted=True, told_today=1, policy=policy)
    assert domain.is_held(trusted=True, told_today=2, policy=policy)


async def test_net_01_nobody_hears_of_a_strangers_listing_before_a_coordinator_shows_it(here: World):
    await announced(here)
    event = shared(here, title="Confirm your bank details")
    await hear(here, event)
    await hear(here, event.model_copy(update={"version": 3, "title": "Choose a drop-in"}))
    assert await told(here) == ["listing-held"]
    assert await here.read(shown_listings, POLICY) == []
    found = await listing(here, event)
    assert found is not None and [reason.rule for reason in found.refusals] == ["NET-03"]

    await here.do(deciding.show, found.facts.id, read=2, policy=POLICY)
    await here.do(deciding.show, found.facts.id, read=2, policy=POLICY)
    assert await told(here) == ["listing-held", "opportunity-created", "listing-settled"]
    (shown,) = await here.read(shown_listings, POLICY)
    assert (shown.facts.title, shown.facts.held) == ("Choose a drop-in", False)


async def test_net_01_what_is_not_to_be_shown_is_decided_and_told_to_nobody(here: World):
    await announced(here)
    event = shared(here)
    await hear(here, event)
    listing_id = network.local_id(SUN, event.opportunity_id)
    await here.do(deciding.hide, listing_id)
    assert await told(here) == ["listing-held", "listing-settled"]
    await hear(here, event.model_copy(update={"version": 3, "title": "Another title"}))
    assert await told(here) == ["listing-held", "listing-settled"]


@pytest.mark.parametrize("because", ["not-shared", "cancelled", "closed"])
async def test_net_01_taken_back_before_anybody_looked_nobody_is_told_and_nobody_need_look(here: World, because: str):
    await announced(here)
    event = shared(here)
    await hear(here, event)
    await here.do(hear_withdrawn, [withdrawn(event, because)], POLICY)
    assert await told(here) == ["listing-held", "listing-settled"]


async def test_net_01_trust_lets_the_next_ones_in_and_can_be_taken_back(here: World):
    await announced(here)
    await hear(here, shared(here))
    await here.do(neighbours.trust, SUN, trusted=True)
    await hear(here, shared(here))
    assert await told(here) == ["listing-held", "opportunity-created"]
    await here.do(neighbours.trust, SUN, trusted=False)
    await hear(here, shared(here))
    assert await told(here) == ["listing-held", "opportunity-created", "listing-held"]
    with pytest.raises(Missing):
        await here.do(neighbours.trust, "nobody", trusted=True)


async def test_net_01_a_trusted_neighbour_cannot_mail_everybody_again_and_again(here: World):
    await announced(here)
    await here.do(neighbours.trust, SUN, trusted=True)
    policy = replace(POLICY, most_told_a_day=3)
    await hear(here, *(shared(here) for _ in range(4)), policy=policy)
    await hear(here, shared(here), policy=policy)
    assert (await told(here)).count("opportunity-created") == 3
    assert sorted(await held(here)) == [False, False, False, True, True]
    await here.do(neighbours.trust, SUN, trusted=False)
    await here.do(neighbours.trust, SUN, trusted=True)
    await here.do(_a_day_passes)
    await hear(here, shared(here), policy=policy)
    assert (await told(here)).count("opportunity-created") == 4


async def _a_day_passes(tx) -> None:
    await tx.execute(text("UPDATE listings SET told_at = told_at - interval '25 hours'"))


async def test_net_01_a_held_listings_words_stand_on_no_page_of_ours_but_its_coordinators(here: World):
    await announced(here)
    event = shared(here, title="Confirm your bank details", sessions=(session(here, in_days=20),))
    await hear(here, event)
    listing_id = network.local_id(SUN, event.opportunity_id)
    async with (
        running(here.app),
        visitor(here, "participant") as participant,
        visitor(here) as stranger,
        visitor(here, "coordinator") as coordinator,
    ):
        for anybody in (participant, stranger):
            assert (await anybody.get(f"/opportunities/{listing_id}")).status_code == 404
            assert "Confirm your bank details" not in (await anybody.get("/opportunities")).text
        network_page = (await coordinator.get("/opportunities/staff/network")).text
        assert "Nobody has looked" in network_page and "Show it" in network_page
        assert (await coordinator.get(f"/opportunities/{listing_id}")).status_code == 200
        done = await coordinator.post(
            f"/opportunities/staff/network/{listing_id}/hide", data={"hidden": "false", "read": 1}
        )
        assert done.status_code == 303
        assert "Confirm your bank details" in (await stranger.get("/opportunities")).text
        done = await coordinator.post(f"/opportunities/staff/network/organisations/{SUN}/trust", data={"trust": "true"})
        assert done.status_code == 303
        assert "Trusted" in (await coordinator.get("/opportunities/staff/network")).text
        assert (
            await participant.post(f"/opportunities/staff/network/organisations/{SUN}/trust", data={"trust": "false"})
        ).status_code == 403


@pytest.mark.parametrize(("signed", "said"), [(False, True), (True, False), (None, False)])
async def test_net_05_a_coordinator_reads_that_a_listing_is_not_signed(signed: bool | None, said: bool, here: World):
    await announced(here)
    await hear(here, shared(here, signed=signed))
    async with visitor(here, "coordinator") as coordinator:
        assert ("Not signed" in (await coordinator.get("/opportunities/staff/network")).text) is said


async def test_opp_22_who_asks_about_another_organisations_listing_asks_us(here: World):
    await announced(here)
    event = shared(here)
    await hear(here, event)
    listing_id = network.local_id(SUN, event.opportunity_id)
    async with visitor(here, "coordinator") as coordinator, visitor(here) as stranger:
        assert (await stranger.get(f"/opportunities/{listing_id}/ask")).status_code == 404  # nobody has looked at it
        await coordinator.post(f"/opportunities/staff/network/{listing_id}/hide", data={"hidden": "false", "read": 1})
        page = (await stranger.get(f"/opportunities/{listing_id}")).text
        assert f'href="/opportunities/{listing_id}/ask"' in page
        asked = await stranger.post(
            f"/opportunities/{listing_id}/ask", data={"words": "Is there a lift?", "reach": "07700 900123"}
        )
        assert asked.status_code == 303
        [row] = await here.dicts("SELECT id, opportunity_id FROM questions")
        read = (await coordinator.get(f"/opportunities/staff/questions/{row['id']}")).text
        assert row["opportunity_id"] == listing_id and "Is there a lift?" in read
        assert "Another organisation runs this. Ask them first, without saying who wants to know." in read
    assert await here.dicts("SELECT 1 FROM outbox WHERE body::text LIKE '%lift%'") == []
