"""PAY-12: what was said to be lost, or to have come back, reached its owner after all, or was found: as with a transfer
that was paid all the same, nothing pays it again, and what did is a loss that two people know of."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.paying.use_cases import answers, runs, sending
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_statements.test_lines_stop_money import refused
from tests.payments.paying.test_nobody_stands_still import holds_finance
from tests.payments.paying.test_nothing_leaves import change_way
from tests.payments.support import World, person

LOSSES = "SELECT coalesce(sum(pence), 0) FROM postings WHERE account = 'losses'"
WAY = pytest.mark.parametrize("way", ["vouchers", "cash", "cheque"])


async def lost(world: World, way: str = "vouchers", *, how: str = "lost", handed: bool = False) -> Any:
    """Of a run that was sent; handed: it had been handed over before."""
    claim_id = await world.submitted(person(), recognition="vouchers")
    await change_way(world, claim_id, way)
    await world.approve(claim_id)
    run_id = await world.sent_run()
    payment = await world.row("SELECT * FROM payments WHERE run_id = :id", id=run_id)
    for each in ["handed-over"] * handed + [how]:
        await world.by_hand(run_id, payment.id, each)
    return payment


async def sent_again(world: World) -> UUID:
    run_id = await world.run()
    await world.do(sending.mark_sent, run_id, by=world.finance)
    return run_id


async def stands(world: World, payment: Any) -> tuple[str, str]:
    """The payment's state and its claim's."""
    row = await world.row("SELECT state FROM payments WHERE id = :id", id=payment.id)
    return row.state, (await world.claim(payment.claim_id)).state


@WAY
@pytest.mark.parametrize("handed", [False, True])
@pytest.mark.parametrize("how", ["lost", "taken-back"])
async def test_pay_12_what_was_lost_reached_them_after_all_and_nothing_goes_again(
    world: World, way: str, handed: bool, how: str
) -> None:
    payment = await lost(world, way, how=how, handed=handed)
    assert await world.by_hand(payment.run_id, payment.id, "handed-over") == "paid"
    assert (await stands(world, payment), await world.value(LOSSES)) == (("paid", "paid"), 0)
    with pytest.raises(Refused):
        await world.run()
    await world.by_hand(payment.run_id, payment.id, "lost")  # and this time it is
    assert await world.value(LOSSES) == (0 if way == "cheque" else payment.amount_pence)
    assert await world.broken() == {}


@WAY
async def test_pay_12_what_was_lost_and_given_again_and_reached_them_is_a_loss_that_two_people_say(
    world: World, way: str
) -> None:
    payment = await lost(world, way)
    again = await sent_again(world)
    assert await world.by_hand(payment.run_id, payment.id, "handed-over") == "said"
    assert await world.by_hand(payment.run_id, payment.id, "handed-over", new_id()) == "paid-twice"
    assert await world.value(LOSSES) == payment.amount_pence
    with pytest.raises(Refused):
        await world.by_hand(payment.run_id, payment.id, "handed-over", new_id())
    second = await world.row("SELECT * FROM payments WHERE run_id = :id", id=again)
    assert await world.by_hand(again, second.id, "lost") == "other-pays"  # so the first is what they have
    assert await stands(world, payment) == ("paid", "paid")
    assert await world.value(LOSSES) == (0 if way == "cheque" else payment.amount_pence)
    assert await world.broken() == {}


async def test_pay_12_while_it_is_in_another_run_that_is_taken_back_first(world: World) -> None:
    payment = await lost(world)
    again = await world.run()
    said = answers.end_by_hand, payment.run_id, payment.id, "handed-over"
    assert "take it back first" in await refused(world, *said, by=world.second)
    await world.do(runs.cancel_run, again, by=world.finance)
    assert await world.by_hand(payment.run_id, payment.id, "handed-over") == "paid"


@pytest.mark.parametrize("handed", [False, True])
async def test_pay_12_what_was_lost_and_found_here_is_no_loss_and_can_be_given(world: World, handed: bool) -> None:
    payment = await lost(world, handed=handed)
    assert await world.by_hand(payment.run_id, payment.id, "taken-back") == "found"
    assert await world.value(LOSSES) == 0
    with pytest.raises(Refused):
        await world.by_hand(payment.run_id, payment.id, "taken-back")
    await sent_again(world)
    assert await world.broken() == {}


async def test_pay_12_who_sent_it_or_is_paid_does_not_say_that_it_reached_them(world: World) -> None:
    payment = await lost(world)
    for who in (world.finance, payment.participant_id):
        with pytest.raises(Refused):
            await world.by_hand(payment.run_id, payment.id, "handed-over", who)


async def test_pay_12_the_page_offers_what_was_lost_and_says_that_two_are_needed_once_it_was_given_again(
    site: World,
) -> None:
    await holds_finance(site, site.finance, site.second, other := new_id())
    payment = await lost(site)
    url = f"/payments/runs/{payment.run_id}"
    seconds = [site.visitor(Role.FINANCE, person_id=each) for each in (site.second, other)]
    assert f"{url}/payments/{payment.id}" in (await seconds[0].get(url)).text
    shown = (await seconds[0].get(f"{url}/payments/{payment.id}")).text
    assert "It reached them after all" in shown and "It was found, and is with us" in shown
    await sent_again(site)
    shown = (await seconds[0].get(f"{url}/payments/{payment.id}")).text
    assert "This was paid again since" in shown and "We write down that it was paid twice" in shown
    await site.by_hand(payment.run_id, payment.id, "handed-over")
    assert "It reached them after all”" in (await seconds[1].get(f"{url}/payments/{payment.id}")).text
    await site.by_hand(payment.run_id, payment.id, "handed-over", other)
    assert f"{url}/payments/{payment.id}" not in (await seconds[0].get(url)).text


@WAY
@pytest.mark.parametrize("handed", [False, True])
async def test_pay_12_its_owner_is_not_told_that_they_gave_back_what_never_reached_them(
    site: World, way: str, handed: bool
) -> None:
    """Post that was not delivered comes back, too."""
    payment = await lost(site, way, how="taken-back", handed=handed)
    owner = site.visitor("participant", person_id=payment.participant_id)
    page = (await owner.get(f"/payments/claims/{payment.claim_id}")).text
    assert "What we sent or gave you is back with us. You will get it again." in page
