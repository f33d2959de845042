"""PAY-12, PAY-13: what did not arrive because of the payee's account does not go there again, however it comes to be
owed, before they were asked."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from services.payments.approving.use_cases import approval, withdrawing
from services.payments.bank_details.gateways.vault import AccountDetails
from services.payments.bank_details.use_cases import bank_details
from services.payments.bank_statements.gateways.bank_csv import Columns
from services.payments.bank_statements.use_cases import bank_statements, choosing
from services.payments.claims.use_cases import claims, looking_again
from services.payments.correcting.use_cases import correcting
from services.payments.owing.domain.bank_reasons import BankReason
from services.payments.paying.domain.answers import BankAnswer, Batch, StatusLine
from services.payments.paying.use_cases import runs, sending
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.approving.support import Register, registered
from tests.payments.bank_statements.support import payment_of
from tests.payments.bank_statements.test_paid_twice import debit, near, said_and_paid_again
from tests.payments.paying.support import camt
from tests.payments.site import followed, post, step
from tests.payments.support import ACCOUNTS, VAULT, World, brought, person, read_with
from tests.support.slices import crossed

Ways = dict[str, Callable[[World, Register, UUID], Awaitable[None]]]


async def by_answer(world: World, register: Register, run_id: UUID) -> None:
    await world.take(run_id, await world.answer(run_id, rejected={register.claim_id: "AC04"}))


async def by_answer_without_a_reason(world: World, register: Register, run_id: UUID) -> None:
    await world.take(run_id, await world.answer(run_id, rejected={register.claim_id: ""}))


async def by_hand(world: World, register: Register, run_id: UUID) -> None:
    await world.by_hand(run_id, (await payment_of(world, run_id)).id, "not-paid-details")


BACK: Ways = {"answer": by_answer, "no reason": by_answer_without_a_reason, "by hand": by_hand}


async def came_back(world: World, how: str = "answer") -> Register:
    """Approved, sent, and not paid because of the account."""
    register = await registered(world)
    await world.approve(register.claim_id)
    await BACK[how](world, register, await world.sent_run())
    assert (await world.claim(register.claim_id)).state == "returned"
    return register


async def withdrawn(world: World, register: Register) -> UUID:
    await world.do(withdrawing.withdraw_approval, register.claim_id, "A mistake", by=new_id())
    await world.approve(register.claim_id)
    return register.claim_id


async def corrected(world: World, register: Register) -> UUID:
    await register.says(minutes=30, planned_minutes=30)
    await world.do(correcting.settle_due_corrections)
    await world.approve(register.claim_id)
    return register.claim_id


async def corrected_upwards(world: World, register: Register) -> UUID:
    await register.says(minutes=240)
    return await follow_on(world, register)


async def follow_on(world: World, register: Register) -> UUID:
    more = (await world.row("SELECT id FROM claims WHERE follows = :id", id=register.claim_id)).id
    if (await world.claim(more)).state == "open":
        await world.do(claims.submit_claim, more, by=register.event.participant.id)
    await world.approve(more)
    return more


async def switched(world: World, register: Register) -> UUID:
    """To vouchers, and back to the bank."""
    who = register.event.participant.id
    await world.do(withdrawing.withdraw_approval, register.claim_id, "A mistake", by=new_id())
    await world.do(claims.choose_recognition, register.claim_id, "vouchers", by=who)
    await world.do(claims.choose_recognition, register.claim_id, "bank-transfer", by=who)
    await world.approve(register.claim_id)
    return register.claim_id


async def another_claim(world: World, register: Register) -> UUID:
    return await world.approved(register.event.participant)


NEW: dict[str, Callable[[World, Register], Awaitable[UUID]]] = {
    "withdrawn": withdrawn,
    "corrected": corrected,
    "corrected upwards": corrected_upwards,
    "switched": switched,
    "another claim": another_claim,
}


@pytest.mark.parametrize(("how", "back"), crossed(NEW, BACK))
async def test_pay_12_whatever_comes_to_be_owed_waits_for_the_details_that_came_back(
    world: World, how: str, back: str
) -> None:
    register = await came_back(world, back)
    claim_id = await NEW[how](world, register)
    told = len(await world.events("claim-returned", claim_id))
    claim = await world.claim(claim_id)
    assert (claim.state, claim.stopped_on is not None) == ("returned", True)
    assert told == (1 if claim_id != register.claim_id else 2)
    newest = (await world.events("claim-returned", claim_id))[-1]
    assert newest["version"] > (await world.events("claim-approved", claim_id))[-1]["version"]
    with pytest.raises(Refused):
        await world.run()
    await world.do(claims.answer_return, claim_id, by=register.event.participant.id)
    await world.sent_run()
    assert not await world.rows("SELECT 1 FROM claims WHERE state = 'returned'")
    assert not await world.broken()


@pytest.mark.parametrize("answer", ["right", "same again", "new"])
async def test_pay_12_one_answer_lets_all_that_waited_go(world: World, answer: str) -> None:
    register = await came_back(world)
    who = register.event.participant
    other = await world.approved(who)
    if answer == "right":
        await world.do(claims.answer_return, register.claim_id, by=who.id)
    else:
        details = AccountDetails("Alex Example", *ACCOUNTS[0 if answer == "same again" else 1])
        await world.do(bank_details.give_details, who, details, VAULT, by=who.id)
    if answer == "new":
        row = await world.row("SELECT id FROM bank_details WHERE state = 'unconfirmed'")
        await world.do(bank_details.confirm_details, row.id, "in-person", by=world.second)
    assert {(await world.claim(claim_id)).state for claim_id in (register.claim_id, other)} == {"approved"}
    more = await world.approved(who)
    assert (await world.claim(more)).state == "approved"
    assert len(await world.rows("SELECT 1 FROM payables WHERE state = 'owed'")) == 3


async def test_pay_12_what_was_owed_before_it_came_back_waits_too_and_drops_out_of_its_run(world: World) -> None:
    register = await registered(world)
    who = register.event.participant
    await world.approve(register.claim_id)
    sent = await world.sent_run()
    waiting_in_a_run = await world.approved(who)
    made = await world.run()
    only_owed = await world.approved(who)
    await by_answer(world, register, sent)
    assert (await world.claim(only_owed)).state == "returned"
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(sending.mark_sent, made, by=world.finance)
    await world.do(runs.cancel_run, made, by=world.finance)
    assert (await world.claim(waiting_in_a_run)).state == "returned"
    assert len(await world.events("claim-returned")) == 3
    assert not await world.broken()


async def test_pay_12_the_account_named_as_the_fault_of_what_was_taken_out_is_asked_about(world: World) -> None:
    register = await registered(world)
    await world.approve(register.claim_id)
    run_id = await world.run()
    await world.fetch(run_id)
    await world.do(runs.cancel_run, run_id, by=world.finance)
    await by_answer(world, register, run_id)
    assert (await world.claim(register.claim_id)).state == "returned"
    assert len(await world.events("claim-returned")) == 1


async def test_pay_12_our_own_fault_puts_no_account_in_doubt(world: World) -> None:
    register = await registered(world)
    await world.approve(register.claim_id)
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id, rejected={register.claim_id: "AM04"}))
    assert (await world.claim(await another_claim(world, register))).state == "approved"


async def test_pay_12_vouchers_do_not_wait_for_an_account(world: World) -> None:
    register = await came_back(world)
    claim_id = await world.approved(register.event.participant, recognition="vouchers")
    assert (await world.claim(claim_id)).state == "approved"


# A hold that is over (PAY-09)


async def held(world: World, who: UUID, claim_id: UUID) -> None:
    await world.do(claims.hold_payment, claim_id, True, by=who)


async def test_pay_09_a_hold_ends_with_what_it_held(world: World) -> None:
    who = person()
    refused, declined = await world.submitted(who), await world.submitted(who)
    for claim_id in (refused, declined):
        await held(world, who.id, claim_id)
    await world.do(approval.refuse_claim, refused, "Not ours", by=world.approver)
    await world.do(claims.decline_claim, declined, by=who.id)
    paid = await world.approved(who)
    run_id = await world.sent_run()
    await world.write("UPDATE claims SET held = true, stopped_on = CURRENT_DATE WHERE state = 'approved'")
    await world.take(run_id, await world.answer(run_id))
    for claim_id in (refused, declined, paid):
        claim = await world.claim(claim_id)
        assert (claim.held, claim.stopped_on) == (False, None)
        assert [event["stopped"] for event in await world.events("claim-clock-changed", claim_id)][-1] is False
    await world.do(looking_again.ask_for_another_look, refused, "Please", by=who.id)
    assert (await world.claim(refused)).stopped_on is None
    assert not await world.broken()


# The bank's own words (PAY-12)


async def test_pay_12_staff_read_the_banks_own_words_and_the_payee_never_that_it_said_nothing(site: World) -> None:
    who = person()
    claim_id = await site.approved(who)
    run_id = await site.sent_run()
    run = await site.row("SELECT message_id FROM payment_runs")
    reference = (await payment_of(site, run_id)).end_to_end_id
    line = StatusLine(reference, "RJCT", [BankReason("", "7B", "Refused on review")])
    await site.take(run_id, BankAnswer("BANK-1", run.message_id, batches=[Batch(run.message_id, lines=[line])]))
    finance = site.visitor(Role.FINANCE, person_id=site.second)
    assert "The bank says: “7B: Refused on review”" in (await finance.get(f"/payments/runs/{run_id}")).text
    me = site.visitor(Role.PARTICIPANT, person_id=who.id)
    shown = (await me.get(f"/payments/claims/{claim_id}")).text
    assert "said why in words of its own" in shown and "did not say why" not in shown and "on review" not in shown
    assert "Please check" not in shown and (await site.claim(claim_id)).state == "approved"
    shown = (await finance.get("/payments/runs")).text
    assert "The bank wrote: “7B: Refused on review”" in shown and "Look at our account at the bank first" in shown


# Statements (PAY-12)


async def test_pay_12_money_that_came_back_before_it_was_seen_to_go_out_is_asked_about(site: World) -> None:
    vault = site.app.state.gateways.vault
    claim_id = await site.approved(person())
    run_id = await site.sent_run()
    payment, url = await payment_of(site, run_id), "/payments/bank-statement"
    data = b"Date,Description,Amount\n24/11/2026,A EXAMPLE returned,15.00\n"
    asked = await site.do(bank_statements.take_statement, data, vault, by=site.second)
    await site.do(read_with, UUID(asked["map"]), Columns(0, [1], amount=2), vault, by=site.second)
    entry = await site.row("SELECT id FROM bank_entries WHERE state = 'near'")
    for who, asks in (
        (site.second, True),
        (new_id(), False),
    ):  # who brought it, and another who has not read what it means
        with pytest.raises(Refused, match="PAY-12"):
            await site.do(choosing.choose, entry.id, payment.id, vault, asked=asks, by=who)
    second = site.visitor(Role.FINANCE)
    page = await post(second, f"{url}/lines/{entry.id}", url, payment=str(payment.id))
    assert "Did this payment go out?" in page.text and "the person is paid twice" in page.text
    assert (await payment_of(site, run_id)).state == "sent"
    answer = await post(second, f"{url}/lines/{entry.id}", url, payment=str(payment.id), asked="true")
    assert "What is still owed can be paid again" in (await followed(second, answer)).text
    assert ((await payment_of(site, run_id)).state, (await site.claim(claim_id)).state) == ("rejected", "approved")


async def test_pay_12_the_page_of_bank_details_says_that_a_payment_did_not_arrive_and_what_to_do(site: World) -> None:
    who = person()
    await site.approved(who)
    run_id = await site.sent_run()
    payment = await payment_of(site, run_id)
    me = site.visitor(Role.PARTICIPANT, person_id=who.id)
    assert "did not arrive" not in (await me.get("/payments/bank-details")).text
    await site.by_hand(run_id, payment.id, "not-paid-details")
    shown = (await me.get("/payments/bank-details")).text
    assert "A payment into this account did not arrive." in shown and 'href="/payments/claims"' in shown


async def test_pay_12_before_money_is_said_to_be_back_the_page_says_that_nothing_is_owed_if_it_is_so(
    site: World,
) -> None:
    """Its money had gone out by an earlier file, too, which two people said."""
    vault, url = site.app.state.gateways.vault, "/payments/bank-statement"
    gone, payment = await said_and_paid_again(site)
    await site.do(brought, debit(gone), vault, by=new_id())
    [line] = await near(site)
    assert await site.do(choosing.choose, line.id, gone.id, vault, by=site.second) == "paid-twice"
    data = b"Date,Description,Amount\n24/11/2026,A EXAMPLE returned,%d.00\n" % (payment.amount_pence // 100)
    asked = await site.do(bank_statements.take_statement, data, vault, by=site.second)
    await site.do(read_with, UUID(asked["map"]), Columns(0, [1], amount=2), vault, by=site.second)
    entry = await site.row("SELECT id FROM bank_entries WHERE state = 'near'")

    said = (await post(site.visitor(Role.FINANCE), f"{url}/lines/{entry.id}", url, payment=str(payment.id))).text
    assert "nothing is owed but" in said and "owe it again" not in said and "paid twice" not in said


async def test_pay_12_a_statement_about_nothing_of_ours_is_no_success(site: World) -> None:
    second, url = site.visitor(Role.FINANCE, person_id=site.second), "/payments/bank-statement"
    data = camt(("15.00", "DBIT", "SOMETHING", ""))
    for says in (
        "No line of this statement is about a payment that we still wait for",
        "We had this statement already",
    ):
        answer = await post(second, url, url, files={"statement": ("s.xml", data, "text/xml")})
        if answer.headers["location"].endswith("/check"):
            assert "Not ours, went out" in (await second.get(answer.headers["location"])).text
            answer = await step(second, answer.headers["location"])
        shown = (await followed(second, answer)).text
        assert says in shown and "govuk-notification-banner--success" not in shown and "Warning" not in shown
        assert shown.count("govuk-notification-banner__title") == 1


async def test_pay_07_what_the_bank_paid_all_the_same_starts_the_clock_again_and_ends_the_doubt(world: World) -> None:
    """The miles count as not paid for the account's fault; then the statement shows that they went out."""
    register = await registered(world, recognition="vouchers", miles=10)
    await world.approve(register.claim_id)
    run_id = await world.sent_run()
    [miles] = await world.rows("SELECT * FROM payments WHERE method = 'bank-transfer'")
    await world.by_hand(run_id, miles.id, "not-paid-details")
    claim = await world.claim(register.claim_id)
    assert claim.state == "returned" and claim.stopped_on is not None
    world.move(days=2)
    await world.do(brought, camt(("4.50", "DBIT", miles.end_to_end_id, "")), by=new_id())
    entry = await world.row("SELECT id FROM bank_entries WHERE state = 'near'")
    await world.do(choosing.choose, entry.id, miles.id, VAULT, by=new_id())
    after = await world.claim(register.claim_id)
    assert (after.state, after.stopped_on) == ("approved", None) and after.pay_by > claim.pay_by
    [clock] = await world.events("claim-clock-changed", register.claim_id)
    assert (clock["stopped"], clock["pay_by"]) == (False, str(after.pay_by))
    [paid] = await world.events("claim-paid", register.claim_id)
    assert paid["asks_owner"] is False
    assert (await world.row("SELECT doubted_because FROM bank_details")).doubted_because is None
    who = register.event.participant
    assert (await world.claim(await world.approved(who))).state == "approved"
    assert await world.broken() == {}


