"""Other organisations' opportunities as we list them (NET-01, NET-03, NET-04): another's input, whatever it says."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.opportunities.listings import queries
from services.opportunities.listings.domain import NetworkPolicy, Terms
from services.opportunities.listings.use_cases import deciding
from services.opportunities.listings.use_cases.listings import forget_withdrawals, hear_announced, hear_shared
from services.opportunities.places.tables.guests import guest_places
from services.opportunities.places.use_cases.withdrawn import hear_removed, hear_withdrawn
from services.opportunities.words.domain import Offer
from shared.db import new_id
from shared.events import network
from shared.reasons import Refused
from tests.opportunities.support import TEXTS, World, shown_listings, someone, trust_neighbours

SUN = "sun"
POLICY = NetworkPolicy()


@pytest.fixture(autouse=True)
async def _trusted(here: World) -> None:
    """A coordinator has looked at SUN and Viewpoint before; test_held_listings.py is about those whom nobody has."""
    await here.do(trust_neighbours, SUN, "viewpoint", "suffolk")


def session(here: World, *, in_days: float = 20, session_id: UUID | None = None, venue: str = "The library") -> dict[str, Any]:
    starts_at = (here.now + timedelta(days=in_days)).replace(second=0, microsecond=0)
    return {"session_id": session_id or new_id(), "starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2), "venue": venue}


def shared(here: World, **facts: Any) -> network.OpportunityShared:
    """What SUN says of one of its opportunities."""
    public = {name: TEXTS[name] for name in TEXTS if name in network.OpportunityShared.model_fields}
    values = {
        "version": 2,
        "origin": SUN,
        "opportunity_id": new_id(),
        "host_name": "SUN",
        "title": "Choose a drop-in",
        "kind": "tender-panel",
        "commissioner": "",
        "short_notice_reason": "",
        "rate_pence": 1000,
        "funding": "fees-and-expenses",
        "expenses_cap_pence": 2000,
        "waiting_list": False,
        "url": "https://sun.example/opportunities/1",
        **public,
        **facts,
    }
    return network.OpportunityShared(**{"sessions": (session(here),), **values})


def withdrawn(of: network.OpportunityShared, because: str = "not-shared", **facts: Any) -> network.OpportunityWithdrawn:
    values = {"version": of.version + 1, "origin": of.origin, "opportunity_id": of.opportunity_id, "because": because, "reason": "", **facts}
    return network.OpportunityWithdrawn(**values)


async def hear(here: World, *events: network.OpportunityShared, policy: NetworkPolicy = POLICY) -> None:
    await here.do(hear_shared, events, policy)


async def listing(here: World, event: network.OpportunityShared, policy: NetworkPolicy = POLICY) -> queries.Listing | None:
    return await here.read(queries.listing, network.local_id(event.origin, event.opportunity_id), policy)


async def test_net_01_what_is_shared_is_listed_and_our_own_services_hear_of_it_with_our_ids(here: World):
    event = shared(here)
    await hear(here, event)
    found = await listing(here, event)
    assert found is not None
    assert (found.facts.title, found.facts.state, found.host_name, found.open) == ("Choose a drop-in", "open", "SUN", True)
    (created,) = await here.events("opportunity-created")
    local = network.local_id(SUN, event.opportunity_id)
    assert created["opportunity_id"] == str(local) != str(event.opportunity_id)
    assert created["host"] == SUN
    assert created["host_name"] == "SUN"
    assert created["host_opportunity_id"] == str(event.opportunity_id)
    assert created["sessions"][0]["session_id"] == str(network.local_id(SUN, event.sessions[0].session_id))
    assert (created["rate_pence"], created["funding"], created["expenses_cap_pence"]) == (1000, "fees-and-expenses", 2000)
    assert created["version"] == 1
    assert [row["id"] for row in await here.dicts("SELECT id FROM listing_sessions")] == [network.local_id(SUN, event.sessions[0].session_id)]


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


async def test_opp_16_a_change_is_told_with_its_reason_also_of_versions_that_were_overtaken(here: World):
    first = shared(here)
    await hear(here, first)
    moved = first.model_copy(
        update={"version": 3, "sessions": (first.sessions[0].model_copy(update={"venue": "The hall"}),), "changed": ("place",), "reason": "A leak."}
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
    await hear(here, first.model_copy(update={"version": 3, "sessions": (first.sessions[0].model_copy(update={"starts_at": later}),)}))
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
        await here.write("UPDATE withdrawals SET heard_at = now() - make_interval(days => :days) WHERE heard_at > now() - interval '1 day'", days=days)
    await here.do(forget_withdrawals)
    assert len(await here.dicts("SELECT 1 FROM withdrawals")) == 1


async def guest_place(here: World, event: network.OpportunityShared, state: str = "taken") -> Any:
    """Somebody of ours with a place there."""
    whom, local = someone(), network.local_id(event.origin, event.opportunity_id)
    code = "G-" + "".join("23456789ABCDEFGH"[int(digit, 16)] for digit in whom.id.hex[-4:])
    values = {
        "id": new_id(),
        "version": 1,
        "guest_id": new_id(),
        "code": code,
        "host": event.origin,
        "listing_id": local,
        "state": state,
        "agreed_to": "1",
        "participant_kind": "person",
        "participant_id": whom.id,
        "participant_home": whom.home,
        "host_opportunity_id": event.opportunity_id,
        "agreed_at": here.now,
        "created_at": here.now,
        "changed_at": here.now,
        "actor_kind": "person",
    }
    await here.do(lambda tx: tx.execute(guest_places.insert().values(**values)))
    return whom


async def test_not_05_cancelled_by_its_host_everyone_of_ours_with_a_place_is_told_once(here: World):
    first = shared(here)
    await hear(here, first)
    people = [await guest_place(here, first, state) for state in ("taken", "waiting", "requested", "left")]
    for _ in range(2):
        await here.do(hear_withdrawn, [withdrawn(first, "cancelled", reason="The hall burnt down.")], POLICY)
    await here.do(hear_withdrawn, [withdrawn(first, "cancelled", version=9, reason="Again.")], POLICY)
    (cancelled,) = await here.events("opportunity-cancelled")
    assert {each["id"] for each in cancelled["participants"]} == {str(each.id) for each in people[:3]}
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
    await hear(here, shared(here, sessions=(session(here, in_days=-3),)), shared(here, rate_pence=None), shared(here, title="\u200b "), good)
    assert [row["host_opportunity_id"] for row in await here.dicts("SELECT host_opportunity_id FROM listings")] == [good.opportunity_id]
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


def announced(version: int = 1, origin: str = SUN, name: str = "SUN Network", url: str = "https://sun.example") -> network.OrganisationAnnounced:
    return network.OrganisationAnnounced(version=version, organisation_id=network.organisation_id(origin), origin=origin, display_name=name, url=url)


async def test_an_organisation_is_called_what_it_says_of_itself(here: World):
    await here.do(hear_announced, announced(2))
    await here.do(hear_announced, announced(1, name="Before"))
    event = shared(here, host_name="Somebody else")
    await hear(here, event)
    found = await listing(here, event)
    assert found is not None and (found.host_name, found.host_url) == ("SUN Network", "https://sun.example")
    assert (await here.events("opportunity-created"))[0]["host_name"] == "SUN Network"


async def test_an_organisation_that_is_removed_takes_its_listings_along_and_people_are_told(here: World):
    await here.do(hear_announced, announced())
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
    await here.do(hear_announced, announced(2))
    await hear(here, first.model_copy(update={"version": 3}))
    back = await listing(here, first)
    assert back is not None and back.open
    assert [created["version"] for created in await here.events("opportunity-created") if created["host"] == SUN] == [1, 3]


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
    assert [step.facts for step in await here.steps("listing-agreed")] == [{"origin": SUN, "rate_pence": 1000, "funding": "none", "expenses_cap_pence": 0}]
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
