"""PAY-12: the debit of what only the bank's answer or a person's word says is paid is known once. Every further one is
asked about."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_statements.domain.bank_lines import BankLine, is_same_booking, may_be_again
from services.payments.bank_statements.use_cases import choosing, whole_runs
from services.payments.paying.use_cases import answers
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.bank_statements.test_paid_twice import LOST, near
from tests.payments.bank_statements.test_statement_shown import sent
from tests.payments.bank_statements.test_whole_runs import answered, of_three, states
from tests.payments.paying.support import by_answer, camt
from tests.payments.support import VAULT, World, brought

BOTH = ("30.00", "DBIT", "BULK PAYMENT", "")


def later(data: bytes, day: str) -> bytes:
    return data.replace(b"2026-11-24", day.encode())


async def one_refused(world: World, how: str) -> UUID:
    """A run of three, of which the bank refused one. Of the others the bank says nothing, or that they are paid."""
    payments = await sent(world, 3)
    await by_answer(world, world.second, payments[0], "not paid")
    for payment in payments[1:] if how == "says so" else ():
        await by_answer(world, world.second, payment, "paid")
    return payments[0].run_id


async def test_pay_12_the_debit_of_what_went_of_a_run_is_known_where_one_payment_was_refused(world: World) -> None:
    run_id = await one_refused(world, "says so")
    assert await states(world) == ["rejected", "paid", "paid"]
    done = await world.do(brought, camt(BOTH), VAULT, by=world.second)
    assert (done["known"], done["near"], done["others"]) == (1, 0, 0)
    more = await world.do(brought, later(camt(BOTH), "2026-11-26"), VAULT, by=world.second)
    assert (more["known"], more["near"], more["others"]) == (0, 1, 0)
    [twice] = await near(world)
    assert await world.do(whole_runs.choose, twice.id, run_id, VAULT, "again", by=new_id()) == 2
    assert (await world.row(LOST)).pence == 3000 and await states(world) == ["rejected", "paid", "paid"]
    assert await world.broken() == {}


async def test_pay_12_the_debit_of_what_is_still_on_its_way_is_asked_about_where_one_payment_was_refused(
    world: World,
) -> None:
    run_id = await one_refused(world, "says nothing")
    assert await states(world) == ["rejected", "sent", "sent"]
    done = await world.do(brought, camt(BOTH), VAULT, by=world.second)
    assert (done["near"], done["others"]) == (1, 0)
    [line] = await near(world)
    assert await world.do(whole_runs.choose, line.id, run_id, VAULT, by=world.second) == 2
    assert await states(world) == ["rejected", "paid", "paid"] and await world.broken() == {}


async def test_pay_12_a_line_pays_the_rest_of_a_run_of_which_one_payment_is_known_to_be_paid(world: World) -> None:
    run_id, payments = await of_three(world)
    await by_answer(world, world.second, payments[1], "paid")
    [line] = await near(world)
    assert await world.do(whole_runs.choose, line.id, run_id, VAULT, by=world.second) == 2
    assert await states(world) == ["paid"] * 3 and await world.broken() == {}
    assert len(await world.events("claim-paid", payments[1].claim_id)) == 1


async def known_by(world: World, how: str) -> Any:
    [payment] = await sent(world, 1)
    if how == "pain.002":
        await answered(world, payment.run_id)
    else:
        await answers_by_hand(world, payment)
    return payment


async def answers_by_hand(world: World, payment: Any) -> None:
    await world.do(answers.end_by_hand, payment.run_id, payment.id, "paid", by=world.second)


@pytest.mark.parametrize("how", ["pain.002", "by hand"])
@pytest.mark.parametrize("day", ["2026-11-24", "2026-11-27"])
async def test_pay_12_the_debit_of_one_payment_known_by_word_is_known_once_and_one_more_is_asked_about(
    world: World, how: str, day: str
) -> None:
    payment = await known_by(world, how)
    one = camt(("15.00", "DBIT", "BILL PAYMENT", ""))
    done = await world.do(brought, one, VAULT, by=world.second)
    assert (done["known"], done["near"], done["others"]) == (1, 0, 0)
    two = later(camt(("15.00", "DBIT", "BULK PAYMENT", "")), day)
    more = await world.do(brought, two, VAULT, by=world.second)
    assert (more["known"], more["near"], more["others"]) == (0, 1, 0)
    [twice] = await near(world)
    with pytest.raises(Refused, match="PAY-12"):  # whoever brought it does not say that it was lost
        await world.do(choosing.choose, twice.id, payment.id, VAULT, by=world.second)
    assert await world.do(choosing.choose, twice.id, payment.id, VAULT, by=new_id()) == "paid-twice"
    assert (await world.row(LOST)).pence == 1500 and await world.broken() == {}
    again = await world.do(brought, one + b" ", VAULT, by=world.second)
    assert (again["seen"], again["near"], again["others"]) == (1, 0, 0)


async def test_pay_12_two_debits_of_one_payment_on_one_statement_are_not_both_known(world: World) -> None:
    await known_by(world, "pain.002")
    both = camt(("15.00", "DBIT", "BILL PAYMENT", ""), ("15.00", "DBIT", "BILL PAYMENT AGAIN", ""))
    done = await world.do(brought, both, VAULT, by=world.second)
    assert (done["known"], done["near"], done["others"]) == (1, 1, 0)


async def test_pay_12_a_line_that_names_somebody_else_is_not_the_debit_of_a_payment(world: World) -> None:
    payment = await known_by(world, "pain.002")
    other, own = ("15.00", "DBIT", "STATIONER LTD", ""), ("15.00", "DBIT", payment.end_to_end_id, "")
    done = await world.do(brought, camt(other, own), VAULT, by=world.second)
    assert (done["known"], done["near"], done["others"]) == (1, 0, 1)
    assert await world.broken() == {}


async def test_pay_12_a_line_without_a_name_is_no_debit_of_what_another_line_names(world: World) -> None:
    payment = await known_by(world, "pain.002")
    both = camt(("15.00", "DBIT", "BILL PAYMENT", ""), ("15.00", "DBIT", payment.end_to_end_id, ""))
    done = await world.do(brought, both, VAULT, by=world.second)
    assert (done["known"], done["near"], done["others"]) == (1, 0, 1)
    assert await world.broken() == {}


async def test_pay_12_a_line_that_waits_may_be_the_debit_of_one_payment_that_the_bank_says_is_paid(
    world: World,
) -> None:
    [payment] = await sent(world, 1)
    await world.do(brought, camt(("15.00", "DBIT", "BILL PAYMENT", "")), VAULT, by=world.second)
    await answered(world, payment.run_id)
    [line] = await near(world)
    assert await choosing_asks(world, line, payment) is None
    assert await world.do(choosing.choose, line.id, payment.id, VAULT, by=world.second) == "debit"
    assert (await near(world), (await world.row(LOST)).pence) == ([], 0) and await world.broken() == {}


async def choosing_asks(world: World, line: Any, payment: Any) -> Any:
    return await world.do(choosing.to_ask_about, line.id, payment.id, VAULT, by=world.second)


def test_pay_12_a_line_in_another_currency_is_not_the_one_of_before_nor_one_more_of_it() -> None:
    line = BankLine(date(2026, 11, 24), -1500, "BILL PAYMENT")
    euros = replace(line, currency="EUR")
    assert is_same_booking(line, line) and may_be_again(line, line)
    assert not is_same_booking(line, euros) and not may_be_again(line, euros)
    assert not is_same_booking(replace(line, reference="1"), replace(euros, reference="1"))
