"""NET-03: what finance sees and does of recharges and statements, on both sides."""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from services.payments.recharging.use_cases import copies
from shared.db import new_id
from shared.events import network
from shared.events.opportunities import OrganisationNamed
from shared.identity import Role
from tests.payments.network import HOME, Region
from tests.payments.site import followed
from tests.payments.support import World, world_on


@pytest_asyncio.fixture
async def at_home(site: World, service_database: Callable[[str], str]) -> AsyncIterator[Region]:
    """The site is the home organisation's; the host is a database elsewhere."""
    async with world_on(service_database("payments")) as host:
        yield Region(host, site)
        assert await host.broken() == {}


@pytest_asyncio.fixture
async def at_host(site: World, service_database: Callable[[str], str]) -> AsyncIterator[Region]:
    """The site is the host's; the home organisation is a database elsewhere."""
    async with world_on(service_database("payments")) as home:
        yield Region(site, home)
        assert await home.broken() == {}


def step_of(page: httpx.Response) -> dict[str, str]:
    """What the form of a step's page sends."""
    return dict(re.findall(r'name="(idempotency_key|mark)" value="([^"]*)"', page.text))


def page_of(statement: Any) -> str:
    return f"/payments/recharges/statements/{statement.id}"


async def test_net_03_home_sees_what_it_is_owed_and_confirms_the_money_once(site: World, at_home: Region) -> None:
    finance = site.visitor(Role.FINANCE)
    assert "None of our people has been paid" in (await finance.get("/payments/recharges")).text
    await at_home.paid(await at_home.attended(await at_home.shared()), fare_pence=300)
    assert "Waiting for their answer" in (await finance.get("/payments/recharges")).text
    await at_home.carry()
    page = (await finance.get("/payments/recharges")).text
    assert "What others owe us: £21.00" in page and "SUN, November 2026: £21.00" in page and "Agreed" in page
    await at_home.month_ends()
    url = page_of(await at_home.statement(at_home.home))
    page = await finance.get(url)
    assert "Look in the bank for £21.00 with the reference" in page.text
    assert 'method="post"' not in page.text[page.text.index("<main") :]
    asked = await finance.get(f"{url}/received")
    assert "Has the money come in?" in asked.text and "What ends" in asked.text
    for _ in range(3):
        assert (await finance.post(f"{url}/received", data=step_of(asked))).status_code == 303
    again = await finance.post(f"{url}/received", data={**step_of(asked), "idempotency_key": str(new_id())})
    assert again.status_code == 422 and "confirmed before" in again.text
    assert "What others owe us: £0.00" in (await finance.get("/payments/recharges")).text
    assert await at_home.balance(at_home.home, "bank") == 2100 - 300  # the fee left as vouchers
    [answer] = (await finance.get("/payments/api/statements")).json()
    assert (answer["state"], answer["ours_pence"], answer["theirs_pence"], answer["payment_reference"][:7]) == (
        "received",
        2100,
        2100,
        "CH2611-",
    )
    [recharge] = (await finance.get("/payments/api/recharges")).json()
    assert (recharge["direction"], recharge["organisation"], recharge["fee_pence"], recharge["state"]) == (
        "raised",
        "sun",
        1800,
        "accepted",
    )


async def test_net_03_the_host_pays_an_agreed_statement_once_however_often_it_is_pressed(
    site: World, at_host: Region
) -> None:
    called = OrganisationNamed(
        version=1, organisation_id=network.organisation_id(HOME), origin=HOME, display_name="Viewpoint"
    )
    await at_host.host.do(copies.keep_name, called)
    await at_host.paid(await at_host.attended(await at_host.shared()))
    await at_host.carry()
    await at_host.month_ends()
    finance = site.visitor(Role.FINANCE)
    page = (await finance.get("/payments/recharges")).text
    assert (
        "What we owe others: £18.00" in page and "Viewpoint, November 2026" in page and "Agreed, we have to pay" in page
    )
    url = page_of(await at_host.statement(at_host.host))
    page = await finance.get(url)
    assert "Pay £18.00 to Viewpoint from the bank, with the reference" in page.text
    asked = step_of(await finance.get(f"{url}/paid"))
    assert (await finance.post(f"{url}/paid", data={**asked, "mark": "0" * 32})).status_code == 422
    assert await site.rows("SELECT 1 FROM journal WHERE what = 'settled'") == []
    for _ in range(3):
        assert (await finance.post(f"{url}/paid", data=asked)).status_code == 303
    assert (await finance.post(f"{url}/paid", data={**asked, "idempotency_key": str(new_id())})).status_code == 422
    assert len(await site.rows("SELECT 1 FROM journal WHERE what = 'settled'")) == 1
    assert "What we owe others: £0.00" in (await finance.get("/payments/recharges")).text


