"""PAY-12: in a charity where everybody of finance made or sent a run, two of them who say the same count as one second
person."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.asking import use_cases as asking
from services.payments.paying.use_cases import answers, sending
from shared.db import new_id
from shared.identity import Role
from tests.payments.bank_statements.support import payment_of
from tests.payments.paying.test_nobody_stands_still import holds_finance
from tests.payments.site import followed, post
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


async def test_pay_12_two_different_words_are_said_to_differ_and_both_are_asked_again(world: World) -> None:
    payment = await payment_of(world, await sent_by_both(world, "bank-transfer"))
    both = {world.finance, world.second}

    async def not_asked() -> set[UUID]:
        [waits] = [each for each in await world.read(asking.what_waits) if each.kind == "ending"]
        return both & waits.not_for

    assert await world.by_hand(payment.run_id, payment.id, "paid", world.finance) == "said"
    assert await not_asked() == {world.finance}
    assert await world.by_hand(payment.run_id, payment.id, "not-paid", world.second) == "said-otherwise"
    assert await not_asked() == set()
    assert await world.by_hand(payment.run_id, payment.id, "paid", world.second) == "paid"


async def test_pay_12_the_page_of_a_run_that_both_made_and_sent_says_what_the_two_can_do(site: World) -> None:
    payment = await payment_of(site, run_id := await sent_by_both(site, "bank-transfer"))
    url = f"/payments/runs/{run_id}"
    first, second = (site.visitor(Role.FINANCE, person_id=each) for each in (site.finance, site.second))
    shown = (await first.get(url)).text
    assert "You can give them the file" not in shown and "/payments/bank-statement" not in shown
    assert "Two of you together may say what became of each payment" in shown and f"{payment.id}" in shown
    await site.by_hand(run_id, payment.id, "not-paid", site.finance)
    said = await post(second, f"{url}/payments/{payment.id}", f"{url}/payments/{payment.id}", how="paid")
    assert "Somebody else said something else about it" in (await followed(second, said)).text
    assert "Two of you said different things of 1 payment" in (await first.get(url)).text


async def test_pay_12_of_one_thing_lost_the_page_says_so_and_has_no_heading_over_nothing(site: World) -> None:
    for _ in range(2):
        await site.approved(person(), recognition="vouchers")
    run_id = await site.sent_run()
    lost, handed = await site.rows("SELECT id FROM payments ORDER BY id")
    await site.by_hand(run_id, handed.id, "handed-over")
    await site.by_hand(run_id, handed.id, "lost")
    shown = (await site.visitor(Role.FINANCE, person_id=site.second).get(f"/payments/runs/{run_id}")).text
    assert "No longer with them" in shown and "Sent back" not in shown and "Saying it by hand" not in shown
    await site.by_hand(run_id, lost.id, "lost")
    assert "Did not reach them" in (await site.visitor(Role.FINANCE).get(f"/payments/runs/{run_id}")).text
