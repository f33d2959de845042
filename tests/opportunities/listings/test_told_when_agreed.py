"""NET-03: nobody is invited to what cannot be joined yet; it waits for coordinators, who read what they agree to before
they do."""

from services.opportunities.listings.use_cases import deciding, neighbours
from services.opportunities.listings.use_cases.agreeing import follow_agreements
from shared.events import network
from tests.opportunities.listings.test_held_listings import announced, told, visitor
from tests.opportunities.listings.test_listings import POLICY, SUN, hear, listing, shared
from tests.opportunities.support import World

COSTS_US = {"funding": "none", "expenses_cap_pence": 0}


async def test_net_03_nobody_hears_of_a_trusted_ones_listing_before_it_can_be_joined(here: World):
    await announced(here)
    await here.do(neighbours.trust, SUN, trusted=True)
    event = shared(here, **COSTS_US)
    await hear(here, event)
    for _ in range(2):
        await here.do(follow_agreements, POLICY)
    assert await told(here) == ["listing-held"]
    found = await listing(here, event)
    assert found is not None and not found.open
    await here.do(deciding.agree, found.facts.id, found.terms, read=found.facts.version, policy=POLICY)
    await here.do(follow_agreements, POLICY)
    assert await told(here) == ["listing-held", "listing-settled", "opportunity-created"]
    found = await listing(here, event)
    assert found is not None and found.open
    assert await here.broken() == {}


async def test_net_03_what_was_looked_at_is_still_told_to_nobody_before_it_is_agreed_to(here: World):
    await announced(here)
    event = shared(here, **COSTS_US)
    await hear(here, event)
    listing_id = network.local_id(SUN, event.opportunity_id)
    await here.do(deciding.show, listing_id, read=1, policy=POLICY)
    assert "opportunity-created" not in await told(here)
    words = event.model_copy(update={"version": 3, "title": "Confirm your bank details"})
    await hear(here, words)
    found = await listing(here, event)
    assert found is not None and found.facts.title == "Choose a drop-in" and found.waits
    assert await here.broken() == {}


async def test_net_03_when_its_host_pays_more_it_is_told_and_the_task_ends(here: World):
    await announced(here)
    await here.do(neighbours.trust, SUN, trusted=True)
    event = shared(here, **COSTS_US)
    await hear(here, event)
    await here.do(follow_agreements, POLICY)
    better = {"version": 3, "funding": "fees-and-expenses", "expenses_cap_pence": 2000}
    await hear(here, event.model_copy(update=better))
    await here.do(follow_agreements, POLICY)
    assert (await told(here))[-2:] == ["listing-settled", "opportunity-created"]


async def test_net_03_the_task_ends_when_it_is_hidden_or_over(here: World):
    await announced(here)
    await here.do(neighbours.trust, SUN, trusted=True)
    events = [shared(here, **COSTS_US), shared(here, **COSTS_US)]
    await hear(here, *events)
    await here.do(follow_agreements, POLICY)
    await here.do(deciding.hide, network.local_id(SUN, events[0].opportunity_id))
    await here.do(follow_agreements, POLICY)
    assert (await told(here)).count("listing-settled") == 1
    here.move(days=300)
    await here.do(follow_agreements, POLICY)
    assert (await told(here)).count("listing-settled") == 2


async def test_net_03_who_agrees_reads_first_what_it_does_and_what_can_be_taken_back(here: World):
    await announced(here)
    event = shared(here, **COSTS_US)
    await hear(here, event)
    listing_id = network.local_id(SUN, event.opportunity_id)
    await here.do(deciding.show, listing_id, read=1, policy=POLICY)
    async with visitor(here, "coordinator") as staff:
        page = f"/opportunities/staff/network/{listing_id}/agree"
        listed = (await staff.get("/opportunities/staff/network")).text
        assert f'href="{page}"' in listed and f'action="{page}"' not in listed
        asked = (await staff.get(page)).text
        assert "Yes, agree to pay our people" in asked and "Can I take it back?" in asked
        assert "The host pays nothing back" in asked
