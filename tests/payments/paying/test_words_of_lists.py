"""PAY-12: what a list of vouchers holds goes to no bank, and no page or message of it speaks of one; no day is promised
of what may have gone."""

import re

import pytest

from services.payments.approving.use_cases import withdrawing
from services.payments.paying.use_cases import answers, run_files, runs
from shared.db import new_id
from shared.identity import Role
from tests.payments.bank_statements.support import payment_of
from tests.payments.support import PAYER, VAULT, World, person


def main_of(page: str) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", page[page.index("<main") : page.index("</main>")])


async def test_pay_12_pages_of_a_voucher_run_speak_of_its_list_and_of_no_bank(site: World) -> None:
    kept, changed = (
        await site.approved(person(), recognition="vouchers"),
        await site.approved(person(), recognition="vouchers"),
    )
    run_id = await site.run()
    await site.do(run_files.fetch_list, run_id, PAYER, VAULT, by=site.finance)
    owner = (await site.claim(kept)).participant_id
    claim = main_of((await site.visitor("participant", person_id=owner).get(f"/payments/claims/{kept}")).text)
    assert "may be on its way to you already" in claim
    finance, base = site.visitor(Role.FINANCE, person_id=site.finance), f"/payments/runs/{run_id}"
    await site.write("UPDATE claims SET correction_due = true WHERE id = :id", id=changed)
    pages = [main_of((await finance.get(f"{base}{step}")).text) for step in ("", "/anew", "/cancel", "/sent")]
    assert (
        "Make the list again" in pages[0]
        and "Make the list again?" in pages[1]
        and "nothing on the list was ordered or handed over" in pages[2]
    )
    assert "This list was ordered or given out already" in pages[3]
    for page in [claim, *pages]:
        assert "bank" not in page.lower().replace("bank details", ""), page


@pytest.mark.parametrize("recognition", ["bank-transfer", "vouchers"])
async def test_pay_12_what_is_agreed_while_its_money_may_have_gone_promises_no_day(
    site: World, recognition: str
) -> None:
    claim_id = await site.approved(who := person(), recognition=recognition)
    run_id = await site.run()
    await site.do(
        run_files.fetch_list if recognition == "vouchers" else run_files.fetch_bank_file,
        run_id,
        PAYER,
        VAULT,
        by=site.finance,
    )
    await site.do(runs.cancel_run, run_id, by=site.finance)
    await site.do(withdrawing.withdraw_approval, claim_id, "A mistake", by=new_id())
    await site.approve(claim_id)
    events = [
        (await site.events(name, claim_id))[-1]["waits_for_bank"] for name in ("claim-withdrawn", "claim-approved")
    ]
    assert events == [True, True]
    shown = main_of((await site.visitor("participant", person_id=who.id).get(f"/payments/claims/{claim_id}")).text)
    assert "You may have some of this already. We find that out first." in shown and "We will pay" not in shown
    await site.do(answers.end_by_hand, run_id, (await payment_of(site, run_id)).id, "not-paid", by=site.second)
    await site.do(withdrawing.withdraw_approval, claim_id, "Another", by=new_id())
    await site.approve(claim_id)
    assert (await site.events("claim-approved", claim_id))[-1]["waits_for_bank"] is False
