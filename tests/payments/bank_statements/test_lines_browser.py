"""The pages of lines that wait, with whole files and what may be paid twice: on a narrow screen and a wide one, against
WCAG 2.2 AA."""

from uuid import UUID

import pytest

from services.payments.bank_statements.use_cases import bank_statements
from shared.identity import Role
from tests.payments.bank_statements.test_bookings import OUT, message, of, on
from tests.payments.claims.test_browser import NewPage, Served, fits_and_is_accessible, served, sign_in  # noqa: F401
from tests.payments.paying.test_run_browser import approved, picture
from tests.payments.support import brought, person
from tests.support.browser import IN_ONE_LOOP, NARROW, WIDE, browser, visitor  # noqa: F401

pytestmark = IN_ONE_LOOP


@pytest.mark.slow
async def test_every_page_of_lines_that_wait_meets_wcag_and_fits_an_old_phone(
    served: Served,
    visitor: NewPage,
) -> None:
    world = served.world
    for number in range(3):
        await approved(served, person(), number)
    run_id = await world.sent_run()
    first, second, _ = await world.rows("SELECT * FROM payments WHERE run_id = :id ORDER BY end_to_end_id", id=run_id)
    await world.by_hand(run_id, first.id, "not-paid")
    name = await message(world, run_id)
    for data in (on(24, of(second, OUT)), on(25, of(second, OUT)), on(26, ("31.00", OUT, name))):
        await world.do(brought, data, served.vault, by=world.second)
    asked = await world.do(bank_statements.take_statement, on(27, ("45.00", OUT, name)), served.vault, by=world.second)
    await world.do(brought, on(27, ("45.00", OUT, name), ("1.00", OUT, "X")), served.vault, by=world.finance)
    pages = {
        "lines": "/payments/bank-statement",
        "check": f"/payments/bank-statement/{UUID(asked['check'])}/check",
        "run": f"/payments/runs/{run_id}",
    }
    for width in (WIDE, NARROW):
        page = await visitor(width)
        await sign_in(page, world.second, Role.FINANCE)
        for called, path in pages.items():
            await fits_and_is_accessible(page, served.address + path)
            await picture(page, f"lines-{called}")
