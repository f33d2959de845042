"""PAY-12: a line that names no payment is asked about once, whichever statements show it, and stops only what it may
be."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_statements.domain import bank_lines
from services.payments.bank_statements.use_cases import bank_statements, choosing
from services.payments.paying.use_cases import answers, runs
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_statements.support import ONE, payment_of
from tests.payments.bank_statements.test_lines_stop_money import fetched, refused
from tests.payments.bank_statements.test_paid_twice import near
from tests.payments.bank_statements.test_statement_shown import sent
from tests.payments.paying.support import CAMT, by_answer, camt, out_of_a_file
from tests.payments.site import followed, post, step
from tests.payments.support import VAULT, World, brought, read_with

ENTRY = (
    '<Ntry><NtryRef>{number}</NtryRef><Amt Ccy="GBP">15.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
    "<BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{ours}</AcctSvcrRef>"
    "<NtryDtls><TxDtls><RmtInf><Ustrd>{words}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
)


def statement(*words: str, of_bank: str = "", day: str = "2026-11-24") -> bytes:
    """Another file each time. of_bank: the bank's own reference of each line."""
    entries = [
        ENTRY.format(number=number, words=each, day=day, ours=f"{of_bank}{number}" if of_bank else "")
        for number, each in enumerate(words)
    ]
    return CAMT.format(entries=f"<!-- {new_id()} -->" + "".join(entries)).encode()


# Once


@pytest.mark.parametrize("decided", ["chosen", "not ours", "waits"])
@pytest.mark.parametrize("of_bank", ["", "BANK-7-"])
async def test_pay_12_a_line_that_names_nothing_is_asked_about_once_whichever_statements_show_it(
    world: World, decided: str, of_bank: str
) -> None:
    first, second = await sent(world, 2)
    await world.do(brought, statement("A EXAMPLE", of_bank=of_bank), by=world.second)
    [line] = await near(world)
    if decided != "waits":
        chosen = first.id if decided == "chosen" else None
        await world.do(choosing.choose, line.id, chosen, VAULT, by=world.second)
    again = await world.do(brought, statement("A EXAMPLE", of_bank=of_bank), by=world.second)
    assert (again["seen"], again["near"]) == (1, 0)
    assert [each.id for each in await near(world)] == ([line.id] if decided == "waits" else [])
    more = await world.do(brought, statement("A EXAMPLE", "A  Example", of_bank=of_bank), by=world.second)
    assert (more["seen"], more["near"]) == (1, 1)  # a second booking of that day is another
    assert (await payment_of_id(world, second.id)).state == "sent"


async def payment_of_id(world: World, payment_id: UUID) -> Any:
    return await world.row("SELECT * FROM payments WHERE id = :id", id=payment_id)


async def test_pay_12_the_bank_s_own_reference_tells_two_lines_apart_and_one_on_two_days_together(world: World) -> None:
    await sent(world, 2)
    await world.do(brought, statement("A EXAMPLE", of_bank="X"), by=world.second)
    other = await world.do(brought, statement("A EXAMPLE", of_bank="Y"), by=world.second)
    assert (other["seen"], other["near"]) == (0, 1)
    same = await world.do(brought, statement("EXAMPLE A 1", of_bank="X", day="2026-11-25"), by=world.second)
    assert (same["seen"], same["near"]) == (1, 0)


async def test_pay_12_a_line_of_a_csv_is_asked_about_once_too(world: World) -> None:
    await sent(world)

    async def bring(more: str) -> dict[str, Any]:
        data = f"Date,What,Amount\n24/11/2026,A EXAMPLE,-15.00\n24/11/2026,{more},-9.00\n".encode()
        asked = await world.do(bank_statements.take_statement, data, VAULT, by=world.second)
        if "map" in asked:
            return await world.do(read_with, UUID(asked["map"]), ONE, by=world.second)
        return await world.do(brought, data, by=world.second)

    assert (await bring("Rent"))["near"] == 1
    again = await bring("Light")
    assert (again["seen"], again["near"]) == (1, 0)


