"""What crosses the border between a guest's home and their host."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from tests.opportunities.support import World
from tests.opportunities.two_organisations import Region, ask, guest_of, guest_place, region


@pytest.fixture(name="two")
async def two_organisations(folder: Any, service_database: Any) -> AsyncIterator[Region]:
    built = region(folder, service_database)
    yield built
    await built.close()


class SealedContents:
    """A gateway that holds what a test puts in it."""

    name = "opportunities"

    def __init__(self, here: World, *letters: tuple[str, UUID, int, dict[str, Any]]) -> None:
        self.settings = here.service.settings
        self.held = {
            f"{origin}/{guest_id}": {"version": version, "content": content}
            for origin, guest_id, version, content in letters
        }

    async def requests(self, subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        keys = [f"{each['origin']}/{each['id']}" for each in payload["asked"]]
        return {"contents": {key: self.held[key] for key in keys if key in self.held}}


async def arranged(two: Region, *ticked: str, **texts: Any) -> tuple[UUID, UUID, Any]:
    """(opportunity, guest place, its row) of someone of Viewpoint's who has a place at SUN."""
    opportunity_id = await two.organisations["sun"].published(**texts)
    place_id = await ask(
        two.organisations["viewpoint"], await two.listed("sun", opportunity_id), guest_of("viewpoint"), *ticked
    )
    await two.carry()
    return opportunity_id, place_id, await guest_place(two.organisations["viewpoint"], place_id)
