"""Other organisations' opportunities as we list them (NET-01, NET-03, NET-04): another's input, whatever it says."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.opportunities import domain
from services.opportunities.queries import listings as queries
from services.opportunities.use_cases import listings
from shared.db import new_id
from shared.events import network
from tests.opportunities.support import TEXTS, House

SUN = "sun"
POLICY = domain.NetworkPolicy()


def session(here: House, *, in_days: float = 20, session_id: UUID | None = None, venue: str = "The library") -> dict[str, Any]:
    starts_at = (here.now + timedelta(days=in_days)).replace(second=0, microsecond=0)
    return {"session_id": session_id or new_id(), "starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2), "venue": venue}


def shared(here: House, **facts: Any) -> network.OpportunityShared:
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


async def hear(here: House, *events: network.OpportunityShared, policy: domain.NetworkPolicy = POLICY) -> None:
    await here.run(listings.hear_shared, events, policy)


async def listing(here: House, event: network.OpportunityShared, policy: domain.NetworkPolicy = POLICY) -> queries.Listing | None:
    return await here.database.read(lambda tx: queries.listing(tx, network.local_id(event.origin, event.opportunity_id), policy))


async def test_net_01_what_is_shared_is_listed_and_our_own_services_hear_of_it_with_our_ids(here: House):
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
    assert [row["id"] for row in await here.rows("SELECT id FROM listing_sessions")] == [network.local_id(SUN, event.sessions[0].session_id)]