async def test_pay_12_the_page_says_that_a_line_was_seen_before(site: World) -> None:
    url, vault = "/payments/bank-statement", site.app.state.gateways.vault
    await sent(site)
    await site.do(brought, statement("A EXAMPLE"), vault, by=site.second)
    second = site.visitor(Role.FINANCE, person_id=site.second)
    files = {"statement": ("s.xml", statement("A EXAMPLE"), "text/xml")}
    check = (await post(second, url, url, files=files)).headers["location"]
    assert "We had this line before, on another statement" in (await second.get(check)).text
    assert "stands on a statement that we had before" in (await followed(second, await step(second, check))).text


# What it may be


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("A EXAMPLE", True),
        ("FASTER PAYMENT", True),
        ("", True),
        ("FPO AE REF 123", True),
        ("ALEXANDER EXAMPLE", True),
        ("MR ALEX EXAMPL", True),
        ("FENLAND CATERING LTD", False),
        ("B JONES", False),
        ("CH0000099-0001", False),
        ("CHORUS-0000099-0A1B2C3D", False),
    ],
)
def test_pay_12_whom_the_words_of_a_line_may_mean(text: str, may: bool) -> None:
    assert bank_lines.may_mean(text, "Alex Example") is may


@pytest.mark.parametrize(
    ("words", "day", "stops"),
    [
        ("FASTER PAYMENT", "2026-11-24", True),
        ("A EXAMPLE", "2026-11-23", True),
        ("FENLAND CATERING LTD", "2026-11-24", False),
        ("CH0000099-0001", "2026-11-24", False),
    ],
)
async def test_pay_12_a_line_stops_only_the_payments_that_it_may_be(
    world: World, words: str, day: str, stops: bool
) -> None:
    made = await fetched(world)
    await world.do(runs.cancel_run, made.run_id, by=world.finance)
    assert (await world.do(brought, statement(words, day=day), by=world.second))["near"] == 1
    if stops:
        text = await refused(world, answers.confirm_not_gone, made.run_id, by=new_id())
        assert "look at that line first" in text and f"{int(day[-2:])} November 2026" in text
    else:
        await world.do(answers.confirm_not_gone, made.run_id, by=new_id())


async def test_pay_12_a_line_from_before_the_file_left_us_stops_nothing(world: World) -> None:
    await sent(world)
    await world.do(brought, statement("FASTER PAYMENT", day="2026-11-23"), by=world.second)
    assert len(await near(world)) == 1
    world.move(days=3)
    made = await fetched(world)
    await world.do(runs.cancel_run, made.run_id, by=world.finance)
    await world.do(answers.confirm_not_gone, made.run_id, by=new_id())


async def test_pay_12_the_run_s_page_leads_to_the_line_that_it_may_be(site: World) -> None:
    made = await fetched(site)
    await site.do(runs.cancel_run, made.run_id, by=site.finance)
    await site.do(brought, statement("FASTER PAYMENT"), site.app.state.gateways.vault, by=site.second)
    page = (await site.visitor(Role.FINANCE).get(f"/payments/runs/{made.run_id}")).text
    assert "has lines that are, or may be, 1 payment of this run" in page
    assert 'href="/payments/bank-statement"' in page


# One booking on two days


