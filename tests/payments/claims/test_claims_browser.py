"""The pages on which approvers and finance see who is to be rung, and which receipts are alike: narrow and wide,
against WCAG 2.2 AA (PAY-10, PAY-13)."""

import pytest

from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims
from shared.db import new_id
from shared.identity import Role
from tests.payments.bank_details.test_introductions import hear_card
from tests.payments.claims.test_browser import NewPage, Served, fits_and_is_accessible, served, sign_in  # noqa: F401
from tests.payments.paying.test_run_browser import picture
from tests.payments.support import person
from tests.support.browser import AT_BOTH_WIDTHS, IN_ONE_LOOP, browser, visitor  # noqa: F401

pytestmark = IN_ONE_LOOP


@pytest.mark.slow
@AT_BOTH_WIDTHS
async def test_whom_to_ring_and_which_receipts_are_alike_can_be_read_on_an_old_phone(
    served: Served, visitor: NewPage, width: int
) -> None:
    world, adder, found = served.world, new_id(), []
    for number in range(2):
        who = person()
        await hear_card(world, who.id, 1, (adder, world.now))
        claim_id = await world.chosen(who, minutes=720, planned_minutes=720)
        line = await world.do(claims.add_expense, claim_id, LineKind.FARE, "Bus to Ely", 320, by=who.id)
        await world.receipt(who, claim_id, line)
        await world.do(claims.choose_expenses_method, claim_id, "vouchers", by=who.id)
        await world.do(claims.submit_claim, claim_id, by=who.id)
        found.append(claim_id)
        if number:
            await world.approve(claim_id)
    addresses = {
        "alike": f"/payments/approve/{found[0]}",
        "ready": "/payments/runs",
        "confirm": "/payments/confirm-details",
    }
    page = await visitor(width)
    await sign_in(page, world.second, Role.FINANCE, Role.APPROVER)
    for name, path in addresses.items():
        await fits_and_is_accessible(page, served.address + path)
        await picture(page, name)
