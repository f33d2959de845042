"""A run's page offers what its reader may do, and says truly how a run ended (PAY-10, PAY-12)."""

import re
from dataclasses import replace
from uuid import UUID

import pytest

from services.payments.owing.domain.bank_reasons import BankReason
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.paying.pages.run_words import how_it_ended
from services.payments.paying.use_cases import answers, runs, sending
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_statements.support import payment_of
from tests.payments.site import followed, step
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
    assert "Over: 1 paid, 1 not paid" in (await site.visitor(Role.FINANCE).get("/payments/runs")).text


async def test_pay_12_a_run_that_was_paid_and_came_back_is_not_listed_as_never_paid(site: World) -> None:
    await site.approved(person())
    run_id = await site.sent_run()
    one = await payment_of(site, run_id)
    await site.by_hand(run_id, one.id, "paid")
    await site.by_hand(run_id, one.id, "came-back")
    shown = (await site.visitor(Role.FINANCE).get("/payments/runs")).text
    assert "Over: 1 paid and came back" in shown and "Nothing was paid" not in shown


async def test_pay_12_what_was_not_ticked_stays_so_when_the_form_comes_back(site: World) -> None:
    for _ in range(2):
        await site.approved(person())
    ids = [str(row.id) for row in await site.rows("SELECT id FROM payables")]
    finance, url = site.visitor(Role.FINANCE, person_id=site.finance), f"/payments/runs?way={TRANSFER}"
    gone = {"idempotency_key": str(new_id()), "chosen": [ids[0], str(new_id())]}
    for sent, ticked in (
        ({"_kept": "yes"}, set()),
        ({"_kept": "yes", "chosen": ids[:1]}, {ids[0]}),
        (gone, {ids[0]}),
        ({"what": "all", "_kept": "yes"}, set(ids)),
    ):
        back = await finance.post(url, data={"what": "chosen"} | sent)
        assert back.status_code == 422 and f'action="{url}"' in back.text
        boxes = re.findall(r'name="chosen" type="checkbox" value="([0-9a-f-]+)"( checked)?', back.text)
        assert {box for box, _ in boxes} == set(ids)
        assert {box for box, checked in boxes if checked} == ticked


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((2, 0, 0), "Confirmed"),
        ((0, 2, 0), "Nothing was paid"),
        ((1, 1, 0), "Over: 1 paid, 1 not paid"),
        ((1, 2, 3), "Over: 1 paid, 2 not paid, 3 paid and came back"),
        ((0, 1, 1), "Over: 1 not paid, 1 paid and came back"),
    ],
)
def test_pay_12_how_a_run_ended_in_words(counts: tuple[int, int, int], words: str) -> None:
    assert how_it_ended(*counts)[0] == words


async def test_pay_12_a_run_that_is_over_asks_nobody_for_the_bank_s_answer(site: World) -> None:
    await site.approved(person())
    run_id = await site.sent_run()
    maker, second = [site.visitor(Role.FINANCE, person_id=who) for who in (site.finance, site.second)]
    url, asks = f"/payments/runs/{run_id}", "A second person brings what the bank says"
    assert asks in (await maker.get(url)).text
    await site.by_hand(run_id, (await payment_of(site, run_id)).id, "paid")
    shown = (await maker.get(url)).text
    assert asks not in shown and "The bank’s answer" not in shown and "Every payment of this run has ended." in shown
    shown = (await second.get(url)).text
    assert (
        "Did the bank say anything else?" in shown and "You need not do anything." in shown and 'name="answer"' in shown
    )


async def test_pay_12_pay_13_a_run_that_was_sent_gives_out_no_more_bank_files(site: World) -> None:
    await site.approved(person())
    run_id = await site.run()
    finance, url = site.visitor(Role.FINANCE), f"/payments/runs/{run_id}"
    files = ("bank-file.xml", "bank-file.csv")
    shown = (await finance.get(url)).text
    assert all(f"{url}/{name}" in shown for name in files)
    await site.do(sending.mark_sent, run_id, by=site.finance)
    shown = (await finance.get(url)).text
    assert (
        not any(f"{url}/{name}" in shown for name in files)
        and "The list of payments above shows what was sent" in shown
    )
    for name in files:
        refused = await finance.get(f"{url}/{name}")
        assert refused.status_code == 422 and "This payment run was sent, so we give out no more" in refused.text
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


async def test_pay_12_sent_by_mistake_is_put_right_by_a_second_person_who_reads_the_danger(site: World) -> None:
    claims = [await site.approved(person()) for _ in range(2)]
    run_id = await site.run()
    await site.fetch(run_id)
    await site.do(sending.mark_sent, run_id, by=site.finance)
    url = f"/payments/runs/{run_id}"
    sender, second = [site.visitor(Role.FINANCE, person_id=who) for who in (site.finance, site.second)]
    mine = (await sender.get(url)).text
    assert f"{url}/never-sent" not in mine and "or that it never went to the bank" in mine
    assert (await step(sender, f"{url}/never-sent")).status_code == 422
    assert f'href="{url}/never-sent"' in (await second.get(url)).text
    shown = (await second.get(f"{url}/never-sent")).text
    assert "2 payments, £30.00" in shown and "people are paid twice" in shown and "You cannot undo this" in shown
    assert "ask who fetched the file" in shown
    assert "Noted: 2 payments did not go." in (await followed(second, await step(second, f"{url}/never-sent"))).text
    states = await site.rows("SELECT state FROM payments WHERE run_id = :id", id=run_id)
    assert [row.state for row in states] == ["rejected", "rejected"]
    again = await site.run()
    taken = await site.rows("SELECT claim_id FROM payments WHERE run_id = :id", id=again)
    assert {row.claim_id for row in taken} == set(claims)
    with pytest.raises(Refused, match="PAY-12"):  # who says so does not send it again
        await site.do(sending.mark_sent, again, by=site.second)
    await site.do(sending.mark_sent, again, by=site.finance)


async def test_pay_12_nobody_says_that_a_run_never_went_of_which_the_bank_paid_something(site: World) -> None:
    paid, _ = [await site.approved(person()) for _ in range(2)]
    run_id = await site.sent_run()
    payment = await site.row("SELECT id FROM payments WHERE claim_id = :id", id=paid)
    second, url = site.visitor(Role.FINANCE, person_id=site.second), f"/payments/runs/{run_id}"
    await site.by_hand(run_id, payment.id, "paid")
    assert f"{url}/never-sent" not in (await second.get(url)).text
    refused = await step(second, f"{url}/never-sent")
    assert refused.status_code == 422 and "The bank has the file of this run" in refused.text


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
    assert "The bank wrote: “7B”" in shown and "Look at our account at the bank first" in shown
    assert f'value="{owed.id}">' in shown and f'value="{owed.id}" checked' not in shown
    with pytest.raises(Refused, match="PAY-12"):
        await site.do(runs.make_run, by=site.finance)
    other = await site.approved(person())
    taken = await site.rows("SELECT claim_id FROM payments WHERE run_id = :id", id=await site.run(looked=False))
    assert [row.claim_id for row in taken] == [other]
    again = UUID(await site.do(runs.make_run, [owed.id], looked=True, by=site.finance))
    assert (await payment_of(site, again)).claim_id == claim_id