@pytest.mark.parametrize("second", [False, True])
async def test_pay_12_the_day_of_the_order_in_a_csv_and_of_the_value_in_a_camt_are_one_booking(
    world: World, second: bool
) -> None:
    """second: the camt.053 gives no day under which the CSV showed it, so it may have gone twice."""
    [one] = await sent(world)
    data = f"Date,What,Amount\n24/11/2026,{one.end_to_end_id},-15.00\n24/11/2026,Rent,-9.00\n".encode()
    asked = await world.do(bank_statements.take_statement, data, VAULT, by=world.second)
    assert (await world.do(read_with, UUID(asked["map"]), ONE, by=world.second))["paid"] == 1
    shown = camt(("15.00", "DBIT", one.end_to_end_id, "")).replace(b"2026-11-24", b"2026-11-25")
    order = b"2026-11-26" if second else b"2026-11-24"
    dated = shown.replace(b"<NtryDtls>", b"<ValDt><Dt>" + order + b"</Dt></ValDt><NtryDtls>")
    done = await world.do(brought, dated, by=world.second)
    assert (done["known"], done["near"]) == ((0, 1) if second else (1, 0))


# It may be what was said not to have gone


async def not_paid(world: World, how: str) -> Any:
    """A transfer that counts as not paid: by a word after its run was taken back, by a word on a run that was sent, or
    by the bank's answer."""
    if how == "not gone":
        _, run_id, gone = await out_of_a_file(world)
        await world.do(answers.confirm_not_gone, run_id, by=world.second)
        return gone
    [one] = await sent(world)
    if how == "not paid":
        await world.by_hand(one.run_id, one.id, "not-paid")
    else:
        await by_answer(world, world.second, one, "not paid")
    return one


async def told(world: World, run_id: UUID) -> int:
    return [event["waiting"] for event in await world.events("payments-perhaps-gone", run_id)][-1]


@pytest.mark.parametrize("end", ["chosen", "not ours"])
@pytest.mark.parametrize("how", ["not gone", "not paid", "answer", "answer after the line"])
async def test_pay_12_a_line_that_names_nothing_may_be_what_was_said_not_to_have_gone_and_stops_its_money(
    world: World, how: str, end: str
) -> None:
    if how == "answer after the line":
        [one] = await sent(world)
        await world.do(brought, statement("FASTER PAYMENT"), by=world.second)
        await by_answer(world, world.second, one, "not paid")
    else:
        one = await not_paid(world, how)
        assert (await world.do(brought, statement("FASTER PAYMENT"), by=world.second))["near"] == 1
    with pytest.raises(Refused):  # before somebody has decided
        await world.run()
    assert (await world.broken(), await told(world, one.run_id)) == ({}, 1)
    [line] = await near(world)
    if end == "chosen":
        assert await world.do(choosing.choose, line.id, one.id, VAULT, by=world.second) == "paid"
        assert (await payment_of_id(world, one.id)).state == "paid"
    else:
        await world.do(choosing.choose, line.id, None, VAULT, by=world.second)
        await world.run()
    assert (await near(world), await world.broken(), await told(world, one.run_id)) == ([], {}, 0)


async def test_pay_12_a_second_line_that_names_nothing_may_be_what_was_said_not_to_have_gone_and_was_paid_again(
    world: World,
) -> None:
    gone = await not_paid(world, "not gone")
    again = await payment_of(world, await world.sent_run())
    await world.do(brought, statement("FASTER PAYMENT", of_bank="A"), by=world.second)
    [line] = await near(world)
    assert await world.do(choosing.choose, line.id, again.id, VAULT, by=world.second) == "paid"
    assert (await world.do(brought, statement("FASTER PAYMENT", of_bank="B"), by=new_id()))["near"] == 1
    [line] = await near(world)
    assert await world.do(choosing.choose, line.id, gone.id, VAULT, by=world.second) == "paid-twice"
    assert (await world.broken(), await near(world)) == ({}, [])


async def test_pay_12_what_is_on_its_way_may_be_booked_late(world: World) -> None:
    [one] = await sent(world)
    world.clock.offset = timedelta(days=94)
    await world.do(brought, statement("FASTER PAYMENT", day="2027-02-24"), by=world.second)
    [line] = await near(world)
    with pytest.raises(Refused, match="PAY-12"):
        await world.by_hand(one.run_id, one.id, "not-paid")
    assert await world.do(choosing.choose, line.id, one.id, VAULT, by=world.second) == "paid"
