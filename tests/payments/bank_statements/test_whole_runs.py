"""PAY-12: a line that names none of our payments and has the sum of a whole run is decided for all of it at once."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_statements.domain.bank_lines import BankLine, Booking, OfOurs
from services.payments.bank_statements.domain.reading import come_in
from services.payments.bank_statements.use_cases import choosing, whole_runs
from services.payments.paying.gateways import bank_xml
from services.payments.paying.use_cases import answers
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_statements.test_lines_stop_money import refused
from tests.payments.bank_statements.test_paid_twice import LOST, near
from tests.payments.bank_statements.test_statement_shown import given, sent
from tests.payments.paying.support import by_answer, camt, pain_002
from tests.payments.site import followed, post
from tests.payments.support import VAULT, World, brought, person

URL = "/payments/bank-statement"
OF_THREE = camt(("45.00", "DBIT", "BULK PAYMENT", ""))


async def states(world: World) -> list[str]:
    return [row.state for row in await world.rows("SELECT state FROM payments ORDER BY end_to_end_id")]


async def of_three(world: World, line: bytes = OF_THREE) -> tuple[UUID, list[Any]]:
    """A run of three payments that was sent, and a line of its sum that was brought."""
    payments = await sent(world, 3)
    await world.do(brought, line, VAULT, by=world.second)
    return payments[0].run_id, payments


async def test_pay_12_a_line_of_the_sum_of_a_run_is_decided_for_all_of_it_at_once(world: World) -> None:
    run_id, payments = await of_three(world)
    [line] = await near(world)
    assert line.because == "same-sum" and await states(world) == ["sent"] * 3
    assert await world.do(whole_runs.choose, line.id, run_id, VAULT, by=world.second) == 3
    assert await states(world) == ["paid"] * 3
    for payment in payments:
        told = await world.events("claim-paid", payment.claim_id)
        assert [event["amount_pence"] for event in told] == [1500]
        [step] = await world.rows(
            "SELECT actor_id, facts FROM steps WHERE what = 'bank-line-chosen' AND about = :id", id=payment.claim_id
        )
        assert (step.actor_id, step.facts["payment_id"]) == (world.second, str(payment.id))
    kept = await world.row("SELECT state, decided_by FROM bank_entries")
    booked = await world.rows("SELECT pence, state FROM bank_bookings")
    run = await world.row("SELECT state FROM payment_runs")
    assert (kept.state, kept.decided_by, run.state) == ("chosen", world.second, "confirmed")
    assert [(row.pence, row.state) for row in booked] == [(1500, "counts")] * 3
    text = await refused(world, whole_runs.choose, line.id, run_id, VAULT, by=new_id())
    assert "decided about this line before" in text
    assert await world.broken() == {}


async def test_pay_10_pay_12_who_made_a_run_or_is_paid_by_it_does_not_say_that_a_line_paid_it(world: World) -> None:
    run_id, payments = await of_three(world)
    [line] = await near(world)
    for who in (world.finance, payments[1].participant_id):
        with pytest.raises(Refused):
            await world.do(whole_runs.choose, line.id, run_id, VAULT, by=who)
        with pytest.raises(Refused):  # nor that it is none of ours
            await world.do(choosing.choose, line.id, None, VAULT, by=who)
    assert await states(world) == ["sent"] * 3
    assert await world.do(choosing.choose, line.id, None, VAULT, by=world.second) == "not-ours"
    assert await states(world) == ["sent"] * 3


@pytest.mark.parametrize("how", ["not paid", "names it with another sum"])
async def test_pay_12_a_run_of_which_one_payment_ended_otherwise_is_not_paid_whole(world: World, how: str) -> None:
    run_id, payments = await of_three(world)
    [line] = await near(world)
    if how == "names it with another sum":
        other = camt(("14.00", "DBIT", payments[1].end_to_end_id, ""))
        await world.do(brought, other, VAULT, by=world.second)
    else:
        await by_answer(world, world.second, payments[1], how)
    before = await states(world)
    text = await refused(world, whole_runs.choose, line.id, run_id, VAULT, by=world.second)
    assert "cannot be all of this payment run" in text
    assert (await states(world), await world.broken()) == (before, {})
    more = await world.do(brought, camt(("45.00", "DBIT", "AGAIN", ""), ("1.00", "DBIT", "X", "")), by=new_id())
    assert more["near"] == 0  # it is not asked about either


@pytest.mark.parametrize("line", [("44.99", "DBIT"), ("45.00", "CRDT"), ("30.00", "DBIT")])
async def test_pay_12_a_line_of_another_sum_or_way_is_no_run(world: World, line: tuple[str, str]) -> None:
    await of_three(world, camt((*line, "BULK PAYMENT", "")))
    assert await near(world) == []


async def test_pay_12_while_such_a_line_waits_nobody_says_that_a_payment_of_the_run_was_not_paid(world: World) -> None:
    run_id, payments = await of_three(world)
    text = await refused(world, answers.end_by_hand, run_id, payments[0].id, "not-paid", by=world.second)
    assert "look at that line first" in text
    await by_answer(world, world.second, payments[1], "not paid")
    with pytest.raises(Refused):  # the line may be it all the same
        await world.run()
    [line] = await near(world)
    assert await world.do(choosing.choose, line.id, None, VAULT, by=world.second) == "not-ours"
    await world.run()


async def test_pay_12_a_line_may_be_one_payment_or_a_whole_run(world: World) -> None:
    first = await sent(world, 2)
    [single] = [await world.approved(person(), minutes=180)]
    await world.sent_run()
    await world.do(brought, camt(("30.00", "DBIT", "A PAYMENT", "")), VAULT, by=world.second)
    [line] = await near(world)
    assert await world.do(whole_runs.choose, line.id, first[0].run_id, VAULT, by=world.second) == 2
    assert (await world.claim(single)).state == "approved" and await world.broken() == {}


async def test_pay_12_the_page_offers_the_whole_run_with_its_number_and_sum_to_a_second_person(site: World) -> None:
    run_id = await site_of_three(site)
    run = await site.row("SELECT number FROM payment_runs WHERE id = :id", id=run_id)
    offered = f"This line paid all transfers of payment run {run.number} (3 payments, £45.00)"
    mine = (await site.visitor(Role.FINANCE, person_id=site.finance).get(URL)).text
    assert offered not in mine and "A second person decides." in mine
    second = site.visitor(Role.FINANCE, person_id=site.second)
    page = (await second.get(URL)).text
    assert re.search(re.escape(offered) + ", on [A-Z][a-z]+day [0-9]", page), "which of several lines"
    assert offered in page and f'href="/payments/runs/{run_id}"' in page
    [line] = await near(site)
    done = await followed(second, await post(second, f"{URL}/lines/{line.id}/run", URL, run=str(run_id)))
    assert "Confirmed: 3 payments. The people are told." in done.text
    assert await states(site) == ["paid"] * 3 and offered not in (await second.get(URL)).text


async def site_of_three(site: World) -> UUID:
    payments = await sent(site, 3)
    await site.do(brought, OF_THREE, site.app.state.gateways.vault, by=site.second)
    return payments[0].run_id


@pytest.mark.parametrize("number", [1, 2])
async def test_pay_12_a_line_that_paid_is_known_when_it_is_read_again_and_one_more_of_its_day_is_asked_about(
    world: World, number: int
) -> None:
    """It paid one payment, or a whole run."""
    payments = await sent(world, number)
    paid = (f"{number * 15}.00", "DBIT", "BULK", "")
    again = (paid[0], "DBIT", "BULK AGAIN", "")
    await world.do(brought, camt(paid), VAULT, by=world.second)
    [line] = await near(world)
    if number > 1:
        await world.do(whole_runs.choose, line.id, payments[0].run_id, VAULT, by=world.second)
    else:
        await world.do(choosing.choose, line.id, payments[0].id, VAULT, by=world.second)
    done = await world.do(brought, camt(paid, again), VAULT, by=world.second)
    assert (done["seen"], done["near"], done["others"]) == (1, 1, 0)
    [twice] = await near(world)
    assert twice.because == "same-sum"
    more = await world.do(brought, camt(again, paid, paid), VAULT, by=world.second)
    assert (more["seen"], more["near"]) == (2, 1)  # the same words a second time in one file are another booking
    who = payments[0].participant_id
    with pytest.raises(Refused, match="PAY-12"):  # who it pays does not say that it did not go twice
        await world.do(choosing.choose, twice.id, None, VAULT, by=who)
    if number == 1:
        assert await world.do(choosing.choose, twice.id, payments[0].id, VAULT, by=new_id()) == "paid-twice"
    assert await states(world) == ["paid"] * number and await world.broken() == {}


@pytest.mark.parametrize(("days", "doubted"), [(1, False), (0, True)])
def test_pay_12_what_was_seen_to_leave_before_and_comes_back_is_not_read_the_wrong_way_round(
    days: int, doubted: bool
) -> None:
    """As of a whole run that one line paid: no statement shows its payments leaving by name. On the day itself the
    same booking may be read the wrong way round."""
    day = date(2026, 11, 24)
    left = Booking(new_id(), True, day, "counts", None)
    ours = OfOurs(new_id(), "CH0000001-0002", "M", 1500, "paid", day, was_seen=True, booked=[left])
    line = BankLine(day + timedelta(days), 1500, "RETURNED CH0000001-0002 ACCOUNT CLOSED")
    assert come_in([line], [ours]) == ({ours.id} if doubted else set())


async def answered(world: World, run_id: UUID) -> None:
    """By the bank's answer, all of it is paid."""
    run = await world.row("SELECT message_id FROM payment_runs WHERE id = :id", id=run_id)
    data = pain_002("<GrpSts>ACSC</GrpSts></OrgnlGrpInfAndSts>", message=run.message_id)
    await world.do(answers.apply_answer, run_id, bank_xml.read_answer(data), data, by=world.second)


