"""Other organisations' opportunities as we list them (NET-01, NET-03, NET-04): another's input, whatever it says."""

import pytest

from services.opportunities.listings import queries
from services.opportunities.listings.domain import NetworkPolicy, Terms
from services.opportunities.listings.use_cases import deciding
from services.opportunities.listings.use_cases.neighbours import hear_announced
from services.opportunities.places.use_cases.withdrawn import hear_withdrawn
from services.opportunities.words.domain import Offer
from shared.events import network
from shared.reasons import Refused
from tests.opportunities.listings.support import POLICY, SUN, US, announced, hear, listing, session, shared, withdrawn
from tests.opportunities.support import World, shown_listings

pytestmark = pytest.mark.usefixtures("trusted")


async def test_net_01_what_is_shared_is_listed_and_our_own_services_hear_of_it_with_our_ids(here: World):
    event = shared(here)
    await hear(here, event)
    found = await listing(here, event)
    assert found is not None
    assert (found.facts.title, found.facts.state, found.host_name, found.open) == (
        "Choose a drop-in",
        "open",
        "SUN",
        True,
    )
    (created,) = await here.events("opportunity-created")
    local = network.local_id(SUN, event.opportunity_id)
    assert created["opportunity_id"] == str(local) != str(event.opportunity_id)
    assert created["host"] == SUN
    assert created["host_name"] == "SUN"
    assert created["host_opportunity_id"] == str(event.opportunity_id)
    assert created["sessions"][0]["session_id"] == str(network.local_id(SUN, event.sessions[0].session_id))
    assert (created["rate_pence"], created["funding"], created["expenses_cap_pence"]) == (
        1000,
        "fees-and-expenses",
        2000,
    )
    assert created["version"] == 1
    assert [row["id"] for row in await here.dicts("SELECT id FROM listing_sessions")] == [
        network.local_id(SUN, event.sessions[0].session_id)
    ]


async def test_net_04_a_later_version_wins_whatever_the_order_and_a_duplicate_changes_nothing(here: World):
    first = shared(here)
    later = first.model_copy(update={"version": 5, "title": "Choose again"})
    for events in ((later,), (first,), (later,), (first, later)):
        await hear(here, *events)
    found = await listing(here, first)
    assert found is not None and (found.facts.title, found.facts.host_version) == ("Choose again", 5)
    assert len(await here.events("opportunity-created")) == 1
    assert await here.events("opportunity-changed") == []


async def test_net_04_several_versions_at_once_are_one_listing_with_the_newest_text(here: World):
    first = shared(here)
    versions = [first.model_copy(update={"version": number, "title": f"Version {number}"}) for number in (4, 2, 3)]
    await hear(here, *versions, versions[0])
    found = await listing(here, first)
    assert found is not None and found.facts.title == "Version 4"
    assert [created["title"] for created in await here.events("opportunity-created")] == ["Version 4"]


async def test_net_04_two_organisations_with_one_id_have_a_listing_each_and_neither_touches_the_others(here: World):
    ours = shared(here)
    theirs = ours.model_copy(update={"origin": "viewpoint", "title": "Another", "version": 9})
    await hear(here, ours, theirs)
    await here.do(hear_withdrawn, [withdrawn(theirs, "cancelled")], POLICY)
    kept, gone = await listing(here, ours), await listing(here, theirs)
    assert kept is not None and gone is not None
    assert (kept.facts.title, kept.facts.state, gone.facts.state) == ("Choose a drop-in", "open", "cancelled")


async def test_net_01_no_organisation_has_more_listings_than_we_take_and_others_are_still_listed(here: World):
    policy = NetworkPolicy(most_listings=2)
    events = [shared(here) for _ in range(3)]
    await hear(here, *events, shared(here, origin="viewpoint"), policy=policy)
    counted = await here.dicts("SELECT origin, count(*) AS number FROM listings GROUP BY origin ORDER BY origin")
    assert [(row["origin"], row["number"]) for row in counted] == [("sun", 2), ("viewpoint", 1)]
    assert await here.read(queries.full_hosts, policy) == ["sun"]
    await hear(here, events[0].model_copy(update={"version": 3, "title": "Still told"}), policy=policy)
    await here.do(hear_withdrawn, [withdrawn(events[0], version=4)], POLICY)
    await hear(here, events[2], policy=policy)
    assert await listing(here, events[2]) is not None
    assert await here.read(queries.full_hosts, policy) == ["sun"]


