"""PAY-12, PAY-17: a run of which nothing can leave offers no file and no "sent": it is taken back; and what its pages
say becomes of it is true."""

from uuid import UUID

import httpx
import pytest

from services.payments.approving.use_cases import withdrawing
from services.payments.paying.queries.runs import RunView
from services.payments.paying.use_cases import answers, runs, sending
from shared.db import new_id
from shared.identity import Role
from tests.payments.approving.support import registered
from tests.payments.bank_statements.support import payment_of
from tests.payments.support import World, person


async def lowered(site: World, *, fetched: bool = False) -> tuple[httpx.AsyncClient, str]:
    """A run for one claim, whose register says less since."""
    register = await registered(site, minutes=90)
    await site.approve(register.claim_id)
    run_id = await site.run()
    if fetched:
        await site.fetch(run_id)
    await register.says(minutes=60)
    return site.visitor(Role.FINANCE, person_id=site.finance), f"/payments/runs/{run_id}"


async def test_pay_12_a_run_of_which_nothing_can_leave_offers_only_to_take_it_back(site: World) -> None:
    finance, url = await lowered(site)
    shown = (await finance.get(url)).text
    assert "Nothing in this run can leave. Take it back." in shown and "Take this run back" in shown
    assert (
        "bank-file" not in shown
        and "/sent" not in shown
        and "can go into a later run" in shown
        and "It goes back to an approver." in shown
    )
    sent = (await finance.get(f"{url}/sent")).text
    assert "Nothing in this run can leave" in sent and "0 payments" not in sent and 'name="mark"' not in sent
    cancel = (await finance.get(f"{url}/cancel")).text
    assert "Nothing of this is approved now." in cancel and "1 payment, £15.00: the approval was taken back." in cancel
    assert (
        "What was approved. It can go into another run." not in cancel
        and "It was withdrawn" not in shown + sent + cancel
    )


async def test_pay_17_of_a_file_that_was_fetched_it_says_not_to_give_it_to_the_bank(site: World) -> None:
    finance, url = await lowered(site, fetched=True)
    shown = (await finance.get(url)).text
    assert "bank-file" not in shown and "Do not give that file to the bank." in shown
    assert "The time was put right, so it is decided again." in shown


async def test_pay_12_where_some_can_leave_the_files_stay_and_the_others_are_told_apart(site: World) -> None:
    await site.approve(await site.submitted(person(), recognition="vouchers"))
    finance, url = await lowered(site)
    shown = (await finance.get(url)).text
    assert "vouchers.csv" in shown and "bank-file" not in shown and f"{url}/sent" in shown
    sent = (await finance.get(f"{url}/sent")).text
    assert "1 payment, £15.00, cannot leave now and stays behind. It goes back to an approver." in sent


# What to do next (what_next)


@pytest.mark.parametrize(
    ("ways", "says"),
    [
        (["bank-transfer"], "Give the file to the bank."),
        (["vouchers"], "Order the vouchers."),
        (["cash"], "Get ready what is handed over."),
        (["bank-transfer", "vouchers"], "Give the file to the bank, and order the vouchers."),
        (["bank-transfer", "cheque"], "Give the file to the bank, and get ready what is handed over."),
    ],
)
def test_pay_12_what_to_do_next_is_said_of_what_is_in_the_run_and_nothing_else(ways: list[str], says: str) -> None:
    counts = {(way, "made"): (1, 1500) for way in ways} | {("vouchers", "cancelled"): (1, 1500)}
    assert RunView(None, [], None, {}, counts, [], [], []).what_next == says


# Lost, and issued again


@pytest.mark.parametrize("way", ["cash", "cheque", "vouchers"])
@pytest.mark.parametrize("first", ["sent", "handed-over"])
async def test_pay_12_what_is_lost_is_a_loss_in_the_ledger_and_is_given_anew(
    world: World, way: str, first: str
) -> None:
    claim_id = await world.submitted(person(), recognition="vouchers")
    await change_way(world, claim_id, way)
    await world.approve(claim_id)
    run_id = await world.sent_run()
    lost = await payment_of(world, run_id)
    if first == "handed-over":
        await world.by_hand(run_id, lost.id, "handed-over")
    await world.by_hand(run_id, lost.id, "lost")
    lost_pence = 0 if way == "cheque" else 1500  # a lost cheque costs nothing: nobody cashed it
    assert (await balances(world)).get("losses", 0) == lost_pence
    again = await world.run()
    await world.do(sending.mark_sent, again, by=world.finance)
    await world.do(answers.confirm_rest_by_hand, again, transfers=False, by=world.second)
    assert ((await world.claim(claim_id)).state, await world.broken()) == ("paid", {})
    after = await balances(world)
    used_up = {"cash": "cash", "vouchers": "voucher-stock", "cheque": "bank"}[way]
    assert (after.get("losses", 0), after[used_up], after["budget-spent"]) == (lost_pence, -1500 - lost_pence, 1500)


async def change_way(world: World, claim_id: UUID, way: str) -> None:
    """Not every organisation offers each."""
    await world.write("UPDATE claims SET recognition = :way WHERE id = :id", way=way, id=claim_id)


async def balances(world: World) -> dict[str, int]:
    return {
        row.account: row.pence
        for row in await world.rows("SELECT account, sum(pence) AS pence FROM postings GROUP BY account")
    }


async def test_pay_12_a_link_to_a_file_typed_by_hand_is_refused_with_words_where_the_page_does_not_show_it(
    site: World,
) -> None:
    world = site
    claim_id = await world.approved(person())
    run_id = await world.run(world.finance)
    finance = site.visitor(Role.FINANCE, person_id=world.finance)
    url = f"/payments/runs/{run_id}"
    none = await finance.get(f"{url}/vouchers.csv")
    assert none.status_code == 422 and "Nothing in this payment run is handed over." in none.text
    await world.do(withdrawing.withdraw_approval, claim_id, "A mistake", by=new_id())
    for name in ("bank-file.xml", "bank-file.csv"):
        stuck = await finance.get(f"{url}/{name}")
        assert stuck.status_code == 422 and "Nothing of this can leave now" in stuck.text
    assert (await world.row("SELECT fetched_at FROM payment_runs")).fetched_at is None
    await world.do(runs.cancel_run, run_id, by=world.finance)
    for name in ("bank-file.xml", "bank-file.csv", "vouchers.csv"):
        gone = await finance.get(f"{url}/{name}")
        assert gone.status_code == 422 and "taken back" in gone.text
