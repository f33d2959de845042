"""The pages of payment runs, of payments and of the bank's statement: without JavaScript, on a narrow screen, against
WCAG 2.2 AA."""

import os
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Page

from services.payments.bank_statements.gateways.bank_csv import Columns
from services.payments.bank_statements.use_cases import bank_statements
from services.payments.paying.use_cases import sending
from shared.events import ParticipantRef
from shared.identity import Role
from tests.payments.claims.test_browser import NewPage, Served, fits_and_is_accessible, served, sign_in  # noqa: F401
from tests.payments.support import brought, person, read_with
from tests.support.browser import AT_BOTH_WIDTHS, IN_ONE_LOOP, browser, visitor  # noqa: F401

pytestmark = IN_ONE_LOOP

PICTURES = os.environ.get("CHORUS_PICTURES")
"""A folder for pictures of the pages, to be looked at."""


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(
            path=Path(PICTURES) / f"{name}-{page.viewport_size['width'] if page.viewport_size else ''}.png",
            full_page=True,
        )


async def approved(served: Served, who: ParticipantRef, number: int, **facts: str) -> UUID:
    served.world.accounts = number
    return await served.world.approved(who, **facts)


@pytest.mark.slow
@AT_BOTH_WIDTHS
async def test_every_page_of_a_run_meets_wcag_and_fits_an_old_phone(
    served: Served, visitor: NewPage, width: int
) -> None:
    world, changing = served.world, person()
    for number in range(2):
        await approved(served, person() if number else changing, number)
    await approved(served, person(), 0, recognition="vouchers")
    run_id = await world.run()
    await approved(served, person(), 2)
    other = await world.run()
    await world.do(sending.mark_sent, other, by=world.finance)
    payments = await world.rows("SELECT id, end_to_end_id FROM payments WHERE run_id = :id", id=other)
    data = b"Date,Description,Amount\n24/11/2026,A EXAMPLE THANKS 1,-15.00\n"
    asked = await world.do(bank_statements.take_statement, data, served.vault, by=world.finance)
    await world.do(read_with, UUID(asked["map"]), Columns(0, [1], amount=2), served.vault, by=world.finance)
    unknown = await world.do(
        bank_statements.take_statement,
        b"Day,What,Paid out,Paid in\n24/11/2026,Rent,450.00,\n",
        served.vault,
        by=world.second,
    )
    line = f"24/11/2026,FASTER PAYMENT {payments[0].end_to_end_id} EXAMPLE ALEX,-15.00\n"
    await world.do(brought, b"Date,Description,Amount\n" + line.encode(), served.vault, by=world.finance)
    more = (
        f"{line}25/11/2026,RETURNED {payments[0].end_to_end_id} ACCOUNT CLOSED,15.00\n24/11/2026,A "
        "EXAMPLE,-15.00\n25/11/2026,Rent,-450.00\n"
    )
    data = b"Date,Description,Amount\n" + more.encode() + b"26/11/2026,Grant,900.00\n"
    read = await world.do(bank_statements.take_statement, data, served.vault, by=world.second)
    await approved(served, person(), 1)
    addresses = {
        "runs": "/payments/runs",
        "run-made": f"/payments/runs/{run_id}",
        "run-to-send": f"/payments/runs/{run_id}/sent",
        "run-to-take-back": f"/payments/runs/{run_id}/cancel",
        "run-sent": f"/payments/runs/{other}",
        "run-all-paid": f"/payments/runs/{other}/confirm-rest/transfers",
        "payment": f"/payments/runs/{other}/payments/{payments[0].id}",
        "statement": "/payments/bank-statement",
        "columns": f"/payments/bank-statement/{unknown['map']}/columns",
        "check": f"/payments/bank-statement/{read['check']}/check",
        "set-aside": "/payments/bank-statement/set-aside",
    }
    page = await visitor(width)
    await sign_in(page, world.second, Role.FINANCE)
    for name, path in addresses.items():
        await fits_and_is_accessible(page, served.address + path)
        await picture(page, name)


@pytest.mark.slow
@AT_BOTH_WIDTHS
async def test_pay_12_the_list_of_what_a_file_held_before_meets_wcag_and_fits_an_old_phone(
    served: Served, visitor: NewPage, width: int
) -> None:
    world = served.world
    claims = [await approved(served, person(), number) for number in range(2)]
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id, rejected=dict.fromkeys(claims, "AM04")))
    page = await visitor(width)
    await sign_in(page, world.finance, Role.FINANCE)
    await fits_and_is_accessible(page, f"{served.address}/payments/runs")
    assert "Look at our account at the bank first" in await page.inner_text("main")
    await picture(page, "look-first")
    await page.get_by_role("button", name="Make a run of everything that can go").click()
    assert "Look at our account at the bank first, and then tick that you did" in await page.inner_text("main")
    assert await page.locator("#looked_for_all-error").count() == 1
    await picture(page, "look-first-refused")