async def confirmed(world: World, how: str) -> UUID:
    """A run of three payments that counts as paid by the bank's answer, or by a person's word."""
    payments = await sent(world, 3)
    run_id = payments[0].run_id
    if how == "pain.002":
        await answered(world, run_id)
    else:
        for payment in payments:
            await world.do(answers.end_by_hand, run_id, payment.id, "paid", by=world.second)
    assert await states(world) == ["paid"] * 3
    return run_id


@pytest.mark.parametrize("how", ["pain.002", "by hand"])
async def test_pay_12_the_debit_of_a_run_known_to_be_paid_is_known_once_and_one_more_is_asked_about(
    world: World, how: str
) -> None:
    run_id = await confirmed(world, how)
    one, two = ("45.00", "DBIT", "BULK ONE", ""), ("45.00", "DBIT", "BULK TWO", "")
    done = await world.do(brought, camt(one), VAULT, by=world.second)
    assert (done["known"], done["near"], done["others"]) == (1, 0, 0)
    booked = await world.rows("SELECT went_out, state FROM bank_bookings")
    assert [(row.went_out, row.state) for row in booked] == [(True, "counts")] * 3
    more = await world.do(brought, camt(one, two), VAULT, by=world.second)
    assert (more["known"], more["seen"], more["near"], more["others"]) == (0, 1, 1, 0)
    [twice] = await near(world)
    assert twice.because == "same-sum" and await world.broken() == {}
    text = await refused(world, whole_runs.choose, twice.id, run_id, VAULT, "again", by=world.second)
    assert "You brought this statement" in text
    with pytest.raises(Refused, match="PAY-12"):  # they read something else
        await world.do(whole_runs.choose, twice.id, run_id, VAULT, by=new_id())
    assert await world.do(whole_runs.choose, twice.id, run_id, VAULT, "again", by=new_id()) == 3
    assert (await world.row(LOST)).pence == 4500
    again = await world.do(brought, camt(two, one), VAULT, by=world.second)
    assert (again["seen"], again["near"], again["others"]) == (2, 0, 0)
    assert await states(world) == ["paid"] * 3 and await world.broken() == {}


