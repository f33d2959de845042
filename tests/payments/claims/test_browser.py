"""Payments in a real browser without JavaScript, on a narrow screen, and against WCAG 2.2 AA."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest_asyncio
from playwright.async_api import Page

from services.payments.bank_details.gateways import vault as vault_gateways
from services.payments.bank_details.use_cases import bank_details
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims
from services.payments.paying.use_cases import runs, sending
from shared.db import new_id
from shared.identity import Role, SignIn, cookie_name, issue_token
from tests.payments.site import app_of
from tests.payments.support import ACCOUNTS, World, person, world_on
from tests.support.apps import SIGNING_KEY
from tests.support.browser import (
    IN_ONE_LOOP,
    NARROW,
    axe_violations,
    browser,  # noqa: F401
    complaints,
    serving,
    sideways_scroll,
    visitor,  # noqa: F401
)
from tests.support.servers import ORGANISATION
from tests.support.slices import WHOLE

pytestmark = IN_ONE_LOOP

NewPage = Callable[..., Awaitable[Page]]


class Served:
    def __init__(self, world: World, address: str, vault) -> None:
        self.world, self.address, self.vault = world, address, vault


@pytest_asyncio.fixture(loop_scope="module")
async def served(service_database: Callable[[str], str], folder: Path) -> AsyncIterator[Served]:
    url = service_database("payments")
    app = app_of(url, folder)
    async with world_on(url) as world, serving(app) as address:
        app.state.service.clock.now = world.clock.now
        yield Served(world, address, app.state.gateways.vault)


async def sign_in(page: Page, person_id: UUID, *roles: Role) -> None:
    token = issue_token(
        SIGNING_KEY, ORGANISATION, SignIn(person_id, new_id(), frozenset(roles), factor_at=datetime.now(UTC))
    )
    await page.context.add_cookies(
        [
            {
                "name": cookie_name(ORGANISATION),
                "value": token,
                "url": "https://localhost/",
                "secure": True,
                "httpOnly": True,
            }
        ]
    )


async def fits_and_is_accessible(page: Page, url: str) -> None:
    heard = complaints(page)
    answer = await page.goto(url)
    assert answer and answer.status == 200, url
    assert await axe_violations(page) == [], url
    assert await sideways_scroll(page) <= 0, url
    assert heard == [], url


@WHOLE
async def test_every_page_of_payments_meets_wcag_and_fits_an_old_phone(
    served: Served, visitor: NewPage, whole: bool
) -> None:
    """In make test, one page of each kind: of a question, a summary, a list and a table."""
    world, who = served.world, person()
    claim_id = await world.opened(who)
    line_id = await world.do(claims.add_expense, claim_id, LineKind.FARE, "Bus to Ely and back", 320, by=who.id)
    await world.do(claims.add_miles, claim_id, 120, "", False, by=who.id)
    await world.do(claims.choose_recognition, claim_id, "vouchers", by=who.id)
    details = vault_gateways.AccountDetails("Alex", *ACCOUNTS[0])
    await world.do(bank_details.give_details, who, details, served.vault, by=who.id)
    page = await visitor(NARROW)
    await sign_in(page, who.id, Role.PARTICIPANT)
    base = f"{served.address}/payments/claims/{claim_id}"
    paths = [
        "",
        "/miles",
        "/fare",
        "/other",
        "/thanks",
        "/fee",
        "/expenses-method",
        "/check",
        "/decline",
        "/another-look",
        "/let-go",
        "/try-again",
    ]
    paths += [f"/lines/{line_id}/{page}" for page in ("receipt", "no-receipt", "remove")]
    for path in paths if whole else ["", "/fare", f"/lines/{line_id}/receipt"]:
        await fits_and_is_accessible(page, base + path)
    ours = ("/bank-details/change", "/policy")
    for path in (*ours, "/claims", "/bank-details", "/my-limit", "/policy/claim-form") if whole else ours:
        await fits_and_is_accessible(page, f"{served.address}/payments{path}")

    await world.do(claims.submit_claim, claim_id, by=who.id)
    staff = await visitor(NARROW)
    await sign_in(staff, new_id(), Role.APPROVER, Role.FINANCE)
    theirs = (f"/approve/{claim_id}",)
    for path in (*theirs, "/approve", "/confirm-details", "/ledger") if whole else theirs:
        await fits_and_is_accessible(staff, f"{served.address}/payments{path}")
    await world.approve(claim_id)
    for path in (f"/approve/{claim_id}", "/runs") if whole else ():
        await fits_and_is_accessible(staff, f"{served.address}/payments{path}")
    run_id = await world.do(runs.make_run, by=world.finance)
    if whole:
        await fits_and_is_accessible(staff, f"{served.address}/payments/runs/{run_id}")
    await world.do(sending.mark_sent, UUID(run_id), by=world.finance)
    await fits_and_is_accessible(staff, f"{served.address}/payments/runs/{run_id}")
    if whole:
        await fits_and_is_accessible(page, base)


async def test_pay_06_a_claim_is_filled_in_and_sent_without_javascript(
    served: Served, visitor: NewPage, folder: Path
) -> None:
    from PIL import Image

    world, who = served.world, person()
    claim_id = await world.opened(who)
    page = await visitor(NARROW, java_script_enabled=False)
    await sign_in(page, who.id, Role.PARTICIPANT)
    await page.goto(f"{served.address}/payments/claims")
    await page.get_by_role("link", name="Choosing who runs the night-time help line").click()
    await page.get_by_role("link", name="I came by car").click()
    await page.get_by_label("How many miles did you drive?").fill("twelve")
    await page.get_by_role("button", name="Add these miles").click()
    assert await page.get_by_role("link", name="Enter how many miles you drove, like 12 or 12.5").count() == 1
    await page.get_by_label("How many miles did you drive?").fill("12")
    await page.get_by_role("button", name="Add these miles").click()
    await page.get_by_role("link", name="I came by bus or train").click()
    await page.get_by_label("Which journey").fill("Bus to Ely and back")
    await page.get_by_label("What you paid").fill("3.20")
    await page.get_by_role("button", name="Add it").click()
    Image.effect_noise((400, 300), 60).save(folder / "receipt.png")
    await page.get_by_label("Do you have the receipt?").set_input_files(folder / "receipt.png")
    await page.get_by_role("button", name="Send the receipt").click()
    await page.get_by_role("link", name="How do you want to be thanked?").click()
    await page.get_by_label("Money into my bank account").check()
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("link", name="Your bank account").click()
    await page.get_by_label("Name on the account").fill("Alex Example")
    await page.get_by_label("Sort code").fill("20-29-59")
    await page.get_by_label("Account number").fill("63748472")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("button", name="Check and send").click()
    await page.get_by_role("button", name="Send my claim").click()
    await page.get_by_text("We are looking at it").first.wait_for()
    assert (await world.claim(claim_id)).state == "submitted"
    [submitted] = await world.events("claim-submitted")
    assert submitted["amount_pence"] == 1500 + 540 + 320
