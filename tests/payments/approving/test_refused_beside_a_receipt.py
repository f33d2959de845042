"""PAY-05, PAY-14: a claim is refused whole while a part of it waits for a receipt."""

from services.payments.approving.use_cases import approval
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims
from shared.identity import Role
from tests.payments.support import World, person


async def test_pay_14_who_refuses_a_claim_reads_what_goes_on_and_its_owner_hears_the_sums(site: World) -> None:
    who = person()
    claim_id = await site.opened(who, opportunity=await site.opportunity())
    await site.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 240, by=who.id)
    await site.do(claims.choose_recognition, claim_id, "vouchers", by=who.id)
    await site.do(claims.submit_claim, claim_id, by=who.id)
    approver = site.visitor(Role.APPROVER)
    page = " ".join((await approver.get(f"/payments/approve/{claim_id}")).text.split())
    assert "Nothing of this claim is to be paid, but for the £2.40 that needs a receipt." in page

    answer = await site.do(approval.refuse_claim, claim_id, "You left before it began.", by=site.approver)
    assert (answer["state"], answer["waiting_pence"]) == ("refused", 240)
    [refused] = await site.events("claim-refused", claim_id)
    assert (refused["not_agreed_pence"], refused["waiting_pence"]) == (1500, 240)
    opened = (await site.events("claim-opened"))[-1]
    assert (opened["because"], opened["waiting_pence"], opened["rest_refused"]) == ("receipt", 240, True)
    fee = {"kind": "participation", "pence": 1500, "agreed_pence": 0, "state": "refused"}
    fare = {"kind": "fare", "pence": 240, "agreed_pence": 0, "state": "receipt"}
    assert (refused["lines"], opened["lines"]) == ([fee, fare], [fare])


async def test_pay_14_who_refuses_a_claim_of_which_nothing_waits_reads_that_nothing_is_paid(site: World) -> None:
    claim_id = await site.submitted(person(), recognition="vouchers")
    page = " ".join((await site.visitor(Role.APPROVER).get(f"/payments/approve/{claim_id}")).text.split())
    assert "Nothing of this claim is to be paid. The person is told" in page
