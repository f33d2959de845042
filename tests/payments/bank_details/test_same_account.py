"""PAY-13: details that were changed after the approval to somebody else's account: whoever confirms them, makes the run
or sends it reads that another person is paid into it, too."""

from services.payments.bank_details.gateways.vault import AccountDetails
from services.payments.bank_details.use_cases import bank_details
from shared.identity import Role
from tests.payments.approving.support import registered
from tests.payments.support import ACCOUNTS, VAULT, World, person

SAYS = "Another person is paid into the same bank account"


async def test_pay_13_an_account_that_is_another_persons_too_is_said_to_who_confirms_and_who_pays(site: World) -> None:
    who, other = person(), person()
    await site.account(other, 1)
    await site.approved(who)
    finance = site.visitor(Role.FINANCE, person_id=site.finance)
    assert SAYS not in (await finance.get("/payments/runs")).text
    await site.do(bank_details.give_details, who, AccountDetails("Alex Example", *ACCOUNTS[1]), VAULT, by=who.id)
    assert SAYS in (await finance.get("/payments/confirm-details")).text
    [details] = await site.rows("SELECT id FROM bank_details WHERE state = 'unconfirmed'")
    await site.do(bank_details.confirm_details, details.id, "in-person", by=site.second)
    assert SAYS in (await finance.get("/payments/runs")).text
    run_id = await site.run()
    assert SAYS in (await finance.get(f"/payments/runs/{run_id}")).text


async def test_pay_13_a_claim_that_goes_in_vouchers_does_not_warn_of_an_account(site: World) -> None:
    approver = site.visitor(Role.APPROVER, person_id=site.approver)
    claims = {how: await registered(site, recognition=how) for how in ("vouchers", "bank-transfer")}  # one account
    for recognition, register in claims.items():
        page = await approver.get(f"/payments/approve/{register.claim_id}")
        assert (SAYS in page.text) is (recognition == "bank-transfer")