async def test_net_03_a_difference_is_shown_line_by_line_on_both_sides_and_home_may_take_their_figures(
    site: World, at_home: Region
) -> None:
    opportunity = await at_home.shared()
    same, other = [await at_home.attended(opportunity) for _ in range(2)]
    for guest in (same, other):
        await at_home.paid(guest)
    await at_home.carry()
    await at_home.corrected(other, home=False, minutes=60)
    await at_home.month_ends()
    finance = site.visitor(Role.FINANCE)
    url = page_of(await at_home.statement(at_home.home))
    page = await finance.get(url)
    assert "The figures differ" in page.text
    shown = [text for text in ("£36.00", "£30.00", "£6.00") if text in page.text]
    assert shown == ["£36.00", "£30.00", "£6.00"]
    assert re.findall(r"£[0-9.]+", page.text[page.text.index("<tbody") :]) == [
        "£18.00",
        "£12.00",
        "£6.00",
        "£18.00",
        "£18.00",
        "£0.00",
    ]
    page = await followed(
        finance, await finance.post(f"{url}/take-theirs", data=step_of(await finance.get(f"{url}/take-theirs")))
    )
    assert "We took their figures" in page.text and "£30.00" in page.text
    await at_home.carry()
    assert "Agreed, they have to pay" in (await finance.get(url)).text
    assert await at_home.totals() == (3000, 3000)


async def test_net_03_a_refused_recharge_is_shown_with_the_reason(site: World, at_home: Region) -> None:
    guest = await at_home.attended(await at_home.shared())
    await at_home.corrected(guest, home=False, minutes=30)
    await at_home.paid(guest)
    await at_home.carry()
    finance = site.visitor(Role.FINANCE)
    page = (await finance.get("/payments/recharges")).text
    assert (
        "Refused" in page and "It is more than the host agreed to pay." in page and "What others owe us: £0.00" in page
    )


@pytest.mark.parametrize("roles", [(Role.PARTICIPANT,), (Role.COORDINATOR,), (Role.APPROVER,)])
async def test_recharges_are_for_finance_alone(site: World, roles: tuple[Role, ...]) -> None:
    other = site.visitor(*roles)
    for path in (
        "/payments/recharges",
        f"/payments/recharges/statements/{new_id()}",
        "/payments/api/recharges",
        "/payments/api/statements",
    ):
        assert (await other.get(path)).status_code == 403, path
    for verb in ("paid", "received", "take-theirs", "ask-again"):
        assert (await other.post(f"/payments/recharges/statements/{new_id()}/{verb}")).status_code == 403


async def test_a_statement_that_is_not_there_or_goes_the_other_way_is_missing(site: World, at_home: Region) -> None:
    await at_home.paid(await at_home.attended(await at_home.shared()))
    await at_home.carry()
    await at_home.month_ends()
    finance = site.visitor(Role.FINANCE)
    assert (await finance.get(f"/payments/recharges/statements/{new_id()}")).status_code == 404
    mine: UUID = (await at_home.statement(at_home.home)).id
    url = f"/payments/recharges/statements/{mine}"
    asked = step_of(await finance.get(f"{url}/received"))
    assert (await finance.get(f"{url}/paid")).status_code == 404
    assert (await finance.post(f"{url}/paid", data=asked)).status_code == 404
    assert (await finance.post(f"/payments/recharges/statements/{new_id()}/received", data=asked)).status_code == 404
    assert (await finance.post(f"{url}/received")).status_code == 422
