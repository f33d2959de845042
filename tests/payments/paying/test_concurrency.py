"""PAY-12: nobody is paid twice, whoever clicks at the same moment. Real PostgreSQL, real parallel transactions."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.payments.approving.use_cases import approval
from services.payments.bank_details.gateways.vault import AccountDetails
from services.payments.bank_details.use_cases import bank_details
from services.payments.claims.use_cases import claims
from services.payments.paying.use_cases import answers, runs, sending
from shared.db import Command, new_id
from shared.reasons import Refused
from tests.payments.support import ACCOUNTS, VAULT, World, acting, person

_THE_SAME_PAYABLE_AGAIN = text(
    "INSERT INTO payments (id, run_id, payable_id, claim_id, participant_kind, participant_id, participant_home, "
    "method, amount_pence, state,"
    " end_to_end_id) SELECT gen_random_uuid(), run_id, payable_id, claim_id, participant_kind, participant_id, "
    "participant_home, method,"
    " amount_pence, 'made', 'again' FROM payments"
)


async def at_once(*tasks: Awaitable[Any]) -> list[Any]:
    return await asyncio.gather(*tasks, return_exceptions=True)


def refusals(results: list[Any]) -> list[Refused]:
    others = [result for result in results if isinstance(result, BaseException) and not isinstance(result, Refused)]
    assert others == []
    return [result for result in results if isinstance(result, Refused)]


async def test_pay_10_two_approvers_at_one_moment_one_decides_and_one_is_told(world: World) -> None:
    claim_id = await world.submitted(person())
    decided = await world.decisions(claim_id)
    results = await at_once(*(world.do(approval.approve_claim, claim_id, decided, by=new_id()) for _ in range(2)))
    [told] = refusals(results)
    assert told.reasons[0].text == "Somebody has already decided this claim. Nothing was changed."
    assert len(await world.events("claim-approved")) == 1
    assert len(await world.rows("SELECT 1 FROM payables")) == 1


async def test_pay_12_twenty_clicks_on_one_form_are_one_approval_with_one_answer(world: World) -> None:
    claim_id = await world.submitted(person())
    decided = await world.decisions(claim_id)
    key, approver = new_id(), acting(world.approver)

    async def click() -> Any:
        return await world.database.run(
            Command("approve-claim", approver, key), lambda tx: approval.approve_claim(tx, claim_id, decided), once=True
        )

    results = await at_once(*(click() for _ in range(20)))
    assert results == [{"state": "approved", "pence": 1500}] * 20
    assert len(await world.events("claim-approved")) == 1


async def test_pay_12_twenty_clicks_with_keys_of_their_own_are_one_approval(world: World) -> None:
    claim_id = await world.submitted(person())
    decided = await world.decisions(claim_id)
    results = await at_once(*(world.do(approval.approve_claim, claim_id, decided, by=new_id()) for _ in range(20)))
    assert len(refusals(results)) == 19
    assert (await world.row("SELECT count(*) AS n FROM journal WHERE what = 'approved'")).n == 1


async def test_pay_11_claims_decided_at_one_moment_do_not_all_fit_into_what_is_left_for_one(world: World) -> None:
    opportunity = await world.opportunity(budget_pence=2000)
    ids = [await world.submitted(person(), recognition="vouchers", opportunity=opportunity) for _ in range(6)]
    decided = {claim_id: await world.decisions(claim_id) for claim_id in ids}
    results = await at_once(
        *(world.do(approval.approve_claim, claim_id, decided[claim_id], by=new_id()) for claim_id in ids)
    )
    assert sorted(result["state"] for result in results) == ["approved"] + ["second-approver"] * 5


async def test_pay_12_a_run_made_at_once_by_many_holds_each_payment_once(world: World) -> None:
    for _ in range(3):
        await world.approved(person(), recognition="vouchers")
    results = await at_once(*(world.run(new_id()) for _ in range(6)))
    assert len(refusals(results)) == 5
    assert (await world.row("SELECT count(*) AS n, count(DISTINCT payable_id) AS payables FROM payments")) == (3, 3)


async def test_pay_12_a_claim_is_in_one_live_run_whatever_the_code_does(world: World) -> None:
    """The constraint stands when everything above it fails."""
    await world.approved(person(), recognition="vouchers")
    await world.run()
    with pytest.raises(IntegrityError, match="pay_12_one_live_run"):
        await world.write(_THE_SAME_PAYABLE_AGAIN)


async def test_pay_12_the_bank_answer_taken_twice_at_once_pays_once(world: World) -> None:
    ids = []
    for number in range(3):
        who = person()
        await world.account(who, number)
        ids.append(await world.approved(who))
    run_id = await world.sent_run()
    answer = await world.answer(run_id, rejected={ids[2]: "AC01"})
    results = await at_once(*(world.take(run_id, answer, data) for data in [b"one", b"one", b"one", b"two", b"two"]))
    assert refusals(results) == []
    assert sum(result["paid"] for result in results if not result["again"]) == 2
    for claim_id, count in zip(ids, (1, 1, 0), strict=True):
        assert len(await world.events("claim-paid", claim_id)) == count
    assert len(await world.events("claim-returned", ids[2])) == 1


async def test_pay_12_vouchers_confirmed_by_many_at_once_are_paid_once(world: World) -> None:
    await world.approved(person(), recognition="vouchers")
    run_id = await world.sent_run()
    payment_id = (await world.row("SELECT id FROM payments")).id
    results = await at_once(
        *(world.do(answers.end_by_hand, run_id, payment_id, "handed-over", by=new_id()) for _ in range(10))
    )
    assert len(refusals(results)) == 9
    assert len(await world.events("claim-paid")) == 1


async def test_pay_12_sent_and_taken_back_at_once_is_one_of_the_two(world: World) -> None:
    await world.approved(person(), recognition="vouchers")
    run_id = await world.run()
    results = await at_once(
        world.do(sending.mark_sent, run_id, by=world.finance), world.do(runs.cancel_run, run_id, by=world.finance)
    )
    assert len(refusals(results)) == 1


async def test_pay_06_a_claim_sent_twice_at_once_is_sent_once(world: World) -> None:
    who = person()
    claim_id = await world.opened(who)
    await world.do(claims.choose_recognition, claim_id, "vouchers", by=who.id)
    results = await at_once(*(world.do(claims.submit_claim, claim_id, by=who.id) for _ in range(5)))
    assert len(refusals(results)) == 4
    assert len(await world.events("claim-submitted")) == 1


async def test_pay_08_declined_and_approved_at_once_is_one_of_the_two(world: World) -> None:
    who = person()
    claim_id = await world.submitted(who)
    results = await at_once(world.approve(claim_id), world.do(claims.decline_claim, claim_id, by=who.id))
    assert len(refusals(results)) == 1
    assert (await world.claim(claim_id)).state in ("approved", "declined")


async def test_pay_06_one_attendance_heard_by_two_at_once_is_one_claim(world: World) -> None:
    event = world.attendance(await world.opportunity(), person())
    results = await at_once(*(world.hear(event) for _ in range(4)))
    assert all(isinstance(result, UUID | IntegrityError) for result in results)
    assert len(await world.rows("SELECT 1 FROM claims")) == 1


async def test_pay_13_bank_details_given_twice_at_once_are_there_once(world: World) -> None:
    who = person()
    details = AccountDetails("Alex", *ACCOUNTS[0])
    results = await at_once(*(world.do(bank_details.give_details, who, details, VAULT, by=who.id) for _ in range(5)))
    assert results == ["confirmed"] * 5
    assert len(await world.rows("SELECT 1 FROM bank_details")) == 1


async def test_pay_09_a_run_and_a_hold_at_once_send_no_held_payment(world: World) -> None:
    who = person()
    claim_id = await world.approved(who, recognition="vouchers")
    results = await at_once(world.run(), world.do(claims.hold_payment, claim_id, True, by=who.id))
    assert (await world.claim(claim_id)).held
    if isinstance(results[0], UUID):
        with pytest.raises(Refused):
            await world.do(sending.mark_sent, results[0], by=world.finance)
    assert await world.rows("SELECT 1 FROM payments WHERE state = 'sent'") == []


async def test_pay_13_a_run_sent_and_details_changed_at_once_pays_the_old_account_only_if_it_went_first(
    world: World,
) -> None:
    who = person()
    await world.approved(who)
    run_id = await world.run()
    await at_once(world.do(sending.mark_sent, run_id, by=world.finance), world.account(who, 2))
    row = await world.row(
        "SELECT payments.state, bank_details.state AS details FROM payments JOIN bank_details ON bank_details.id = "
        "bank_detail_id"
    )
    assert (row.state, row.details) in [("sent", "replaced"), ("made", "replaced"), ("cancelled", "replaced")]
