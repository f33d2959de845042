"""PAY-12: the bank's word that money went outweighs a person's word that it did not, whatever the clocks say: somebody
looks at it, what would pay it again stays, and what was paid again is a loss."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_statements.gateways.bank_csv import Columns
from services.payments.bank_statements.use_cases import bank_statements, banks_answer, choosing, statement_ends
from services.payments.paying.domain.answers import BankAnswer, Batch, StatusLine
from services.payments.paying.use_cases import answers, run_files, runs, sending
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.bank_statements.test_lines_stop_money import refused
from tests.payments.bank_statements.test_paid_twice import near
from tests.payments.paying.support import camt
from tests.payments.support import PAYER, VAULT, World, brought, person, read_with

WHEN = pytest.mark.parametrize("hours", [-24, 24])
"""When the bank wrote it, from the press."""


async def payments_of(world: World, run_id: UUID) -> list[Any]:
    return list(await world.rows("SELECT * FROM payments WHERE run_id = :id ORDER BY end_to_end_id", id=run_id))


async def said_not_paid(world: World, hand: str = "never-sent") -> tuple[UUID, Any]:
    """A run that was sent, of which a second person says that it was not paid."""
    await world.approved(person())
    run_id = await world.sent_run()
    [payment] = await payments_of(world, run_id)
    if hand == "never-sent":
        await world.do(answers.say_never_sent, run_id, by=world.second)
    else:
        await world.by_hand(run_id, payment.id, hand)
    return run_id, (await payments_of(world, run_id))[0]


async def bank_says_paid(
    world: World, payment: Any, level: str = "payment", hours: int | None = 24, message: str = "", name: bytes = b"a"
) -> dict[str, Any]:
    run = await world.row("SELECT message_id FROM payment_runs WHERE id = :id", id=payment.run_id)
    message = message or run.message_id
    said = {of: "ACSC" if of == level else "" for of in ("file", "batch", "payment")}
    lines = [StatusLine(payment.end_to_end_id, said["payment"])] if said["payment"] else []
    written = None if hours is None else (payment.ended_at or datetime.now(UTC)) + timedelta(hours=hours)
    answer = BankAnswer("B", message, said["file"], (), [Batch(message, said["batch"], (), lines)], written)
    return await world.do(banks_answer.take, payment.run_id, answer, name, VAULT, by=new_id())


async def made_again(world: World) -> UUID:
    """Another run, whose file was fetched."""
    run_id = await world.run(world.finance)
    await world.do(run_files.fetch_bank_file, run_id, PAYER, VAULT, by=world.finance)
    return run_id


@pytest.mark.parametrize(
    ("hand", "hours", "level"),
    [("never-sent", -24, "file"), ("not-paid", 24, "batch"), ("not-paid-details", None, "payment")],
)
async def test_pay_12_the_banks_paid_outweighs_a_word_by_hand_that_it_was_not(
    world: World, hand: str, hours: int | None, level: str
) -> None:
    _, payment = await said_not_paid(world, hand)
    done = await bank_says_paid(world, payment, level, hours)
    assert (done["went_out"], done["warnings"]) == ([payment.end_to_end_id], [])
    [line] = await near(world)
    assert line.because == "went-out"
    with pytest.raises(Refused):  # nothing can go into another run meanwhile
        await world.run(world.finance)
    assert await world.do(choosing.choose, line.id, payment.id, VAULT, by=new_id()) == "paid"
    assert (await world.claim(payment.claim_id)).state == "paid"
    assert await near(world) == [] and await world.broken() == {}
    await world.do(statement_ends.settle_what_is_known, VAULT)
    assert await world.broken() == {}


@WHEN
async def test_pay_12_a_run_made_since_with_a_fetched_file_cannot_be_sent_until_somebody_looked(
    world: World, hours: int | None
) -> None:
    _, payment = await said_not_paid(world)
    again = await made_again(world)
    await bank_says_paid(world, payment, hours=hours)
    assert "This may have gone already" in await refused(world, sending.mark_sent, again, by=world.finance)
    with pytest.raises(Refused):
        await world.do(sending.mark_sent, again, knows_of_changes=True, by=world.finance)
    [line] = await near(world)
    text = await refused(world, choosing.choose, line.id, payment.id, VAULT, by=new_id())
    assert "take it back first" in text and await world.broken() == {}


async def test_pay_12_what_was_sent_again_already_is_written_down_as_lost(world: World) -> None:
    hours = -24
    _, payment = await said_not_paid(world)
    again = await made_again(world)
    await world.do(sending.mark_sent, again, by=world.finance)
    await bank_says_paid(world, payment, hours=hours)
    [line] = await near(world)
    assert await world.do(choosing.choose, line.id, payment.id, VAULT, by=new_id()) == "paid-twice"
    lost = await world.row("SELECT state, lost_times FROM payments WHERE id = :id", id=payment.id)
    assert (lost.state, lost.lost_times) == ("rejected", 1)
    assert (await bank_says_paid(world, payment, hours=hours, name=b"b"))["went_out"] == []
    assert await near(world) == [] and await world.broken() == {}


async def test_pay_12_of_two_words_of_the_bank_that_it_paid_is_looked_at_whichever_is_newer(world: World) -> None:
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id, rejected={claim_id: "AM04"}))
    [payment] = await payments_of(world, run_id)
    for hours in (-1, 1):
        said = await bank_says_paid(world, payment, hours=hours, name=str(hours).encode())
        assert said["went_out"] == [payment.end_to_end_id]
    assert [line.because for line in await near(world)] == ["went-out"] and await world.broken() == {}


@pytest.mark.parametrize("first", ["answer", "statement"])
@pytest.mark.parametrize("decided", [True, False])
async def test_pay_12_the_answer_and_the_statement_tell_of_one_payment(world: World, first: str, decided: bool) -> None:
    """On whichever days; and if a later statement shows one more, it went twice."""
    _, payment = await said_not_paid(world)

    async def told(by: str) -> None:
        if by == "answer":
            await bank_says_paid(world, payment)
        else:
            await world.do(brought, camt(("15.00", "DBIT", payment.end_to_end_id, "")), VAULT, by=new_id())

    await told(first)
    if decided:
        [line] = await near(world)
        await world.do(choosing.choose, line.id, payment.id, VAULT, by=new_id())
    await told("statement" if first == "answer" else "answer")
    if not decided:
        [line] = await near(world)
        await world.do(choosing.choose, line.id, payment.id, VAULT, by=new_id())
    assert await near(world) == [] and await world.broken() == {}
    once_more = f"Date,Description,Amount\n27/11/2026,{payment.end_to_end_id},-15.00\n"
    await bring_csv(world, once_more)
    assert [line.because for line in await near(world)] == ["twice"]


# It came back by hand, or nobody said that it was sent


async def came_back_by_hand(world: World) -> Any:
    await world.approved(person())
    run_id = await world.sent_run()
    [payment] = await payments_of(world, run_id)
    await world.by_hand(run_id, payment.id, "paid")
    await world.by_hand(run_id, payment.id, "came-back")
    return (await payments_of(world, run_id))[0]


@pytest.mark.parametrize("by", ["answer", "answer without a time", "camt.053", "csv"])
@pytest.mark.parametrize("ours", [True, False])
async def test_pay_12_the_banks_paid_after_a_return_by_hand_waits_for_somebody_and_stops_the_money(
    world: World, by: str, ours: bool
) -> None:
    payment = await came_back_by_hand(world)
    after = (payment.said_back_on + timedelta(1)).isoformat()
    world.move(days=2)
    if by.startswith("answer"):
        done = await bank_says_paid(world, payment, hours=1 if by == "answer" else None)
        assert done["went_out"] == [payment.end_to_end_id]
    elif by == "camt.053":
        data = camt(("15.00", "DBIT", payment.end_to_end_id, "")).replace(b"2026-11-24", after.encode())
        await world.do(brought, data, VAULT, by=new_id())
    else:
        await bring_csv(world, f"Date,Description,Amount\n{after},{payment.end_to_end_id},-15.00\n")
    await world.do(statement_ends.settle_what_is_known, VAULT)  # the job decides nothing here
    [line] = await near(world)
    assert line.because == "went-out"
    with pytest.raises(Refused):
        await world.run(world.finance)
    chosen = payment.id if ours else None
    assert await world.do(choosing.choose, line.id, chosen, VAULT, by=new_id()) == ("paid" if ours else "not-ours")
    assert (await payments_of(world, payment.run_id))[0].state == ("paid" if ours else "returned")
    assert await near(world) == [] and await world.broken() == {}


async def test_pay_12_what_the_answer_says_of_a_return_is_known_once_a_statement_shows_it_leaving_before(
    world: World,
) -> None:
    payment = await came_back_by_hand(world)
    await bank_says_paid(world, payment, hours=1)
    left = camt(("15.00", "DBIT", payment.end_to_end_id, "")).replace(b"2026-11-24", b"2026-11-23")
    await world.do(brought, left, VAULT, by=new_id())
    assert await near(world) == [] and await world.broken() == {}
    assert (await payments_of(world, payment.run_id))[0].state == "returned"


@pytest.mark.parametrize("was_sent", [True, False])
async def test_pay_12_the_banks_paid_of_a_run_that_nobody_said_was_sent_waits_for_somebody(
    world: World, was_sent: bool
) -> None:
    await world.approved(person())
    run_id = await made_again(world)
    [payment] = await payments_of(world, run_id)
    for _ in range(2):  # nothing of it is lost if it is brought again
        done = await bank_says_paid(world, payment, hours=1)
        assert (done["went_out"], done["again"]) == ([payment.end_to_end_id], False)
    [line] = await near(world)
    assert line.because == "state"
    if was_sent:
        await world.do(sending.mark_sent, run_id, by=world.finance)
        assert (await bank_says_paid(world, payment, hours=1))["paid"] == 1
    else:
        await world.do(runs.cancel_run, run_id, by=world.finance)
        assert await world.do(choosing.choose, line.id, payment.id, VAULT, by=world.second) == "paid"
    await world.do(statement_ends.settle_what_is_known, VAULT)
    assert (await payments_of(world, run_id))[0].state == "paid"
    assert await near(world) == [] and await world.broken() == {}


async def bring_csv(world: World, text: str) -> None:
    asked = await world.do(bank_statements.take_statement, text.encode(), VAULT, by=world.second)
    await world.do(read_with, UUID(asked["map"]), Columns(0, [1], amount=2), VAULT, by=world.second)


async def test_pay_12_what_the_bank_saw_go_counts_when_who_sent_it_says_that_the_second_one_did_not_arrive(
    world: World,
) -> None:
    """Their word is about the second one, which others made and sent."""
    others = new_id()
    _, payment = await said_not_paid(world)
    again = await world.run(others)
    await world.do(sending.mark_sent, again, by=others)
    await bank_says_paid(world, payment)
    [line] = await near(world)
    assert await world.do(choosing.choose, line.id, payment.id, VAULT, by=new_id()) == "paid-twice"
    [second] = await payments_of(world, again)
    assert await world.by_hand(again, second.id, "not-paid", world.finance) == "other-pays"
    assert (await payments_of(world, payment.run_id))[0].state == "paid"
    assert await world.broken() == {}
