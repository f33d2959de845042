"""Neighbours whom we trust."""

import pytest

from tests.opportunities.listings.support import SUN
from tests.opportunities.support import World, trust_neighbours


@pytest.fixture
async def trusted(here: World) -> None:
    """A coordinator has looked at SUN and Viewpoint before; test_held_listings.py is about those whom nobody has."""
    await here.do(trust_neighbours, SUN, "viewpoint", "suffolk")
