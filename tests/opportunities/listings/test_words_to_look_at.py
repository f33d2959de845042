"""What a neighbour makes of a listing after somebody looked at it: facts at once, words after a look (NET-01,
NOT-05)."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.opportunities.feeds.pages import FEEDS, NETWORK
from services.opportunities.listings import queries
from services.opportunities.listings.domain import PLACE_TO_COME
from services.opportunities.listings.use_cases import deciding, neighbours
from services.opportunities.places.use_cases.withdrawn import hear_withdrawn
from shared.db import new_id
from shared.events import network
from shared.reasons import Refused
from tests.opportunities.listings.test_held_listings import announced, told, visitor
from tests.opportunities.listings.test_listings import POLICY, SUN, hear, listing, shared, withdrawn
from tests.opportunities.support import World, shown_listings
from tests.support.apps import running

EVIL = "Send your bank card number to http://evil.example"
WORDED = (
    "title",
    "summary",
    "area",
    "background",
    "expected",
    "time_needed",
    "payment",
    "accessibility",
    "result",
    "contact_role",
    "commissioner",
)


async def looked_at(here: World, **facts: Any) -> network.OpportunityShared:
    """A listing of an organisation that nobody trusts, which a coordinator has read and shown."""
    await announced(here)
    event = shared(here, **facts)
    await hear(here, event)
    await here.do(deciding.show, network.local_id(SUN, event.opportunity_id), read=1, policy=POLICY)
    return event


async def said_here(here: World) -> str:
    """All that our own services hear, and all that anybody but a coordinator can read of listings."""
    bodies = await here.dicts("SELECT subject, body::text FROM outbox ORDER BY id")
    shown = await here.read(shown_listings, POLICY)
    return str([row["body"] for row in bodies if "listing" not in row["subject"]]) + str(
        [(each.facts.title, each.facts.reason) for each in shown]
    )


async def now(here: World, event: network.OpportunityShared) -> queries.Listing:
    found = await listing(here, event)
    assert found is not None
    return found


def later(event: network.OpportunityShared, version: int = 3, /, **facts: Any) -> network.OpportunityShared:
    return event.model_copy(update={"version": version, **facts})


@pytest.mark.parametrize("name", [*WORDED, "short_notice_reason", "url"])
async def test_net_01_new_words_of_a_listing_that_was_looked_at_wait_for_a_look(here: World, name: str):
    event = await looked_at(here)
    await hear(here, later(event, 3, **{name: EVIL}, changed=("purpose", "contact"), reason=EVIL))
    found = await now(here, event)
    assert getattr(found.facts, name) == getattr(event, name) and EVIL not in await said_here(here)
    assert await told(here) == ["listing-held", "opportunity-created", "listing-settled", "listing-held"]
    await here.do(deciding.decide_words, found.facts.id, shown=True, read=found.facts.version)
    assert getattr((await now(here, event)).facts, name) == EVIL
    assert (await told(here))[-1] == "listing-settled"


async def test_net_01_the_words_of_a_place_wait_and_its_times_do_not(here: World):
    event = await looked_at(here)
    (planned,) = event.sessions
    moved = planned.model_copy(
        update={
            "venue": EVIL,
            "starts_at": planned.starts_at + timedelta(hours=1),
            "ends_at": planned.ends_at + timedelta(hours=1),
        }
    )
    more = planned.model_copy(update={"session_id": new_id(), "venue": EVIL})
    known = planned.model_copy(update={"session_id": new_id()})
    await hear(here, later(event, sessions=(moved, more, known), changed=("time", "place")))
    found = await now(here, event)
    venues = {each.host_session_id: each.venue for each in found.sessions}
    assert venues == {moved.session_id: planned.venue, more.session_id: PLACE_TO_COME, known.session_id: planned.venue}
    assert moved.starts_at in {each.starts_at for each in found.sessions} and EVIL not in await said_here(here)
    [change] = [
        json.loads(row["body"])
        for row in await here.dicts("SELECT body::text FROM outbox WHERE subject LIKE '%opportunity-changed%'")
    ]
    assert change["changed"] == ["time"]
    await here.do(deciding.decide_words, found.facts.id, shown=True, read=found.facts.version)
    assert sorted(each.venue for each in (await now(here, event)).sessions) == sorted([EVIL, EVIL, planned.venue])
    changes = [
        json.loads(row["body"])
        for row in await here.dicts(
            "SELECT body::text FROM outbox WHERE subject LIKE '%opportunity-changed%' ORDER BY id"
        )
    ]
    assert "place" in changes[-1]["changed"] and EVIL in str(changes[-1]["sessions"])


async def test_not_05_a_cancellation_goes_through_at_once_and_its_reason_waits(here: World):
    event = await looked_at(here)
    await here.do(hear_withdrawn, [withdrawn(event, "cancelled", reason=EVIL)], POLICY)
    assert (await told(here))[-2:] == ["listing-held", "opportunity-cancelled"] and EVIL not in await said_here(here)
    [waits], _ = await here.read(queries.listings_for_staff, POLICY)
    assert (waits.facts.state, waits.facts.reason, waits.waits.reason) == ("cancelled", "", EVIL)
    await here.do(deciding.decide_words, waits.facts.id, shown=True, read=waits.facts.version)
    assert ((await now(here, event)).facts.reason, (await told(here))[-1]) == (EVIL, "listing-settled")


async def test_net_01_a_change_of_facts_is_told_at_once_without_the_reason_until_somebody_looked(here: World):
    event = await looked_at(here)
    await hear(here, later(event, rate_pence=1100, reason=EVIL))
    found = await now(here, event)
    assert (found.facts.rate_pence, found.facts.reason, found.facts.changed) == (1100, "", ["purpose"])
    assert "opportunity-changed" in await told(here) and EVIL not in await said_here(here)


async def test_net_01_old_words_stay_when_the_new_ones_are_not_to_be_shown_and_the_same_words_again_need_no_look(
    here: World,
):
    event = await looked_at(here)
    await hear(here, later(event, title=EVIL))
    found = await now(here, event)
    await here.do(deciding.decide_words, found.facts.id, shown=False, read=found.facts.version)
    assert ((await now(here, event)).facts.title, (await told(here))[-1]) == (event.title, "listing-settled")
    await hear(here, later(event, 4, title=EVIL))
    await hear(here, later(event, 5))
    assert (await told(here))[-2:] == ["listing-held", "listing-settled"]
    assert not (await now(here, event)).waits


async def test_net_01_words_that_were_not_shown_can_be_seen_and_shown_later_until_a_newer_version_comes(here: World):
    event = await looked_at(here)
    await hear(here, later(event, title="Choose two drop-ins", changed=("purpose",), reason="The other one closes."))
    found = await now(here, event)
    words = f"/opportunities/staff/network/{found.facts.id}/words"
    await here.do(deciding.decide_words, found.facts.id, shown=False, read=found.facts.version)
    await hear(here, later(event, 4, title="Choose two drop-ins"))  # said again: no new task, and they stay to be seen
    assert (await told(here))[-1] == "listing-settled"
    async with running(here.app), visitor(here, "coordinator") as coordinator, visitor(here) as stranger:
        shown = (await coordinator.get("/opportunities/staff/network")).text
        assert (
            "New words that we do not show" in shown
            and "Choose two drop-ins" in shown
            and "The other one closes." in shown
        )
        assert "Choose two" not in (await stranger.get(f"/opportunities/{found.facts.id}")).text
        read = (await now(here, event)).facts.version
        assert (await coordinator.post(words, data={"shown": "true", "read": str(read)})).status_code == 303
    assert (await now(here, event)).facts.title == "Choose two drop-ins"
    [change] = await here.events("opportunity-changed")
    assert (change["title"], change["reason"]) == ("Choose two drop-ins", "The other one closes.")
    await hear(here, later(event, 5, title=EVIL))
    found = await now(here, event)
    await here.do(deciding.decide_words, found.facts.id, shown=False, read=found.facts.version)
    await hear(here, later(event, 6, title="Choose three"))
    found = await now(here, event)
    assert (found.waits.texts, bool(found.not_shown), found.facts.not_shown) == ({"title": "Choose three"}, False, None)


async def test_net_01_nobody_shows_words_that_came_after_they_looked(here: World):
    event = await looked_at(here)
    await hear(here, later(event, title="Choose two drop-ins"))
    read = (await now(here, event)).facts
    await hear(here, later(event, 4, title=EVIL))
    with pytest.raises(Refused):
        await here.do(deciding.decide_words, read.id, shown=True, read=read.version)
    assert (await now(here, event)).facts.title == event.title
    first = shared(here)
    await hear(here, first, later(first, title=EVIL))
    await hear(here, later(first, 4, title=EVIL))
    with pytest.raises(Refused):
        await here.do(deciding.show, network.local_id(SUN, first.opportunity_id), read=1, policy=POLICY)


async def test_net_01_new_words_of_a_trusted_neighbour_pass_and_count_to_its_day(here: World):
    event = await looked_at(here)
    await here.do(neighbours.trust, SUN, trusted=True)
    policy = replace(POLICY, most_told_a_day=3)  # the first version was one
    for version in (3, 4, 5):
        await hear(here, later(event, version, title=f"Title {version}"), policy=policy)
    found = await now(here, event)
    assert (found.facts.title, found.waits.texts) == ("Title 4", {"title": "Title 5"})
    await hear(here, shared(here), policy=policy)
    assert (await told(here))[-1] == "listing-held"
    here.move(days=2)
    await hear(here, later(event, 6, title="Title 6"), policy=policy)
    assert ((await now(here, event)).facts.title, (await told(here))[-1]) == ("Title 6", "listing-settled")


async def test_net_01_hidden_words_that_wait_are_nobodys_task_until_it_is_shown_again(here: World):
    event = await looked_at(here)
    await hear(here, later(event, title=EVIL))
    listing_id = network.local_id(SUN, event.opportunity_id)
    await here.do(deciding.hide, listing_id)
    assert (await told(here))[-1] == "listing-settled"
    await here.do(deciding.show, listing_id, read=(await now(here, event)).facts.version, policy=POLICY)
    assert ((await told(here))[-1], (await now(here, event)).facts.title) == ("listing-held", event.title)


async def test_net_01_a_coordinator_sees_old_and_new_words_side_by_side_and_nobody_else_the_new(here: World):
    event = await looked_at(here)
    await hear(here, later(event, title=EVIL))
    found = await now(here, event)
    here_it_is, words = f"/opportunities/{found.facts.id}", f"/opportunities/staff/network/{found.facts.id}/words"
    async with (
        running(here.app),
        visitor(here, "participant") as participant,
        visitor(here) as stranger,
        visitor(here, "coordinator") as coordinator,
    ):
        feeds = [f"{feed}/{name}" for feed in (FEEDS, NETWORK) for name in ("calendar.ics", "atom.xml", "rpde")]
        for path in ("/opportunities", here_it_is, *feeds):
            for anybody in (participant, stranger):
                answer = await anybody.get(path)
                assert answer.status_code == 200 and "evil.example" not in answer.text
        shown = (await coordinator.get("/opportunities/staff/network")).text
        assert EVIL in shown and event.title in shown and "Our people read" in shown and "They say now" in shown
        assert (
            await participant.post(words, data={"shown": "true", "read": str(found.facts.version)})
        ).status_code == 403
        assert (await coordinator.post(words, data={"shown": "true", "read": "1"})).status_code == 422
        assert (
            await coordinator.post(words, data={"shown": "true", "read": str(found.facts.version)})
        ).status_code == 303
        assert EVIL in (await stranger.get(here_it_is)).text


async def test_not_05_nobody_reads_a_place_as_certain_while_the_host_has_written_another(here: World):
    event = await looked_at(here)
    (planned,) = event.sessions
    listing_id, uncertain = network.local_id(SUN, event.opportunity_id), "This place may be wrong."
    async with visitor(here, "participant") as me:
        pages = [f"/opportunities/{listing_id}", f"/opportunities/{listing_id}/take-part"]

        async def uncertain_on() -> list[bool]:
            return [uncertain in (await me.get(path)).text for path in pages]

        assert await uncertain_on() == [False, False]
        await hear(here, later(event, 3, sessions=(planned.model_copy(update={"venue": "The hall"}),)))
        assert await uncertain_on() == [True, True]
        found = await now(here, event)
        await here.do(deciding.decide_words, found.facts.id, shown=False, read=found.facts.version)
        assert await uncertain_on() == [True, True]
        await here.do(deciding.decide_words, found.facts.id, shown=True, read=found.facts.version + 1)
        assert await uncertain_on() == [False, False]