async def test_pay_12_what_was_never_sent_is_not_said_to_have_been_tried(world: World) -> None:
    register = await came_back(world)
    more = await world.approved(register.event.participant)
    [tried], [untried] = [await world.events("claim-returned", each) for each in (register.claim_id, more)]
    assert (tried["tried"], untried["tried"]) == (True, False)
    assert {each["fault"] for each in (tried, untried)} == {"closed"} and untried["amount_pence"] == 1500


async def test_pay_12_what_never_went_to_a_bank_does_not_say_that_the_bank_sent_it_back(site: World) -> None:
    first = await came_back(site)
    owner = first.event.participant
    waits = await site.approved(owner)
    assert (await site.claim(waits)).state == "returned"
    pages = site.visitor(Role.PARTICIPANT, person_id=owner.id)
    page = (await pages.get(f"/payments/claims/{waits}")).text
    assert "The bank sent it back" not in page and "We have not sent this yet" in page
    assert "send it again" not in page
    assert "Send it again" not in (await pages.get(f"/payments/claims/{waits}/try-again")).text
    assert "The bank sent it back" in (await pages.get(f"/payments/claims/{first.claim_id}")).text


@pytest.mark.parametrize("reason", [BankReason("AM04"), BankReason("NARR", "", "Not possible now")], ids=str)
async def test_pay_12_what_the_bank_refused_for_another_reason_is_not_said_to_have_come_back_for_the_account(
    world: World, reason: BankReason
) -> None:
    who = person()
    first = await world.approved(who)
    run_id = await world.sent_run()
    run = await world.row("SELECT message_id FROM payment_runs WHERE id = :id", id=run_id)
    line = StatusLine((await payment_of(world, run_id)).end_to_end_id, "RJCT", [reason])
    await world.take(run_id, BankAnswer("BANK-1", run.message_id, batches=[Batch(run.message_id, lines=[line])]))
    second = await world.approved(who)
    payable = await world.row("SELECT id FROM payables WHERE claim_id = :id", id=second)
    again = UUID(await world.do(runs.make_run, [payable.id], looked=True, by=world.finance))
    await world.do(sending.mark_sent, again, by=world.finance)
    await world.take(again, await world.answer(again, rejected={second: "AC04"}))
    [untried] = await world.events("claim-returned", first)
    assert not untried["tried"]
