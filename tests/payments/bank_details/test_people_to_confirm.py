"""PAY-10: somebody whom only who took them in has met: who is asked to ring or meet them, and what that one may not say
meanwhile."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_details.use_cases import bank_details
from services.payments.bank_details.use_cases.people_to_confirm import tell_of_people
from services.payments.paying.use_cases import answers
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_details.test_introductions import hear_card
from tests.payments.bank_statements.support import payment_of
from tests.payments.support import World, person


async def told(world: World) -> list[tuple[bool, int, list[str], str]]:
    """What was said of people to confirm, once the job has looked twice."""
    for _ in range(2):
        await world.do(tell_of_people)
    events = await world.events("person-to-confirm")
    return [(event["waiting"], event["version"], event["not_for"], event["confirm_by"]) for event in events]


async def taken_in_by(world: World, *introducers: UUID) -> Any:
    who = person()
    await hear_card(world, who.id, 1, *((each, world.now) for each in introducers))
    return who


async def confirmed(world: World, who: Any, by: UUID) -> None:
    await world.do(bank_details.confirm_person, who.id, "in-person", by=by)


async def test_pay_10_somebody_is_asked_to_ring_who_waits_for_vouchers_and_once_it_is_done_nobody_is(
    world: World,
) -> None:
    taker = new_id()
    who = await taken_in_by(world, taker)
    assert await told(world) == []
    await world.submitted(who, recognition="vouchers")
    day = "2026-11-26"
    assert await told(world) == [(True, 1, [str(taker)], day)]
    world.move(days=1)
    other = new_id()
    await hear_card(world, who.id, 2, (taker, world.now), (other, world.now))
    assert await told(world) == [(True, 1, [str(taker)], day), (True, 2, [], day)]
    await confirmed(world, who, world.second)
    assert [each[:2] for each in await told(world)] == [(True, 1), (True, 2), (False, 3)]


async def test_pay_10_nobody_is_asked_to_ring_who_gets_nothing_any_more_or_is_paid_by_transfer(world: World) -> None:
    who = await taken_in_by(world, new_id())
    claim_id = await world.submitted(who, recognition="vouchers")
    await world.submitted(await taken_in_by(world, new_id()))
    assert len(await told(world)) == 1
    await world.write("UPDATE claims SET state = 'refused' WHERE id = :id", id=claim_id)
    assert [each[:2] for each in await told(world)] == [(True, 1), (False, 2)]


@pytest.mark.parametrize("all_at_once", [False, True])
async def test_pay_10_who_took_somebody_in_does_not_say_that_it_was_handed_over(
    world: World, all_at_once: bool
) -> None:
    who, taker = person(), new_id()
    await world.approved(who, recognition="vouchers")
    run_id = await world.sent_run()
    payment = await payment_of(world, run_id)
    await hear_card(world, who.id, 1, (taker, world.now))

    async def say() -> None:
        if all_at_once:
            await world.do(answers.confirm_rest_by_hand, run_id, transfers=False, by=taker)
        else:
            await world.by_hand(run_id, payment.id, "handed-over", taker)

    with pytest.raises(Refused, match="PAY-10"):
        await say()
    world.move(minutes=1)
    await confirmed(world, who, world.second)
    await say()
    assert (await payment_of(world, run_id)).state == "paid"


async def test_pay_10_nor_is_it_offered_to_them(site: World) -> None:
    taker = new_id()
    who = person()
    for each in (who, person()):
        await site.approved(each, recognition="vouchers")
    run_id = await site.sent_run()
    payment = await site.row("SELECT id FROM payments WHERE participant_id = :id", id=who.id)
    await hear_card(site, who.id, 1, (taker, site.now))
    mine, another = [site.visitor(Role.FINANCE, person_id=each) for each in (taker, new_id())]
    run, one = f"/payments/runs/{run_id}", f"/payments/runs/{run_id}/payments/{payment.id}"
    assert "confirm-rest" in (await another.get(run)).text and 'value="handed-over"' in (await another.get(one)).text
    shown = (await mine.get(run)).text
    assert "confirm-rest" not in shown and "You added somebody here" in shown
    shown = (await mine.get(one)).text
    assert 'value="handed-over"' not in shown and "You added this person" in shown and 'value="lost"' in shown
