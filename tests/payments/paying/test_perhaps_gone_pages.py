"""What is perhaps paid, as finance's pages show it, and a second file of a run (PAY-12)."""

import pytest

from services.payments.claims.use_cases import claims
from services.payments.paying.use_cases import answers, run_files, runs, sending
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_statements.support import payment_of
from tests.payments.paying.support import (
    by_hand,
)
from tests.payments.site import followed, step
from tests.payments.support import PAYER, VAULT, World, person

# Pages


async def test_pay_12_finance_sees_what_is_perhaps_paid_and_a_second_person_says_what_became_of_it(site: World) -> None:
    await site.approved(person())
    run_id = await site.run()
    await site.fetch(run_id)
    url = f"/payments/runs/{run_id}"
    maker, second = (
        site.visitor(Role.FINANCE, person_id=site.finance),
        site.visitor(Role.FINANCE, person_id=site.second),
    )
    taken_back = await followed(maker, await step(maker, f"{url}/cancel"))
    assert (
        "a second person must find out what went" in taken_back.text
        and "None of them" not in taken_back.text
        and "It was not paid" not in taken_back.text
    )
    assert "This may have gone already" in (await maker.get("/payments/runs")).text
    shown = (await second.get(url)).text
    assert "Perhaps paid" in shown and "Did the bank pay what was taken out?" in shown
    payment = await payment_of(site, run_id)
    assert "It is not on the account’s statement" in (await second.get(f"{url}/payments/{payment.id}")).text
    assert (
        "Noted: 1 payment did not go by the earlier file"
        in (await followed(second, await step(second, f"{url}/not-gone"))).text
    )
    assert "Did not go" in (await second.get(url)).text


# Two files


async def test_pay_12_a_second_file_is_given_out_only_once_a_second_person_says_the_bank_does_not_have_the_first(
    world: World,
) -> None:
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
    assert "The bank does not have the earlier file</button>" not in (await maker.get(url)).text.replace(
        "\n", ""
    ).replace("  ", "")
    second = site.visitor(Role.FINANCE, person_id=site.second)
    assert "Does the bank have the earlier file?" in (await second.get(url)).text
    for visitor in (maker, second):
        shown = (await visitor.get(url)).text
        assert f"{url}/bank-file" not in shown and f'href="{url}/sent"' not in shown, "PAY-12: both are refused now"
        assert "First a second person says that nothing went by the earlier file." in shown
    assert (
        "Noted: 1 payment did not go by the earlier file"
        in (await followed(second, await step(second, f"{url}/not-gone"))).text
    )