@pytest.mark.parametrize("how", ["pain.002", "by hand"])
async def test_pay_12_two_debits_of_a_paid_run_on_one_statement_are_not_both_known(world: World, how: str) -> None:
    await confirmed(world, how)
    both = camt(("45.00", "DBIT", "BULK ONE", ""), ("45.00", "DBIT", "BULK TWO", ""), ("44.00", "DBIT", "X", ""))
    done = await world.do(brought, both, VAULT, by=world.second)
    assert (done["known"], done["near"], done["others"]) == (1, 1, 1)
    [twice] = await near(world)
    assert twice.because == "same-sum" and await world.broken() == {}


async def test_pay_12_a_line_that_waits_may_be_the_debit_of_a_run_that_the_bank_says_is_paid(world: World) -> None:
    run_id, _ = await of_three(world)
    await answered(world, run_id)
    [line] = await near(world)
    assert await world.do(whole_runs.choose, line.id, run_id, VAULT, "debit", by=world.second) == 3
    assert (await near(world), (await world.row(LOST)).pence) == ([], 0)
    both = camt(("45.00", "DBIT", "BULK PAYMENT", ""), ("45.00", "DBIT", "AGAIN", ""))
    more = await world.do(brought, both, VAULT, by=world.second)
    assert (more["seen"], more["near"]) == (1, 1) and await world.broken() == {}


async def test_pay_12_the_page_lets_a_second_person_say_that_the_bank_paid_a_run_twice(site: World) -> None:
    run_id = await site_of_three(site)
    vault = site.app.state.gateways.vault
    [line] = await near(site)
    await site.do(whole_runs.choose, line.id, run_id, vault, by=site.second)
    await site.do(brought, camt(("45.00", "DBIT", "BULK AGAIN", "")), vault, by=site.second)
    run = await site.row("SELECT number FROM payment_runs WHERE id = :id", id=run_id)
    offered = f"The bank paid payment run {run.number} twice (3 payments, £45.00)"
    mine = (await site.visitor(Role.FINANCE, person_id=site.second).get(URL)).text
    assert offered not in mine and "If this was paid twice, a second person says so." in mine
    other = site.visitor(Role.FINANCE, person_id=new_id())
    assert offered in (await other.get(URL)).text
    [twice] = await near(site)
    data = {"run": str(run_id), "what": "again"}
    done = await followed(other, await post(other, f"{URL}/lines/{twice.id}/run", URL, **data))
    assert "The bank paid 3 payments twice" in done.text or "the bank paid 3 payments twice" in done.text
    assert (await site.row(LOST)).pence == 4500 and await site.broken() == {}


async def test_pay_12_the_page_of_a_statement_shows_whose_payments_a_known_debit_is(site: World) -> None:
    await confirmed(site, "pain.002")
    second = site.visitor(Role.FINANCE, person_id=site.second)
    both = camt(("45.00", "DBIT", "BULK ONE", ""), ("45.00", "DBIT", "BULK TWO", ""))
    page = (await second.get(await given(second, both))).text
    assert "Went out, as we know: CH" in page and "the bank may have paid it twice" in page
    assert "Not one of our payments" not in page
