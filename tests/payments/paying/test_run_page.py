"""A run's page offers what its reader may do, and says truly how a run ended (PAY-10, PAY-12)."""

from dataclasses import replace
from uuid import UUID

import pytest

from services.payments.owing.domain.bank_reasons import BankReason
from services.payments.paying.use_cases import answers, runs, sending
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_statements.support import payment_of
from tests.payments.support import World, person


async def test_pay_12_a_run_of_which_all_was_sent_back_is_not_called_confirmed(site: World) -> None:
    claims = [await site.approved(person()) for _ in range(2)]
    run_id = await site.sent_run()
    said = await site.answer(run_id, rejected=dict.fromkeys(claims, "AM04"))
    await site.do(answers.apply_answer, run_id, said, b"what the bank said", by=site.second)
    client = site.visitor(Role.FINANCE)
    shown = (await client.get("/payments/runs")).text
    assert "Nothing was paid" in shown and "Confirmed" not in shown
    shown = (await client.get(f"/payments/runs/{run_id}")).text
    assert "(AM04)" in shown and "am04" not in shown


async def test_pay_12_a_run_of_which_some_was_sent_back_says_how_many(site: World) -> None:
    back, _ = [await site.approved(person()) for _ in range(2)]
    run_id = await site.sent_run()
    said = await site.answer(run_id, rejected={back: "AC04"})
    await site.do(answers.apply_answer, run_id, said, b"what the bank said", by=site.second)
    assert "Over: 1 paid, 1 sent back" in (await site.visitor(Role.FINANCE).get("/payments/runs")).text


async def test_pay_13_a_run_that_is_over_gives_out_no_more_files(site: World) -> None:
    await site.approved(person())
    run_id = await site.sent_run()
    finance, url = site.visitor(Role.FINANCE), f"/payments/runs/{run_id}"
    files = ("bank-file.xml", "bank-file.csv")
    shown = (await finance.get(url)).text
    assert all(f"{url}/{name}" in shown for name in files)
    payment = await payment_of(site, run_id)
    await site.by_hand(run_id, payment.id, "paid")
    shown = (await finance.get(url)).text
    assert not any(f"{url}/{name}" in shown for name in files)
    for name in files:
        refused = await finance.get(f"{url}/{name}")
        assert refused.status_code == 422 and "This payment run is over" in refused.text


@pytest.mark.parametrize("recognition", ["bank-transfer", "vouchers"])
async def test_pay_10_who_is_paid_in_a_run_is_told_who_can_say_it_instead_of_being_refused(
    site: World, recognition: str
) -> None:
    payee = person()
    for who in (payee, person(), person()):
        await site.approved(who, recognition=recognition)
    run_id = await site.run()
    mine, another = [site.visitor(Role.FINANCE, person_id=who) for who in (payee.id, new_id())]
    send, page = f'href="/payments/runs/{run_id}/sent"', f"/payments/runs/{run_id}"
    assert send in (await another.get(page)).text
    shown = (await mine.get(page)).text
    assert send not in shown and "You are paid in this run, so somebody else must send it." in shown
    await site.do(sending.mark_sent, run_id, by=site.finance)
    shown, others = (await mine.get(page)).text, (await another.get(page)).text
    assert "confirm-rest" in others and "confirm-rest" not in shown
    assert "You are paid in this run. Somebody else" in shown
    assert (shown.count("Say what happened<"), others.count("Say what happened<")) == (2, 3)
    assert "This payment is yours." in shown and "This payment is yours." not in others
    assert ('name="answer"' in others, 'name="answer"' in shown) == (recognition == "bank-transfer", False)


async def test_pay_10_who_approved_something_of_a_run_is_not_offered_to_send_it(site: World) -> None:
    await site.approved(person())
    run_id = await site.run()
    approver = site.visitor(Role.FINANCE, person_id=site.approver)
    shown = (await approver.get(f"/payments/runs/{run_id}")).text
    assert f'href="/payments/runs/{run_id}/sent"' not in shown and "You approved a claim in this run" in shown


async def test_pay_12_an_empty_run_can_only_be_taken_back(site: World) -> None:
    who = person()
    await site.approved(who)
    run_id = await site.run()
    await site.account(who, 1)
    await site.do(runs.make_anew, run_id, by=site.finance)
    page = (await site.visitor(Role.FINANCE).get(f"/payments/runs/{run_id}")).text
    assert "Nothing in this run can leave. Take it back." in page
    assert "Then say so here" not in page and "Say that it was sent" not in page and "Bank file" not in page


async def test_pay_12_nobody_is_asked_to_tick_what_cannot_go(site: World) -> None:
    who = person()
    await site.approved(who)
    finance = site.visitor(Role.FINANCE)
    assert "Tick what should go" in (await finance.get("/payments/runs")).text
    await site.account(who, 1)
    page = (await finance.get("/payments/runs")).text
    assert "None of these can go now" in page and "Make a payment run" not in page


async def test_pay_12_what_the_bank_sent_back_in_its_own_words_goes_again_only_if_somebody_chose_it(
    site: World,
) -> None:
    claim_id = await site.approved(person())
    run_id = await site.sent_run()
    said = await site.answer(run_id, rejected={claim_id: "AM04"})
    [batch] = said.batches
    lines = [replace(line, reasons=[BankReason("", "7B")]) for line in batch.lines]
    await site.take(run_id, replace(said, batches=[replace(batch, lines=lines)]))
    owed = await site.row("SELECT id FROM payables WHERE state = 'owed'")
    shown = (await site.visitor(Role.FINANCE, person_id=site.finance).get("/payments/runs")).text
    assert "read them in its run before it goes again" in shown
    assert f'value="{owed.id}">' in shown and f'value="{owed.id}" checked' not in shown
    with pytest.raises(Refused, match="PAY-12"):
        await site.do(runs.make_run, by=site.finance)
    other = await site.approved(person())
    taken = await site.rows("SELECT claim_id FROM payments WHERE run_id = :id", id=await site.run())
    assert [row.claim_id for row in taken] == [other]
    again = UUID(await site.do(runs.make_run, [owed.id], by=site.finance))
    assert (await payment_of(site, again)).claim_id == claim_id
