"""PAY-12: in a charity where everybody of finance made or sent a run, two of them who say the same count as one second
person."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.paying.use_cases import answers, sending
from shared.db import new_id
from tests.payments.bank_statements.support import payment_of
from tests.payments.paying.test_nobody_stands_still import holds_finance
from tests.payments.support import World, person

SAID_ALONE = "PAY-12: somebody said by hand how a payment ended that they had made, sent, or were paid"


async def sent_by_both(world: World, way: str) -> UUID:
    """One of the two of finance made the run, and the other sent it."""
    await holds_finance(world, world.finance, world.second)
    await world.approved(person(), recognition=way)
    run_id = await world.run()
    await world.do(sending.mark_sent, run_id, by=world.second)
    return run_id


async def both_say(world: World, payment: Any, how: str) -> None:
    assert await world.by_hand(payment.run_id, payment.id, how, world.finance) == "said"
    assert await world.by_hand(payment.run_id, payment.id, how, world.second) != "said"
    assert await world.broken() == {}


@pytest.mark.parametrize(
    ("way", "hows"),
    [
        ("bank-transfer", ("paid", "came-back")),
        ("bank-transfer", ("not-paid-details",)),
        ("vouchers", ("handed-over", "taken-back")),
        ("vouchers", ("lost",)),
    ],
)
async def test_pay_12_two_who_made_and_sent_it_say_how_it_ended_and_no_invariant_is_broken(
    world: World, way: str, hows: tuple[str, ...]
) -> None:
    run_id = await sent_by_both(world, way)
    for how in hows:
        await both_say(world, await payment_of(world, run_id), how)
    assert (await payment_of(world, run_id)).state in ("rejected", "returned")


@pytest.mark.parametrize("all_at_once", ["paid", "handed-over", "never-sent"])
async def test_pay_12_two_who_made_and_sent_it_say_it_of_all_and_no_invariant_is_broken(
    world: World, all_at_once: str
) -> None:
    run_id = await sent_by_both(world, "vouchers" if all_at_once == "handed-over" else "bank-transfer")
    for who in (world.finance, world.second):
        if all_at_once == "never-sent":
            await world.do(answers.say_never_sent, run_id, by=who)
        else:
            await world.do(answers.confirm_rest_by_hand, run_id, transfers=all_at_once == "paid", by=who)
    assert (await payment_of(world, run_id)).state == ("rejected" if all_at_once == "never-sent" else "paid")
    assert await world.broken() == {}


async def test_pay_12_another_word_after_it_ended_breaks_no_invariant(world: World) -> None:
    payment = await payment_of(world, await sent_by_both(world, "vouchers"))
    await both_say(world, payment, "handed-over")
    assert await world.by_hand(payment.run_id, payment.id, "lost", world.second) == "said"
    assert await world.broken() == {}


async def test_pay_12_the_invariant_finds_who_said_it_alone_and_who_is_paid_themselves(world: World) -> None:
    payment = await payment_of(world, await sent_by_both(world, "vouchers"))
    await both_say(world, payment, "handed-over")
    ended = "UPDATE payments SET ended_by = :by"
    alone = new_id()
    await world.write("UPDATE payment_runs SET sent_by = :by", by=alone)
    for sayer, found in ((payment.participant_id, True), (alone, True), (world.finance, False)):
        await world.write(ended, by=sayer)
        assert (SAID_ALONE in await world.broken()) == found
