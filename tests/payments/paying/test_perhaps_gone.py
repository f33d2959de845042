"""PAY-12, PAY-17: a payment that was taken out of a run whose file the bank may have is neither paid twice nor forgotten."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from services.payments.approving.use_cases import withdrawing
from services.payments.bank_statements.gateways.bank_csv import Columns
from services.payments.bank_statements.use_cases import bank_statements, choosing
from services.payments.claims.use_cases import claims
from services.payments.correcting.use_cases import correcting
from services.payments.paying.gateways import bank_xml
from services.payments.paying.use_cases import answers, run_files, runs, sending
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.approving.support import Register, owed, registered
from tests.payments.bank_statements.test_banks_word import payment_of
from tests.payments.paying.test_runs import camt, pain_002
from tests.payments.site import followed, step
from tests.payments.support import PAYER, VAULT, World, brought, person, read_with, seen_on_the_account
from tests.support.slices import crossed


async def out_of_a_file(world: World, how: str = "cancelled", *, minutes: int = 90) -> tuple[Register, UUID, Any]:
    """Approved, in a file that was fetched, and taken out again. Returns its register, run and payment."""
    register = await registered(world, minutes=minutes)
    await world.approve(register.claim_id)
    run_id = await world.run()
    await world.fetch(run_id)
    who = register.event.participant.id
    if how == "cancelled":
        await world.do(runs.cancel_run, run_id, by=world.finance)
    elif how == "held":
        await world.write("UPDATE claims SET held = true")  # as it could be held before
        await world.do(runs.make_anew, run_id, by=world.finance)
        await world.do(claims.hold_payment, register.claim_id, False, by=who)
    elif how == "withdrawn":
        await world.do(runs.cancel_run, run_id, by=world.finance)
        await world.do(withdrawing.withdraw_approval, register.claim_id, "A mistake", by=new_id())
    else:  # the register says less
        await register.says(minutes=20)
        await world.do(runs.make_anew, run_id, by=world.finance)
        await world.do(correcting.settle_due_corrections)
    return register, run_id, await payment_of(world, run_id)


HOWS = ("cancelled", "held", "withdrawn", "lowered")
HOW = pytest.mark.parametrize("how", HOWS)


async def message_of(world: World, run_id: UUID) -> str:
    row = await world.row("SELECT message_id FROM payment_runs WHERE id = :id", id=run_id)
    return row.message_id.removesuffix("-2")


async def by_answer(world: World, who: UUID, payment: Any, says: str) -> Any:
    message = await message_of(world, payment.run_id)
    status = "<TxSts>ACSC</TxSts>" if says == "paid" else "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>"
    line = f"<TxInfAndSts><OrgnlEndToEndId>{payment.end_to_end_id}</OrgnlEndToEndId>{status}</TxInfAndSts>"
    data = pain_002(f"</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{message}</OrgnlPmtInfId>{line}</OrgnlPmtInfAndSts>", message=message)
    return await world.do(answers.apply_answer, payment.run_id, bank_xml.read_answer(data), data, by=who)


async def by_statement(world: World, who: UUID, payment: Any, says: str) -> Any:
    sum_ = f"{payment.amount_pence / 100:.2f}"
    data = camt((sum_, "DBIT" if says == "paid" else "CRDT", payment.end_to_end_id, ""))
    done = await world.do(brought, data, by=who)
    for entry in await world.rows("SELECT id FROM bank_entries WHERE state = 'near' AND because = 'unseen'"):
        await world.do(choosing.choose, entry.id, payment.id, VAULT, by=new_id())
    return done


async def by_whole_file(world: World, who: UUID, payment: Any, says: str) -> Any:
    if says != "paid":
        return await by_statement(world, who, payment, says)
    data = camt((f"{payment.amount_pence / 100:.2f}", "DBIT", await message_of(world, payment.run_id), ""))
    return await world.do(brought, data, by=who)


async def by_a_chosen_line(world: World, who: UUID, payment: Any, says: str) -> Any:
    sign = "-" if says == "paid" else ""
    data = f"Date,Description,Amount\n24/11/2026,A EXAMPLE returned,{sign}{payment.amount_pence / 100:.2f}\n".encode()
    asked = await world.do(bank_statements.take_statement, data, VAULT, by=who)
    await world.do(read_with, UUID(asked["map"]), Columns(0, [1], amount=2), VAULT, by=who)
    if says != "paid":
        return await by_hand(world, who, payment, says)
    entry = await world.row("SELECT id FROM bank_entries WHERE state = 'near'")
    return await world.do(choosing.choose, entry.id, payment.id, VAULT, by=who)


async def by_hand(world: World, who: UUID, payment: Any, says: str) -> Any:
    return await world.do(answers.end_by_hand, payment.run_id, payment.id, "paid" if says == "paid" else "not-paid", by=who)


WAYS: dict[str, Callable[[World, UUID, Any, str], Awaitable[Any]]] = {
    "pain.002": by_answer,
    "statement": by_statement,
    "whole file": by_whole_file,
    "chosen": by_a_chosen_line,
    "by hand": by_hand,
}
WAY = pytest.mark.parametrize("way", WAYS)
HOW_AND_WAY = pytest.mark.parametrize(("how", "way"), crossed(HOWS, WAYS))


async def approve_if_needed(world: World, claim_id: UUID) -> None:
    if (await world.claim(claim_id)).state == "submitted":
        await world.approve(claim_id)


async def waiting(world: World) -> list[int]:
    return [event["waiting"] for event in await world.events("payments-perhaps-gone")]


# Not twice


@HOW
async def test_pay_12_what_the_bank_may_have_goes_into_no_other_run_until_somebody_has_looked(world: World, how: str) -> None:
    register, _, payment = await out_of_a_file(world, how)
    await approve_if_needed(world, register.claim_id)
    payable = await world.row("SELECT id FROM payables WHERE state = 'owed'")
    for chosen in (None, [payable.id]):
        with pytest.raises(Refused, match="PAY-12"):
            await world.do(runs.make_run, chosen, by=world.finance)
    assert await waiting(world) == [1]
    await by_hand(world, world.second, payment, "not paid")
    assert await waiting(world) == [1, 0]
    again = await world.run()
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(sending.mark_sent, again, by=world.second)
    await world.do(sending.mark_sent, again, by=world.finance)
    await world.by_hand(again, (await payment_of(world, again)).id, "paid", world.second)
    assert (await world.claim(register.claim_id)).state == "paid"


@HOW_AND_WAY
async def test_pay_17_what_the_bank_paid_all_the_same_is_written_down_and_paid_once(world: World, how: str, way: str) -> None:
    register, _, payment = await out_of_a_file(world, how)
    await WAYS[way](world, world.second, payment, "paid")
    claim = await world.claim(register.claim_id)
    assert (claim.state, (await payment_of(world, payment.run_id)).state, await waiting(world)) == ("paid", "paid", [1, 0])
    assert len(await world.events("claim-paid", register.claim_id)) == 1
    await world.do(correcting.settle_due_corrections)
    assert (await world.claim(register.claim_id)).state == "paid"
    assert await owed(world) == 1500
    written_off = await world.rows("SELECT pence FROM overpayments UNION ALL SELECT overpaid_pence FROM corrections WHERE overpaid_pence > 0")
    assert [row.pence for row in written_off] == ([1166] if how == "lowered" else [])
    with pytest.raises(Refused):
        await world.run()
    assert await world.broken() == {}


@HOW_AND_WAY
async def test_pay_12_the_banks_word_that_it_did_not_pay_lets_it_go_again(world: World, how: str, way: str) -> None:
    register, _, payment = await out_of_a_file(world, how)
    await WAYS[way](world, world.second, payment, "not paid")
    assert (await payment_of(world, payment.run_id)).state == "cancelled"
    assert await world.events("claim-paid", register.claim_id) == []
    await approve_if_needed(world, register.claim_id)
    await world.run()
    assert await waiting(world) == [1, 0]


@HOW
async def test_pay_12_the_banks_word_before_it_is_taken_out_is_not_lost(world: World, how: str) -> None:
    """The file is at the bank, and nobody has said that it was sent."""
    register = await registered(world)
    await world.approve(register.claim_id)
    run_id = await world.run()
    await world.fetch(run_id)
    payment = await payment_of(world, run_id)
    with pytest.raises(Refused):
        await by_answer(world, world.second, payment, "paid")
    assert (await by_statement(world, world.second, payment, "paid"))["near"] == 1
    if how == "lowered":
        await register.says(minutes=20)
    await world.do(runs.cancel_run, run_id, by=world.finance)
    await world.do(correcting.settle_due_corrections)
    entry = await world.row("SELECT id FROM bank_entries WHERE state = 'near'")
    await world.do(choosing.choose, entry.id, payment.id, VAULT, by=world.second)
    assert ((await world.claim(register.claim_id)).state, await world.broken()) == ("paid", {})


@WAY
async def test_pay_12_the_same_word_twice_pays_once(world: World, way: str) -> None:
    register, _, payment = await out_of_a_file(world, "lowered")
    await WAYS[way](world, world.second, payment, "paid")
    if way in ("by hand", "chosen"):
        with pytest.raises(Refused, match="PAY-12"):
            await by_hand(world, world.second, payment, "paid")
    else:
        await WAYS[way](world, world.second, payment, "paid")
    assert len(await world.events("claim-paid", register.claim_id)) == 1


@pytest.mark.parametrize("says", [("paid", "paid"), ("not paid", "not paid"), ("paid", "not paid")])
async def test_pay_12_two_who_say_it_at_once_are_one(world: World, says: tuple[str, str]) -> None:
    register, _, payment = await out_of_a_file(world, "withdrawn")
    done = await asyncio.gather(*(by_hand(world, new_id(), payment, each) for each in says), return_exceptions=True)
    assert all(isinstance(each, (Refused, str)) for each in done) and any(isinstance(each, str) for each in done), done
    assert len(await world.events("claim-paid", register.claim_id)) == ("paid" in says)
    assert (await waiting(world))[-1] == 0


async def test_pay_12_a_run_made_at_the_moment_of_the_banks_word_does_not_pay_it_again(world: World) -> None:
    for _ in range(5):
        _, _, payment = await out_of_a_file(world, "cancelled")
        await asyncio.gather(world.run(), by_statement(world, world.second, payment, "paid"), return_exceptions=True)
        assert await world.rows("SELECT 1 FROM payments WHERE claim_id = :id AND id <> :own", id=payment.claim_id, own=payment.id) == []


# Whose word


async def test_pay_12_who_made_or_took_out_or_is_paid_does_not_say_what_became_of_it(world: World) -> None:
    register = await registered(world)
    await world.approve(register.claim_id)
    run_id, other = await world.run(), new_id()
    await world.fetch(run_id)
    await world.do(runs.cancel_run, run_id, by=other)
    payment = await payment_of(world, run_id)
    for who in (world.finance, other, register.event.participant.id):
        for says in ("paid", "not paid"):
            with pytest.raises(Refused):
                await by_hand(world, who, payment, says)
        with pytest.raises(Refused):
            await world.do(answers.confirm_not_gone, run_id, by=who)
        assert not (await by_statement(world, who, payment, "paid")).get("paid")
    assert await world.do(seen_on_the_account, by=world.second) == {"paid": 1, "returned": 0, "stay": 0}
    assert (await world.claim(register.claim_id)).state == "paid"


async def test_pay_12_of_many_taken_out_one_was_paid_and_the_rest_was_not(world: World) -> None:
    claim_ids = [await world.approved(person()) for _ in range(3)]
    run_id = await world.run()
    await world.fetch(run_id)
    await world.do(runs.cancel_run, run_id, by=world.finance)
    [first, *_] = await world.rows("SELECT * FROM payments WHERE run_id = :id ORDER BY end_to_end_id", id=run_id)
    await by_statement(world, world.second, first, "paid")
    assert await waiting(world) == [3, 2]
    assert await world.do(answers.confirm_not_gone, run_id, by=world.second) == {"settled": 2, "waiting": 0, "left": 0}
    assert await waiting(world) == [3, 2, 0]
    with pytest.raises(Refused):
        await world.do(answers.confirm_not_gone, run_id, by=world.second)
    again = await world.run()
    assert {row.claim_id for row in await world.rows("SELECT claim_id FROM payments WHERE run_id = :id", id=again)} == set(claim_ids) - {first.claim_id}


# Said to be not paid, and paid after all


@HOW
async def test_pay_17_what_was_said_not_to_be_paid_and_was_is_written_down_while_nothing_else_left(world: World, how: str) -> None:
    register, _, payment = await out_of_a_file(world, how)
    await by_hand(world, world.second, payment, "not paid")
    if how != "cancelled":
        await approve_if_needed(world, register.claim_id)
    if how in ("withdrawn", "lowered"):  # a run that nobody has fetched yet: it drops out of it
        await world.run()
    assert (await by_statement(world, new_id(), payment, "paid"))["paid"] == 1
    assert (await world.claim(register.claim_id)).state == "paid"
    await world.do(correcting.settle_due_corrections)
    assert await owed(world) == 1500
    assert await world.broken() == {}


@pytest.mark.parametrize("how", ["cancelled", "lowered"])
async def test_pay_12_what_was_paid_again_since_is_shown_to_finance(world: World, how: str) -> None:
    register, _, payment = await out_of_a_file(world, how)
    await by_hand(world, world.second, payment, "not paid")
    await approve_if_needed(world, register.claim_id)
    again = await world.run()
    await world.do(sending.mark_sent, again, by=world.finance)
    await by_hand(world, new_id(), payment, "paid")
    assert (await world.row("SELECT paid_twice_at FROM payments WHERE id = :id", id=payment.id)).paid_twice_at is None  # a loss is the word of two
    done = await by_statement(world, world.second, payment, "paid")
    assert (done["paid"], done["near"]) == (0, 1)
    assert (await world.row("SELECT because FROM bank_entries")).because == "went-out"
    await world.by_hand(again, (await payment_of(world, again)).id, "paid", world.second)
    assert len(await world.events("claim-paid", register.claim_id)) == 1


# What stands beside it


async def test_pay_17_a_claim_that_was_refused_meanwhile_is_paid_and_written_off(world: World) -> None:
    register, run_id, payment = await out_of_a_file(world, "withdrawn")
    await register.says(present=False, minutes=0)
    assert (await world.claim(register.claim_id)).state == "refused"
    await by_statement(world, world.second, payment, "paid")
    await world.do(correcting.settle_due_corrections)
    assert (await world.claim(register.claim_id)).state == "paid"
    [row] = await world.rows("SELECT pence FROM overpayments UNION ALL SELECT overpaid_pence FROM corrections WHERE overpaid_pence > 0")
    assert row.pence == 1500
    assert await world.rows("SELECT 1 FROM payments WHERE run_id <> :id", id=run_id) == []


async def test_pay_17_a_register_that_says_more_since_leaves_the_rest_owed(world: World) -> None:
    register, _, payment = await out_of_a_file(world, "withdrawn")
    await register.says(minutes=120)
    await by_statement(world, world.second, payment, "paid")
    assert (await world.claim(register.claim_id)).state == "paid"
    of_others = "SELECT amount_pence FROM claim_lines JOIN claims ON claims.id = claim_id WHERE follows IS NOT NULL AND claim_lines.state = 'ready'"
    [more] = await world.rows(of_others)
    assert more.amount_pence == 500


async def test_pay_17_money_that_comes_back_after_all_is_decided_again(world: World) -> None:
    register, run_id, payment = await out_of_a_file(world, "lowered")
    await by_statement(world, world.second, payment, "paid")
    await by_hand_came_back(world, run_id, payment)
    await world.do(correcting.settle_due_corrections)
    assert (await world.claim(register.claim_id)).state == "submitted"
    await world.approve(register.claim_id)
    assert await owed(world) == 334


async def by_hand_came_back(world: World, run_id: UUID, payment: Any) -> None:
    await world.do(answers.end_by_hand, run_id, payment.id, "came-back", by=world.second)


async def test_pay_12_what_no_file_held_goes_on_at_once(world: World) -> None:
    await world.approved(person())
    run_id = await world.run()
    await world.do(runs.cancel_run, run_id, by=world.finance)
    await world.run()
    assert await waiting(world) == []


async def test_pay_12_an_answer_to_a_file_that_was_made_anew_ends_only_what_was_taken_out(world: World) -> None:
    """What is still in the run stands in both files."""
    register = await registered(world)
    await world.approve(register.claim_id)
    await world.approved(person())
    run_id = await world.run()
    await world.fetch(run_id)
    await register.says(minutes=20)
    await world.do(runs.make_anew, run_id, by=world.finance)
    await world.do(answers.confirm_not_gone, run_id, by=new_id())
    await world.fetch(run_id)
    message = await message_of(world, run_id)
    batch = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{message}</OrgnlPmtInfId></OrgnlPmtInfAndSts>"
    data = pain_002(f"<GrpSts>ACSC</GrpSts></OrgnlGrpInfAndSts>{batch}", message=message)
    done = await world.do(answers.apply_answer, run_id, bank_xml.read_answer(data), data, by=world.second)
    assert done["paid"] == 1 and "made anew since" in done["warnings"][-1]
    assert sorted(row.state for row in await world.rows("SELECT state FROM payments WHERE run_id = :id", id=run_id)) == ["made", "paid"]


# Pages


async def test_pay_12_finance_sees_what_is_perhaps_paid_and_a_second_person_says_what_became_of_it(site: World) -> None:
    await site.approved(person())
    run_id = await site.run()
    await site.fetch(run_id)
    url = f"/payments/runs/{run_id}"
    maker, second = site.visitor(Role.FINANCE, person_id=site.finance), site.visitor(Role.FINANCE, person_id=site.second)
    taken_back = await followed(maker, await step(maker, f"{url}/cancel"))
    assert "a second person must find out what went" in taken_back.text and "None of them" not in taken_back.text and "It was not paid" not in taken_back.text
    assert "This may have gone already" in (await maker.get("/payments/runs")).text
    shown = (await second.get(url)).text
    assert "Perhaps paid" in shown and "Did the bank pay what was taken out?" in shown
    payment = await payment_of(site, run_id)
    assert "It is not on the account’s statement" in (await second.get(f"{url}/payments/{payment.id}")).text
    assert "Noted: 1 payment did not go by the earlier file" in (await followed(second, await step(second, f"{url}/not-gone"))).text
    assert "Did not go" in (await second.get(url)).text


# Two files


async def test_pay_12_a_second_file_is_given_out_only_once_a_second_person_says_the_bank_does_not_have_the_first(world: World) -> None:
    await world.approved(person())
    run_id = await world.run()
    await world.fetch(run_id)
    await world.do(runs.make_anew, run_id, by=world.finance)
    for work in (
        lambda tx: run_files.fetch_bank_file(tx, run_id, PAYER, VAULT),
        lambda tx: run_files.fetch_bank_csv(tx, run_id, PAYER, VAULT),
        lambda tx: sending.mark_sent(tx, run_id),
        lambda tx: answers.confirm_not_gone(tx, run_id),
    ):
        with pytest.raises(Refused, match="PAY-12"):
            await world.do(work, by=world.finance)
    assert await world.do(answers.confirm_not_gone, run_id, by=world.second) == {"settled": 1, "waiting": 0, "left": 0}
    assert "-2</MsgId>" in await world.fetch(run_id)
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(sending.mark_sent, run_id, by=world.second)
    await world.do(runs.cancel_run, run_id, by=world.finance)  # the newer file may be at the bank
    with pytest.raises(Refused, match="PAY-12"):
        await world.run()
    assert await world.broken() == {}


async def test_pay_12_who_fetched_the_file_does_not_say_that_the_bank_does_not_have_it(world: World) -> None:
    await world.approved(person())
    run_id, other = await world.run(), new_id()
    await world.do(run_files.fetch_bank_file, run_id, PAYER, VAULT, by=other)
    await world.do(runs.cancel_run, run_id, by=world.finance)
    payment = await payment_of(world, run_id)
    with pytest.raises(Refused, match="PAY-12"):
        await by_hand(world, other, payment, "not paid")
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(answers.confirm_not_gone, run_id, by=other)
    assert await world.do(answers.confirm_not_gone, run_id, by=world.second) == {"settled": 1, "waiting": 0, "left": 0}


async def test_pay_09_what_stands_in_a_fetched_file_can_no_longer_be_held(site: World) -> None:
    who = person()
    claim_id = await site.approved(who)
    run_id = await site.run()
    me, base = site.visitor("participant", person_id=who.id), f"/payments/claims/{claim_id}"
    assert "Hold this payment" in (await me.get(base)).text
    await site.fetch(run_id)
    with pytest.raises(Refused, match="PAY-09"):
        await site.do(claims.hold_payment, claim_id, True, by=who.id)
    shown = (await me.get(base)).text
    assert "Hold this payment" not in shown and "may be on its way to you already" in shown


async def test_pay_12_the_page_says_what_follows_before_a_run_is_taken_back(site: World) -> None:
    await site.approved(person())
    run_id = await site.run()
    maker = site.visitor(Role.FINANCE, person_id=site.finance)
    url = f"/payments/runs/{run_id}"
    assert "the bank may have it" not in (await maker.get(url)).text
    await site.fetch(run_id)
    assert "the bank may have it. If you take this run back" in (await maker.get(url)).text
    await site.do(runs.make_anew, run_id, by=site.finance)
    assert "The bank does not have the earlier file</button>" not in (await maker.get(url)).text.replace("\n", "").replace("  ", "")
    second = site.visitor(Role.FINANCE, person_id=site.second)
    assert "Does the bank have the earlier file?" in (await second.get(url)).text
    assert "Noted: 1 payment did not go by the earlier file" in (await followed(second, await step(second, f"{url}/not-gone"))).text
