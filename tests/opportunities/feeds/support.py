"""What the feeds hold, and reading them as another website does."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import insert

from services.opportunities.feeds.domain import Organiser
from services.opportunities.feeds.queries import changes_after
from services.opportunities.listings.tables import listing_sessions, listings
from shared.db import new_id
from shared.events.network import local_id
from tests.opportunities.support import TEXTS, World

FEEDS = "/opportunities/feeds"
OURSELVES = Organiser("The Test Voice", "https://localhost")


async def listing(here: World, origin: str = "viewpoint", *, in_days: float = 40, **values: Any) -> UUID:
    """Another organisation's opportunity, as it is kept here."""
    theirs = new_id()
    listing_id = local_id(origin, theirs)
    starts_at = (here.now + timedelta(days=in_days)).replace(microsecond=0)
    texts = {name: text for name, text in TEXTS.items() if name not in ("contact_how",)}
    row = {
        "id": listing_id, "origin": origin, "host_opportunity_id": theirs, "host_version": 1, "version": 1, "state": "open", "host_name": "Viewpoint",  # noqa: E501
        "title": "Look over a leaflet", "kind": "review", "short_notice_reason": "", "rate_pence": 1000, "funding": "fees", "expenses_cap_pence": 0,  # noqa: E501
        "waiting_list": False, "url": f"https://viewpoint.example/opportunities/{theirs}", "first_starts_at": starts_at,
        "last_ends_at": starts_at + timedelta(hours=1), "commissioner": "", "heard_at": here.now,
        "told_at": here.now,  # so that no job tells it, which would count as a change
    }  # fmt: skip
    session = {
        "listing_id": listing_id,
        "id": local_id(origin, new_id()),
        "host_session_id": new_id(),
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "venue": "Their hall",
    }

    async def keep(tx: Any) -> None:
        await tx.execute(insert(listings).values(texts | row | values))
        await tx.execute(insert(listing_sessions).values(**session))

    await here.do(keep)
    return listing_id


async def followed(client: httpx.AsyncClient, url: str = f"{FEEDS}/rpde") -> list[dict[str, Any]]:
    """Every item from a page on until the last, as an aggregator reads them."""
    items = []
    while True:
        page = (await client.get(url)).raise_for_status().json()
        items += page["items"]
        if not page["items"]:
            assert page["next"].removeprefix("https://localhost") == url
            return items
        url = page["next"].removeprefix("https://localhost")


async def numbers_seen(here: World, after: int = 0) -> list[tuple[int, UUID]]:
    found = await here.read(changes_after, OURSELVES, network=True, after=after, limit=100)
    return [(change.number, change.id) for change in found]
