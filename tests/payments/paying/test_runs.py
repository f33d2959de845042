"""Payment runs: what is true when they leave, and how their payments end (PAY-10, PAY-12, PAY-13)."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from services.payments.bank_details.use_cases import bank_details
from services.payments.claims.use_cases import claims
from services.payments.paying.use_cases import answers, run_files, runs, sending
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.paying.support import camt, payment, send
from tests.payments.site import followed, post, step
from tests.payments.support import PAYER, VAULT, World, brought, person
from tests.support.statements import counted


async def confirm_new_details(world: World, person_id: UUID) -> None:
    details = await world.row(
        "SELECT id FROM bank_details WHERE participant_id = :id AND state = 'unconfirmed'", id=person_id
    )
    await world.do(bank_details.confirm_details, details.id, "in-person", by=new_id())


# What is true when it leaves (PAY-13)


async def test_pay_10_a_payee_does_not_send_the_run_in_which_they_are_paid(world: World) -> None:
    who = person()
    await world.approved(who)
    run_id = await world.run()
    with pytest.raises(Refused, match="PAY-10"):
        await world.do(sending.mark_sent, run_id, by=who.id)
    assert (await payment(world)).state == "made"


async def test_pay_13_details_changed_after_the_run_was_made_drop_out_and_the_rest_goes_on(world: World) -> None:
    changing, other = person(), person()
    await world.account(changing, 0)
    first, second = await world.approved(changing), await world.approved(other, recognition="vouchers")
    run_id = await world.run()
    await world.account(changing, 2)
    assert await send(world, run_id) == {"state": "sent", "sent": 1, "dropped": 1}
    dropped, sent = await payment(world, claim_id=first), await payment(world, claim_id=second)
    assert (dropped.state, dropped.dropped_because, sent.state) == ("cancelled", "unconfirmed", "sent")
    await confirm_new_details(world, changing.id)
    again = await world.run()
    assert "63748472" in await world.fetch(again)


async def test_pay_13_new_details_that_are_confirmed_before_the_file_are_paid_into(world: World) -> None:
    who = person()
    await world.account(who, 0)
    await world.approved(who)
    run_id = await world.run()
    await world.account(who, 2)
    await confirm_new_details(world, who.id)
    file = await world.fetch(run_id)
    assert "63748472" in file and "66374958" not in file
    assert (await send(world, run_id))["dropped"] == 0


async def test_pay_13_a_change_after_the_file_was_fetched_is_said_before_it_is_sent(world: World) -> None:
    who, other = person(), person()
    await world.account(who, 0)
    await world.account(other, 1)
    for each in (who, other):
        await world.approved(each)
    run_id = await world.run()
    await world.fetch(run_id)
    await world.account(who, 2)
    for work in (
        lambda tx: sending.mark_sent(tx, run_id),
        lambda tx: run_files.fetch_bank_file(tx, run_id, PAYER, VAULT),
    ):
        with pytest.raises(Refused, match="PAY-13"):
            await world.do(work, by=world.finance)
    before = (await world.row("SELECT message_id FROM payment_runs")).message_id
    assert await world.do(runs.make_anew, run_id, by=world.finance) == 1
    await world.do(answers.confirm_not_gone, run_id, by=world.second)
    file = await world.fetch(run_id)
    assert "66374958" not in file and "88837491" in file and before + "-2" in file
    assert await send(world, run_id) == {"state": "sent", "sent": 1, "dropped": 0}


async def test_pay_13_a_file_that_the_bank_has_already_is_what_was_sent(world: World) -> None:
    who = person()
    await world.account(who, 0)
    claim_id = await world.approved(who)
    run_id = await world.run()
    await world.fetch(run_id)
    await world.account(who, 2)
    assert (await send(world, run_id, knows_of_changes=True))["sent"] == 1
    assert await world.rows("SELECT 1 FROM steps WHERE about = :id AND what = 'sent-though-it-changed'", id=claim_id)


async def test_pay_09_a_held_payment_drops_out_of_a_run_that_was_made(world: World) -> None:
    who = person()
    claim_id = await world.approved(who, recognition="vouchers")
    await world.approved(person(), recognition="vouchers")
    run_id = await world.run()
    await world.do(claims.hold_payment, claim_id, True, by=who.id)
    assert (await send(world, run_id))["dropped"] == 1
    assert (await payment(world, claim_id=claim_id)).dropped_because == "held"


async def test_pay_12_a_run_is_made_of_what_finance_selects(world: World) -> None:
    ids = [await world.approved(person(), recognition="vouchers") for _ in range(3)]
    payables = {row.claim_id: row.id for row in await world.rows("SELECT id, claim_id FROM payables")}
    await world.do(runs.make_run, [payables[ids[1]]], by=world.finance)
    assert [row.claim_id for row in await world.rows("SELECT claim_id FROM payments")] == [ids[1]]
    for chosen in ([], [payables[ids[1]]], [new_id()]):
        with pytest.raises(Refused, match="PAY-12"):
            await world.do(runs.make_run, chosen, by=world.finance)


# Set-based (issue 6, E)


async def test_pay_12_a_run_takes_as_many_statements_for_twelve_payments_as_for_four(world: World) -> None:
    """Counted, not timed: nothing is done once for each payment."""
    counts: list[dict[str, int]] = []
    statements: list[str] = []

    @event.listens_for(world.database.engine.sync_engine, "before_cursor_execute")
    def count(*args: Any) -> None:
        statements.append(args[2])

    for number in (4, 12):
        for _ in range(number):
            await world.approved(person(), recognition="vouchers")
        taken = {}
        statements.clear()
        run_id = await world.run()
        taken["make"] = len(statements)
        statements.clear()
        await send(world, run_id)
        taken["send"] = len(statements)
        statements.clear()
        await world.do(answers.confirm_rest_by_hand, run_id, transfers=False, by=world.second)
        taken["settle"] = len(statements)
        counts.append(taken)
    assert counts[0] == counts[1]
    assert max(counts[0].values()) < 40


@pytest.mark.parametrize("what", ["runs", "run", "statement"])
async def test_pay_12_a_page_takes_as_many_statements_for_twelve_as_for_three(site: World, what: str) -> None:
    """Runs, payments of a run, lines of a statement that came near: none of them is looked up by itself."""
    reader, counts, vault = site.visitor(Role.FINANCE, person_id=site.second), [], site.app.state.gateways.vault
    for number in (3, 9):
        for _ in range(number):
            who = person()
            await site.account(who, 0)
            await site.approved(who)
            if what == "runs":
                await site.sent_run()
        path = {"runs": "/payments/runs", "statement": "/payments/bank-statement"}.get(what, "")
        if what != "runs":
            run_id = await site.sent_run()
            path = path or f"/payments/runs/{run_id}"
            entries = [("15.00", "DBIT", f"NO-{number}-{line}", "") for line in range(number)]
            await site.do(brought, camt(*entries), vault, by=site.second)
        await reader.get(path)
        with counted(site.app.state.service.database) as statements:
            assert (await reader.get(path)).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]


# By hand (PAY-12)


async def test_pay_12_a_transfer_is_confirmed_by_hand_by_a_second_person_once(world: World) -> None:
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    sent = await payment(world)
    with pytest.raises(Refused, match="PAY-12"):
        await world.by_hand(run_id, sent.id, "paid", world.finance)
    assert await world.by_hand(run_id, sent.id, "paid") == "paid"
    assert (await world.claim(claim_id)).state == "paid"
    with pytest.raises(Refused, match="PAY-12"):
        await world.by_hand(run_id, sent.id, "paid", new_id())
    assert await world.rows("SELECT 1 FROM steps WHERE about = :id AND what = 'ended-by-hand'", id=claim_id)


@pytest.mark.parametrize(("how", "state"), [("came-back", "approved"), ("came-back-details", "returned")])
async def test_pay_12_money_that_comes_back_after_it_was_confirmed_returns_to_the_claim(
    world: World, how: str, state: str
) -> None:
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id))
    assert await world.by_hand(run_id, (await payment(world)).id, how) == "returned"
    claim = await world.claim(claim_id)
    assert claim.state == state
    balances = await world.rows(
        "SELECT account, sum(pence)::int AS pence FROM postings GROUP BY account HAVING sum(pence) <> 0"
    )
    assert {row.account: row.pence for row in balances} == {
        "participation-expense": 1500,
        "participant-payable": -1500,
        "budget-free": -1500,
        "budget-committed": 1500,
    }
    said = "claim-owed-again" if state == "approved" else "claim-returned"
    assert len(await world.events(said, claim_id)) == 1


async def test_pay_12_a_rejection_after_the_confirmation_returns_the_money(world: World) -> None:
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id))
    later = await world.answer(run_id, rejected={claim_id: "AC04"})
    await world.take(run_id, later, b"later")
    [returned] = await world.events("claim-returned", claim_id)
    assert (returned["amount_pence"], returned["fault"]) == (1500, "closed")
    assert (await world.claim(claim_id)).state == "returned"
    assert (await payment(world)).state == "returned"


@pytest.mark.parametrize("handed_over", [False, True])
async def test_pay_12_vouchers_that_were_lost_go_again_and_the_ledger_says_so(world: World, handed_over: bool) -> None:
    claim_id = await world.approved(person(), recognition="vouchers")
    run_id = await world.sent_run()
    sent = await payment(world)
    if handed_over:
        await world.by_hand(run_id, sent.id, "handed-over")
    await world.by_hand(run_id, sent.id, "lost")
    again = await world.sent_run()
    await world.by_hand(again, (await payment(world, run_id=again)).id, "handed-over")
    assert (await world.claim(claim_id)).state == "paid"
    balances = {
        row.account: row.pence
        for row in await world.rows("SELECT account, sum(pence)::int AS pence FROM postings GROUP BY account")
    }
    assert (balances["voucher-stock"], balances["losses"], balances["budget-spent"]) == (-3000, 1500, 1500)


# Names (PAY-12)


@pytest.mark.parametrize(
    ("name", "written"),
    [("Łukasz Wałęsa", "Lukasz Walesa"), ("Søren Ørsted Straße", "Soren Orsted Strasse"), ("K. Żółć", "K. Zolc")],
)
async def test_pay_12_the_bank_file_writes_every_latin_name_whole_and_its_owner_sees_how(
    site: World, name: str, written: str
) -> None:
    who, url = person(), "/payments/bank-details/change"
    me = site.visitor("participant", person_id=who.id)
    shown = await followed(
        me, await post(me, url, url, account_name=name, sort_code="089999", account_number="66374958")
    )
    assert written in shown.text and "Our bank writes" in shown.text
    await site.approved(who)
    finance = site.visitor(Role.FINANCE, person_id=site.finance)
    run = (await post(finance, "/payments/runs", "/payments/runs")).headers["location"]
    assert f"<Nm>{written}</Nm>" in (await finance.get(f"{run}/bank-file.xml")).text
    assert f",{written[:18].strip()}," in (await finance.get(f"{run}/bank-file.csv")).text


async def test_pay_12_a_name_in_other_letters_is_asked_for_when_it_is_given(site: World) -> None:
    me, url = site.visitor("participant"), "/payments/bank-details/change"
    refused = await post(me, url, url, account_name="Ольга Петренко", sort_code="089999", account_number="66374958")
    assert refused.status_code == 422 and "as it is on your bank card" in refused.text
    long = await post(me, url, url, account_name="a" * 71, sort_code="089999", account_number="66374958")
    assert long.status_code == 422 and "70 characters" in long.text


# Pages


async def test_pay_12_the_pages_of_a_run_and_of_a_statement(site: World) -> None:
    await site.approved(person(), recognition="vouchers")
    finance, second = (
        site.visitor(Role.FINANCE, person_id=site.finance),
        site.visitor(Role.FINANCE, person_id=site.second),
    )
    chosen = (await site.row("SELECT id FROM payables")).id
    nothing = await post(finance, "/payments/runs", "/payments/runs", what="chosen")
    assert nothing.status_code == 422 and "Tick what should go" in nothing.text
    run = (await post(finance, "/payments/runs", "/payments/runs", what="chosen", chosen=str(chosen))).headers[
        "location"
    ]
    made = (await finance.get(run)).text
    assert "Order the vouchers. Then say so here." in made and "bank-file.xml" not in made
    await step(finance, f"{run}/sent")
    sent = await payment(site)
    own = await finance.get(f"{run}/payments/{sent.id}")
    assert (
        "You made or sent this run, so a second person must say" in own.text and "handed over, or sent" not in own.text
    )
    assert "It was handed over" in (await second.get(run)).text
    assert (await post(second, f"{run}/payments/{sent.id}", f"{run}/payments/{sent.id}", how="lost")).status_code == 303
    assert "was lost." in (await finance.get("/payments/runs")).text
    page, url = await finance.get("/payments/bank-statement"), "/payments/bank-statement"
    assert page.status_code == 200
    data = b"Date,Description,Amount\n24/11/2026,Rent,-450.00\n"
    asked = await post(finance, url, url, files={"statement": ("s.csv", data, "text/csv")})
    columns = asked.headers["location"]
    assert columns.endswith("/columns") and "Description" in (await finance.get(columns)).text
    wrong = await post(finance, columns, columns, day="1", words="1", sums="one", amount="2")
    assert wrong.status_code == 422 and "no day that we can read" in wrong.text
    check = (await post(finance, columns, columns, day="0", words="1", sums="one", amount="2")).headers["location"]
    shown = (await finance.get(check)).text
    assert "£450.00 went out" in shown and "Nobody but you has seen yet how we read" in shown
    read = await followed(
        finance, await post(finance, check, check, mark=shown.split('name="mark" value="')[1].split('"')[0])
    )
    assert "No line of this statement is about a payment that we still wait for" in read.text
