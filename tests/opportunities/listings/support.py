"""What another organisation says of itself and of its opportunities, as a test needs it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.opportunities.listings import queries
from services.opportunities.listings.domain import Called, NetworkPolicy
from services.opportunities.listings.use_cases.listings import hear_shared
from services.opportunities.places.tables.guests import guest_places
from shared.db import new_id
from shared.events import network
from tests.opportunities.support import TEXTS, World, someone
from tests.support.servers import ORGANISATION

SUN = "sun"
POLICY = NetworkPolicy()
US = Called(ORGANISATION, "The Test Voice")


def session(
    here: World, *, in_days: float = 20, session_id: UUID | None = None, venue: str = "The library"
) -> dict[str, Any]:
    starts_at = (here.now + timedelta(days=in_days)).replace(second=0, microsecond=0)
    return {
        "session_id": session_id or new_id(),
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=2),
        "venue": venue,
    }


def shared(here: World, **facts: Any) -> network.OpportunityShared:
    """What SUN says of one of its opportunities."""
    public = {name: TEXTS[name] for name in TEXTS if name in network.OpportunityShared.model_fields}
    values: dict[str, Any] = {
        "version": 2,
        "sessions": (session(here),),
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
    return network.OpportunityShared(**values)


def withdrawn(of: network.OpportunityShared, because: str = "not-shared", **facts: Any) -> network.OpportunityWithdrawn:
    values: dict[str, Any] = {
        "version": of.version + 1,
        "origin": of.origin,
        "opportunity_id": of.opportunity_id,
        "because": because,
        "reason": "",
        **facts,
    }
    return network.OpportunityWithdrawn(**values)


async def hear(here: World, *events: network.OpportunityShared, policy: NetworkPolicy = POLICY) -> None:
    await here.do(hear_shared, events, policy)


async def listing(
    here: World, event: network.OpportunityShared, policy: NetworkPolicy = POLICY
) -> queries.Listing | None:
    return await here.read(queries.listing, network.local_id(event.origin, event.opportunity_id), policy)


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


def announced(
    version: int = 1, origin: str = SUN, name: str = "SUN Network", url: str = "https://sun.example"
) -> network.OrganisationAnnounced:
    return network.OrganisationAnnounced(
        version=version, organisation_id=network.organisation_id(origin), origin=origin, display_name=name, url=url
    )
