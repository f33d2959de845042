"""Lists of what is handed over (vouchers, cash, cheques) count as a bank file does (PAY-12)."""

from uuid import UUID

import pytest

from services.payments.paying.use_cases import answers, run_files, runs, sending
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_statements.support import payment_of
from tests.payments.site import followed, step
from tests.payments.support import PAYER, VAULT, World, person


async def fetch_list(world: World, run_id: UUID) -> None:
    await world.do(run_files.fetch_list, run_id, PAYER, VAULT, by=world.finance)


@pytest.mark.parametrize("way", ["vouchers", "cash", "cheque"])
async def test_pay_12_what_stands_in_a_fetched_list_is_ordered_once(world: World, way: str) -> None:
    claim_id = await world.submitted(person(), recognition="vouchers")
    await world.write("UPDATE claims SET recognition = :way", way=way)  # not every organisation offers each
    await world.approve(claim_id)
    run_id = await world.run()
    await fetch_list(world, run_id)
    assert await world.do(runs.cancel_run, run_id, by=world.finance) == 1
    with pytest.raises(Refused, match="PAY-12"):
        await world.run()
    payment = await payment_of(world, run_id)
    for how in ("not-paid", "handed-over"):
        with pytest.raises(Refused, match="PAY-12"):
            await world.by_hand(run_id, payment.id, how, world.finance)
    await world.by_hand(run_id, payment.id, "not-paid", world.second)
    again = await world.run()
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(sending.mark_sent, again, by=world.second)
    await world.do(sending.mark_sent, again, by=world.finance)
    await world.by_hand(again, (await payment_of(world, again)).id, "handed-over", world.second)
    assert ((await world.claim(claim_id)).state, await world.broken()) == ("paid", {})


async def test_pay_12_what_was_handed_over_all_the_same_is_written_down_and_paid_once(world: World) -> None:
    claim_id = await world.submitted(person(), recognition="vouchers")
    await world.approve(claim_id)
    run_id = await world.run()
    await fetch_list(world, run_id)
    await world.do(runs.cancel_run, run_id, by=world.finance)
    await world.by_hand(run_id, (await payment_of(world, run_id)).id, "handed-over", world.second)
    assert ((await world.claim(claim_id)).state, await world.broken()) == ("paid", {})
    with pytest.raises(Refused):
        await world.run()


async def test_pay_12_a_list_made_anew_waits_for_a_second_person(world: World) -> None:
    await world.approve(await world.submitted(person(), recognition="vouchers"))
    run_id = await world.run()
    await fetch_list(world, run_id)
    await world.do(runs.make_anew, run_id, by=world.finance)
    with pytest.raises(Refused, match="PAY-12"):
        await fetch_list(world, run_id)
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(answers.confirm_not_gone, run_id, by=world.finance)
    await world.do(answers.confirm_not_gone, run_id, by=world.second)
    await fetch_list(world, run_id)


async def test_pay_12_the_page_of_a_run_says_that_its_list_may_have_been_ordered_from(site: World) -> None:
    await site.approve(await site.submitted(person(), recognition="vouchers"))
    run_id = await site.run()
    url = f"/payments/runs/{run_id}"
    maker, second = (
        site.visitor(Role.FINANCE, person_id=site.finance),
        site.visitor(Role.FINANCE, person_id=site.second),
    )
    assert (await maker.get(f"{url}/vouchers.csv")).status_code == 200
    assert "the list was fetched, so something on it" in (await maker.get(url)).text.lower()
    assert "a file or list was fetched, so 1 payment of it may have gone" in (await maker.get(f"{url}/cancel")).text
    await step(maker, f"{url}/cancel")
    shown = (await second.get(url)).text
    assert (
        "Was it ordered or handed over?" in shown
        and "Did the bank pay" not in shown
        and "The bank’s answer" not in shown
    )
    payment = await payment_of(site, run_id)
    assert "It was not ordered, and nobody has it" in (await second.get(f"{url}/payments/{payment.id}")).text
    assert "Was nothing on the earlier list ordered" in (await second.get(f"{url}/not-gone")).text
    assert "Noted: 1 payment did not go" in (await followed(second, await step(second, f"{url}/not-gone"))).text
