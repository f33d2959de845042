"""PAY-07: a claim is told to be late each time that its clock runs past the last day, and never while it stands
still."""

from datetime import date
from uuid import UUID

from services.payments import tables
from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval
from services.payments.claims.use_cases import chasing, claims, looking_again
from services.payments.claims.use_cases.claims import answer_return
from tests.payments.bank_statements.support import payment_of
from tests.payments.support import World, person


async def late(world: World, claim_id: UUID) -> int:
    """How often it was told to be late, once the job has looked twice."""
    for _ in range(2):
        await world.do(chasing.tell_of_overdue_claims)
    return len(await world.events("claim-overdue", claim_id))


async def test_pay_07_what_is_late_again_after_a_hold_is_told_again(world: World) -> None:
    who = person()
    claim_id = await world.approved(who)
    world.move(days=15)
    assert await late(world, claim_id) == 1
    await world.do(claims.hold_payment, claim_id, True, by=who.id)
    world.move(days=3)
    assert await late(world, claim_id) == 1
    assert (await world.claim(claim_id)).overdue_since is None
    await world.do(claims.hold_payment, claim_id, False, by=who.id)
    assert await late(world, claim_id) == 2
    assert (await world.claim(claim_id)).overdue_since == date(2026, 12, 11)


async def test_pay_07_what_was_held_while_a_program_before_this_one_ran_is_told_when_it_is_let_go(world: World) -> None:
    who = person()
    claim_id = await world.approved(who)
    world.move(days=15)
    assert await late(world, claim_id) == 1
    await world.do(claims.hold_payment, claim_id, True, by=who.id)
    await world.write(tables.claims.update().values(overdue_since=date(2026, 12, 8)))
    await world.do(claims.hold_payment, claim_id, False, by=who.id)
    assert await late(world, claim_id) == 2


async def test_pay_07_what_is_late_again_after_its_owner_put_their_details_right_is_told_again(world: World) -> None:
    who = person()
    claim_id = await world.approved(who)
    run_id = await world.sent_run()
    payment = await payment_of(world, run_id)
    world.move(days=15)
    assert await late(world, claim_id) == 1
    await world.take(run_id, await world.answer(run_id, rejected={payment.claim_id: "AC01"}))
    assert (await world.claim(claim_id)).overdue_since is None
    world.move(days=2)
    assert await late(world, claim_id) == 1
    await world.do(answer_return, claim_id, by=who.id)
    assert await late(world, claim_id) == 2


async def test_pay_07_of_two_that_wait_for_the_same_details_both_are_told_again(world: World) -> None:
    who = person()
    first = await world.approved(who)
    run_id = await world.sent_run()
    payment = await payment_of(world, run_id)
    other = await world.approved(who)
    world.move(days=15)
    assert await late(world, other) == 1
    await world.take(run_id, await world.answer(run_id, rejected={payment.claim_id: "AC01"}))
    assert [(await world.claim(each)).overdue_since for each in (first, other)] == [None, None]
    await world.do(answer_return, first, by=who.id)
    assert [await late(world, each) for each in (first, other)] == [2, 2]


async def test_pay_07_what_was_refused_after_it_was_late_is_late_again_when_it_is_looked_at_anew(world: World) -> None:
    who = person()
    claim_id = await world.submitted(who)
    world.move(days=15)
    assert await late(world, claim_id) == 1
    refused = [Decision(line.id, 0, "Not this time.") for line in await world.lines(claim_id) if line.state == "ready"]
    await world.do(approval.approve_claim, claim_id, refused, by=world.approver)
    await world.do(looking_again.ask_for_another_look, claim_id, "", by=who.id)
    assert await late(world, claim_id) == 1
    world.move(days=15)
    assert await late(world, claim_id) == 2
