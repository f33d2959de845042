"""The pages of recharges in a real browser, narrow and wide, against WCAG 2.2 AA."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from shared.db import new_id
from shared.identity import Role
from tests.payments.claims.test_browser import NewPage, fits_and_is_accessible, sign_in
from tests.payments.network import Region
from tests.payments.site import app_of
from tests.payments.support import World, world_on
from tests.support.browser import (
    AT_BOTH_WIDTHS,
    IN_ONE_LOOP,
    browser,  # noqa: F401
    serving,
    visitor,  # noqa: F401
)

pytestmark = IN_ONE_LOOP


async def _month(region: Region) -> None:
    """A month with what is agreed, what is refused, what differs, and what has not been answered."""
    opportunity = await region.shared()
    agreed, lowered, refused = [await region.attended(opportunity) for _ in range(3)]
    await region.corrected(refused, home=False, minutes=30)
    await region.paid(agreed, fare_pence=320)
    await region.paid(lowered)
    await region.paid(refused)
    await region.carry()
    await region.corrected(lowered, home=False, minutes=60, version=3)
    await region.month_ends(28)
    await region.paid(await region.attended(opportunity))


async def _agreed_month(region: Region) -> None:
    await region.paid(await region.attended(await region.shared()))
    await region.carry()
    await region.month_ends()


@pytest.mark.slow
@pytest.mark.parametrize("side", ["home", "host"])
@AT_BOTH_WIDTHS
async def test_the_pages_of_recharges_meet_wcag_and_fit_an_old_phone(
    side: str,
    service_database: Callable[[str], str],
    folder: Path,
    visitor: NewPage,
    width: int,
) -> None:
    url = service_database("payments")
    app = app_of(url, folder)
    async with world_on(url) as here, world_on(service_database("payments")) as elsewhere, serving(app) as address:
        app.state.service.clock.now = here.clock.now
        region = Region(elsewhere, here) if side == "home" else Region(here, elsewhere)
        await _agreed_month(region)
        await _month(region)
        paths = ["/payments/recharges", "/payments/ledger", "/payments/runs", *await _statements(here)]
        page = await visitor(width)
        await sign_in(page, new_id(), Role.FINANCE)
        for path in paths:
            await fits_and_is_accessible(page, address + path)
        assert (await here.broken(), await elsewhere.broken()) == ({}, {})


async def _statements(world: World) -> list[str]:
    rows = await world.rows("SELECT id, state FROM statements")
    assert {row.state for row in rows} >= {"differs", "agreed"}
    ids: list[UUID] = [row.id for row in rows]
    return [f"/payments/recharges/statements/{each}" for each in ids]
