"""PAY-12, PAY-17: a payment that was taken out of a run whose file the bank may have is neither paid twice nor
forgotten."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_statements.use_cases import choosing
from services.payments.correcting.use_cases import correcting
from services.payments.paying.gateways import bank_xml
from services.payments.paying.use_cases import answers, runs, sending
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.approving.support import owed, registered
from tests.payments.bank_statements.support import payment_of
from tests.payments.paying.support import (
    HOW,
    HOW_AND_WAY,
    WAY,
    WAYS,
    approve_if_needed,
    by_answer,
    by_hand,
    by_statement,
    message_of,
    out_of_a_file,
    pain_002,
    waiting,
)
from tests.payments.support import VAULT, World, person, seen_on_the_account

# Not twice


@HOW
async def test_pay_12_what_the_bank_may_have_goes_into_no_other_run_until_somebody_has_looked(
    world: World, how: str
) -> None:
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
async def test_pay_17_what_the_bank_paid_all_the_same_is_written_down_and_paid_once(
    world: World, how: str, way: str
) -> None:
    register, _, payment = await out_of_a_file(world, how)
    await WAYS[way](world, world.second, payment, "paid")
    claim = await world.claim(register.claim_id)
    assert (claim.state, (await payment_of(world, payment.run_id)).state, await waiting(world)) == (
        "paid",
        "paid",
        [1, 0],
    )
    assert len(await world.events("claim-paid", register.claim_id)) == 1
    await world.do(correcting.settle_due_corrections)
    assert (await world.claim(register.claim_id)).state == "paid"
    assert await owed(world) == 1500
    written_off = await world.rows(
        "SELECT pence FROM overpayments UNION ALL SELECT overpaid_pence FROM corrections WHERE overpaid_pence > 0"
    )
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
    assert (await by_answer(world, world.second, payment, "paid"))["went_out"] == [payment.end_to_end_id]
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
        assert (
            await world.rows(
                "SELECT 1 FROM payments WHERE claim_id = :id AND id <> :own", id=payment.claim_id, own=payment.id
            )
            == []
        )


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
    assert {
        row.claim_id for row in await world.rows("SELECT claim_id FROM payments WHERE run_id = :id", id=again)
    } == set(claim_ids) - {first.claim_id}


# Said to be not paid, and paid after all


@HOW
async def test_pay_17_what_was_said_not_to_be_paid_and_was_is_written_down_while_nothing_else_left(
    world: World, how: str
) -> None:
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
    assert (
        await world.row("SELECT paid_twice_at FROM payments WHERE id = :id", id=payment.id)
    ).paid_twice_at is None  # a loss is the word of two
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
    [row] = await world.rows(
        "SELECT pence FROM overpayments UNION ALL SELECT overpaid_pence FROM corrections WHERE overpaid_pence > 0"
    )
    assert row.pence == 1500
    assert await world.rows("SELECT 1 FROM payments WHERE run_id <> :id", id=run_id) == []


async def test_pay_17_a_register_that_says_more_since_leaves_the_rest_owed(world: World) -> None:
    register, _, payment = await out_of_a_file(world, "withdrawn")
    await register.says(minutes=120)
    await by_statement(world, world.second, payment, "paid")
    assert (await world.claim(register.claim_id)).state == "paid"
    of_others = (
        "SELECT amount_pence FROM claim_lines JOIN claims ON claims.id = claim_id WHERE follows IS NOT NULL "
        "AND claim_lines.state = 'ready'"
    )
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
    """What is still in the run is in both files."""
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
    assert done["paid"] == 1 and "made again since" in done["warnings"][-1]
    assert sorted(
        row.state for row in await world.rows("SELECT state FROM payments WHERE run_id = :id", id=run_id)
    ) == ["made", "paid"]