async def test_net_01_what_makes_no_sense_is_not_listed_and_does_not_spoil_what_is(here: World):
    good = shared(here)
    await hear(
        here,
        shared(here, sessions=(session(here, in_days=-3),)),
        shared(here, rate_pence=None),
        shared(here, title="\u200b "),
        good,
    )
    assert [row["host_opportunity_id"] for row in await here.dicts("SELECT host_opportunity_id FROM listings")] == [
        good.opportunity_id
    ]
    await hear(here, good.model_copy(update={"version": 3, "rate_pence": 0}))
    found = await listing(here, good)
    assert found is not None and found.facts.rate_pence == 1000


async def test_a_session_that_is_named_twice_or_by_two_opportunities_does_no_harm(here: World):
    once = session(here)
    await hear(here, shared(here, sessions=(once, once)), shared(here, sessions=(once,)))
    assert len(await here.dicts("SELECT 1 FROM listing_sessions")) == 2


async def test_hidden_characters_of_others_are_left_out_of_what_we_keep_and_say(here: World):
    event = shared(here, title="Choose\x00 \u202ea drop-in", summary="One\x07 two")
    await hear(here, event)
    (created,) = await here.events("opportunity-created")
    assert (created["title"], created["summary"]) == ("Choose a drop-in", "One two")


async def test_an_organisation_is_called_what_it_says_of_itself(here: World):
    await here.do(hear_announced, announced(2), US)
    await here.do(hear_announced, announced(1, name="Before"), US)
    event = shared(here, host_name="Somebody else")
    await hear(here, event)
    found = await listing(here, event)
    assert found is not None and (found.host_name, found.host_url) == ("SUN Network", "https://sun.example")
    assert (await here.events("opportunity-created"))[0]["host_name"] == "SUN Network"


async def test_net_03_a_coordinator_agrees_once_to_the_terms_that_were_read(here: World):
    event = shared(here, funding="none", expenses_cap_pence=0)
    await hear(here, event)
    local = network.local_id(SUN, event.opportunity_id)
    found = await listing(here, event)
    assert found is not None and not found.open and not found.agreed
    with pytest.raises(Refused):
        await here.do(deciding.agree, local, Terms(True, 999, Offer()), read=1, policy=POLICY)
    for _ in range(2):
        await here.do(deciding.agree, local, found.terms, read=1, policy=POLICY)
    assert [step.facts for step in await here.steps("listing-agreed")] == [
        {"origin": SUN, "rate_pence": 1000, "funding": "none", "expenses_cap_pence": 0}
    ]
    agreed = await listing(here, event)
    assert agreed is not None and agreed.open
    await hear(here, event.model_copy(update={"version": 3, "rate_pence": 1001}))
    dearer = await listing(here, event)
    assert dearer is not None and not dearer.open and not dearer.agreed


async def test_net_03_always_agreed_by_setting(here: World):
    event = shared(here, funding="none", expenses_cap_pence=0)
    await hear(here, event)
    found = await listing(here, event, NetworkPolicy(agree="always"))
    assert found is not None and found.open


async def test_a_hidden_listing_leaves_our_list_until_it_is_shown_again(here: World):
    event = shared(here)
    await hear(here, event)
    local = network.local_id(SUN, event.opportunity_id)
    for hidden in (True, True, False):
        await (here.do(deciding.hide, local) if hidden else here.do(deciding.show, local, read=2, policy=POLICY))
        assert len(await here.read(shown_listings, POLICY)) == (0 if hidden else 1)
    assert len(await here.steps("listing-hidden")) == len(await here.steps("listing-shown")) == 1


async def test_a_listing_that_is_over_leaves_our_list(here: World):
    event = shared(here)
    await hear(here, event)
    here.move(days=21)
    assert await here.read(shown_listings, POLICY) == []
    found = await listing(here, event)
    assert found is not None and not found.open
