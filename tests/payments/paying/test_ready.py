"""PAY-12, PAY-13, PEO-05: the first page of finance counts what their page of payment runs counts, and asks them to
confirm bank details."""

from uuid import UUID

from services.notifications.domain import tasks as first_page
from services.payments.approving.use_cases import withdrawing
from services.payments.bank_details.gateways.vault import AccountDetails
from services.payments.bank_details.use_cases import bank_details
from services.payments.claims.use_cases import claims, ready
from services.payments.paying.use_cases import runs, sending
from shared.db import new_id
from shared.identity import Role
from tests.payments.approving.support import registered
from tests.payments.bank_statements.support import payment_of
from tests.payments.support import ACCOUNTS, VAULT, World, acting, person


async def to_pay_on_the_first_page(world: World) -> set[UUID]:
    """The claims whose task is open there, by all that was said of them."""
    opened: dict[UUID, int] = {}
    settled: dict[UUID, int] = {}
    for row in await world.rows("SELECT subject, aggregate_id, version, body::jsonb AS body FROM outbox ORDER BY id"):
        name = row.subject.split(".")[1]
        happening = "claim-in-run" if name == "claim-to-pay" and not row.body["waiting"] else name
        if "pay-claim" in first_page.tasks_opened_by(happening):
            opened[row.aggregate_id] = max(opened.get(row.aggregate_id, 0), row.version)
        if "pay-claim" in first_page.tasks_settled_by(happening):
            settled[row.aggregate_id] = max(settled.get(row.aggregate_id, 0), row.version)
    return {claim for claim, version in opened.items() if first_page.task_is_open(version, settled.get(claim))}


async def agree(world: World, number: int) -> None:
    shown = await to_pay_on_the_first_page(world)
    owed = await world.rows(
        "SELECT DISTINCT claim_id FROM payables JOIN claims ON claims.id = claim_id WHERE payables.state = 'owed' AND "
        "claims.state IN ('approved', 'returned')"
    )
    assert shown == {row.claim_id for row in owed} and len(shown) == number
    assert await world.read(ready.how_many_claims, new_id()) == number


async def test_pay_12_the_first_page_and_the_page_of_runs_count_the_same(world: World) -> None:
    register = await registered(
        world, recognition="vouchers", miles=10
    )  # vouchers for the fee, the bank for the travel
    claim_id, who = register.claim_id, register.event.participant.id
    await world.approve(claim_id)
    other = await world.approved(person())
    await agree(world, 2)
    vouchers = UUID(await world.do(runs.make_run, None, "vouchers", by=world.finance))
    await agree(world, 2)  # the travel of the first waits
    rest = await world.run()
    await agree(world, 0)
    await world.do(runs.cancel_run, rest, by=world.finance)
    await agree(world, 2)
    sent = await world.sent_run()
    await world.do(sending.mark_sent, vouchers, by=world.finance)
    await agree(world, 0)
    await world.take(sent, await world.answer(sent, rejected={claim_id: "AC04", other: "AM04"}))
    await agree(world, 1)
    await world.by_hand(vouchers, (await payment_of(world, vouchers)).id, "lost")
    await agree(world, 2)  # the vouchers go again, and the travel waits for its payee
    await world.do(withdrawing.withdraw_approval, other, "A mistake", by=new_id())
    await agree(world, 1)
    await world.do(claims.answer_return, claim_id, by=who)
    last = await world.sent_run()
    await agree(world, 0)
    for row in await world.rows("SELECT id FROM payments WHERE run_id = :run AND method = 'vouchers'", run=last):
        await world.by_hand(last, row.id, "handed-over")
    await agree(world, 0)
    assert not await world.broken()


async def test_pay_10_nobody_counts_what_they_are_paid_themselves(site: World) -> None:
    await site.approved(person(site.finance))
    await site.approved(person())
    mine = site.visitor(Role.FINANCE, person_id=site.finance)
    another = site.visitor(Role.FINANCE)
    assert "Agreed, to be paid: 1 claim<" in (await mine.get("/payments/runs")).text
    assert "Agreed, to be paid: 2 claims<" in (await another.get("/payments/runs")).text


async def test_pay_13_details_that_wait_are_said_to_finance_until_they_are_confirmed_or_replaced(world: World) -> None:
    who, helper = person(), new_id()

    async def told() -> list[tuple[bool, int]]:
        return [(event["waiting"], event["version"]) for event in await world.events("bank-details-to-confirm")]

    async def give(number: int, helped: bool = False) -> None:
        details = AccountDetails("Alex Example", *ACCOUNTS[number])
        actor = acting(helper, who.id) if helped else acting(who.id)
        await world.do(bank_details.give_details, who, details, VAULT, by=actor)

    await give(0, helped=True)
    [first] = await world.events("bank-details-to-confirm")
    assert (first["confirm_by"], first["not_for"]) == ("2026-11-26", [str(helper)])
    await give(1)
    assert await told() == [(True, 1), (False, 2), (True, 1)]
    row = await world.row("SELECT id FROM bank_details WHERE state = 'unconfirmed'")
    await world.do(bank_details.confirm_details, row.id, "in-person", by=world.second)
    assert (await told())[-1] == (False, 2)
    await world.do(bank_details.ask_to_confirm)
    assert len(await told()) == 4


async def test_pay_13_the_first_details_of_ones_own_wait_for_nobody(world: World) -> None:
    await world.account(person())
    assert await world.events("bank-details-to-confirm") == []
