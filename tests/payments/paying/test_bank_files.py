"""The account's statement and the bank's answer, as the bank writes them (PAY-12)."""

from uuid import UUID

import pytest

from services.payments.bank_statements.gateways import bank_csv
from services.payments.bank_statements.gateways.bank_csv import Columns
from services.payments.bank_statements.use_cases import bank_statements, choosing
from services.payments.claims.use_cases import claims
from services.payments.paying.gateways import bank_xml
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.paying.support import camt, pain_002, payment
from tests.payments.support import VAULT, World, as_shown, brought, person, read_with

# The account's statement (PAY-12)


async def csv_of_run(world: World, run_id: UUID, head: str = "Date,Description,Amount") -> bytes:
    rows = await world.rows(
        "SELECT end_to_end_id, amount_pence FROM payments WHERE run_id = :id ORDER BY end_to_end_id", id=run_id
    )
    lines = [f"24/11/2026,FPO {row.end_to_end_id} ALEX,-{row.amount_pence / 100:.2f}" for row in rows]
    return "\r\n".join([head, *lines, "24/11/2026,Rent,-450.00"]).encode()


async def test_pay_12_a_csv_statement_confirms_what_it_names_and_its_columns_are_named_once(world: World) -> None:
    claim_id = await world.approved(person())
    data = await csv_of_run(world, await world.sent_run())
    asked = await world.do(bank_statements.take_statement, data, VAULT, by=world.second)
    columns = Columns(0, [1], amount=2)
    done = await world.do(read_with, UUID(asked["map"]), columns, VAULT, by=world.second)
    assert (done["paid"], done["near"], done["others"]) == (1, 0, 1)
    assert (await world.claim(claim_id)).state == "paid"
    assert (await world.row("SELECT sealed_file FROM bank_statements")).sealed_file is None
    await world.approved(person())
    more = await csv_of_run(world, await world.sent_run())
    asked = await world.do(bank_statements.take_statement, more, VAULT, by=new_id())
    assert set(asked) == {"check"}  # what one person said of the columns a second looks at
    assert set(await world.do(bank_statements.take_statement, more, VAULT, by=world.second)) == {"check"}
    assert (await world.do(as_shown, UUID(asked["check"]), by=world.second))["paid"] == 1
    assert (await world.do(bank_statements.take_statement, more, VAULT, by=world.second))["again"]


async def test_pay_12_a_line_that_comes_near_is_chosen_by_a_second_person(world: World) -> None:
    claim_id = await world.approved(person())
    await world.sent_run()
    data = b"Date,Description,Amount\n24/11/2026,A EXAMPLE THANKS 1,-15.00\n24/11/2026,Something,-15.01"
    asked = await world.do(bank_statements.take_statement, data, VAULT, by=world.second)
    done = await world.do(read_with, UUID(asked["map"]), Columns(0, [1], amount=2), VAULT, by=world.second)
    assert (done["paid"], done["near"], done["others"]) == (0, 1, 1)
    assert (await world.claim(claim_id)).state == "approved"
    entry, sent = await world.row("SELECT id FROM bank_entries"), await payment(world)
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(choosing.choose, entry.id, sent.id, VAULT, by=world.finance)
    assert await world.do(choosing.choose, entry.id, sent.id, VAULT, by=world.second) == "paid"
    assert (await world.claim(claim_id)).state == "paid"


async def test_pay_12_a_camt_053_confirms_and_says_what_came_back(world: World) -> None:
    paid, back = await world.approved(person()), await world.approved(person())
    await world.sent_run()
    refs = {row.claim_id: row.end_to_end_id for row in await world.rows("SELECT claim_id, end_to_end_id FROM payments")}
    data = camt(
        ("15.00", "DBIT", refs[paid], ""),
        ("15", "DBIT", refs[back], ""),
        ("15.0", "CRDT", refs[back], "AC04"),
        ("9.99", "DBIT", "NOTPROVIDED", ""),
    )
    done = await world.do(brought, data, by=world.second)
    assert (done["paid"], done["returned"], done["near"]) == (2, 1, 0)
    assert ((await world.claim(paid)).state, (await world.claim(back)).state) == ("paid", "returned")


async def test_pay_12_a_statement_in_another_currency_or_sum_confirms_nothing(world: World) -> None:
    claim_id = await world.approved(person())
    await world.sent_run()
    reference = (await payment(world)).end_to_end_id
    with pytest.raises(Refused) as refused:
        await world.do(brought, camt(("15.00", "DBIT", reference, ""), currency="EUR"), by=world.second)
    assert "another currency (EUR)" in refused.value.reasons[0].text
    done = await world.do(brought, camt(("15.01", "DBIT", reference, "")), by=world.second)
    assert done["paid"] == 0
    assert (await world.claim(claim_id)).state == "approved"


FILE = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf></OrgnlGrpInfAndSts>"
BATCH = (
    "</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>CHORUS-0000002-36CABAC7</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>"
    "<StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf></OrgnlPmtInfAndSts>"
)
OWN = (
    "</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>CHORUS-0000002-36CABAC7</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>A</OrgnlEndToEndId>"
    "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Prtry>7B</Prtry></Rsn><AddtlInf>Mandate "
    "missing</AddtlInf></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>"
)


@pytest.mark.parametrize("version", ["03", "10", "12"])
def test_pay_12_status_and_reason_are_read_at_every_level_and_version(version: str) -> None:
    file, batch, own = (bank_xml.read_answer(pain_002(body, version)) for body in (FILE, BATCH, OWN))
    assert (file.status, file.reasons[0].code) == ("RJCT", "FF01")
    assert (batch.batches[0].status, batch.batches[0].reasons[0].code) == ("RJCT", "AM04")
    reason = own.batches[0].lines[0].reasons[0]
    assert (reason.proprietary, reason.information) == ("7B", "Mandate missing")


def test_pay_12_an_answer_in_another_currency_is_refused() -> None:
    amount = '<OrgnlTxRef><Amt><InstdAmt Ccy="EUR">15.00</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>'
    with pytest.raises(Refused) as refused:
        bank_xml.read_answer(pain_002(OWN.replace("</TxInfAndSts>", amount)))
    assert "another currency (EUR)" in refused.value.reasons[0].text


async def test_pay_12_our_own_fault_asks_nobody_and_finance_reads_the_banks_words(world: World) -> None:
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    message = (await world.row("SELECT message_id FROM payment_runs")).message_id
    data = pain_002(FILE, message=message)
    await world.take(run_id, bank_xml.read_answer(data), data)
    assert (await world.claim(claim_id)).state == "approved"
    assert await world.events("claim-returned") == []
    assert (await world.row("SELECT code, level FROM bank_words")) == ("FF01", "file")
    await world.run()


async def test_pay_12_trying_again_ends_the_persons_task_and_gives_finance_theirs_back(world: World) -> None:
    who = person()
    claim_id = await world.approved(who)
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id, rejected={claim_id: "AC04"}))
    await world.do(claims.answer_return, claim_id, by=who.id)
    [again] = await world.events("claim-owed-again", claim_id)
    assert (again["amount_pence"], again["because"]) == (1500, "put-right")


# Reading a CSV


@pytest.mark.parametrize(
    "data",
    [
        b"Date,Description,Paid out,Paid in,Balance\n24/11/2026,CH0000001-0001,15.00,,100.00\n",
        b"\xef\xbb\xbfAccount name;The Test Voice\n\nDate;Description;Paid out;Paid in;Balance\n24 Nov "
        b"2026;CH0000001-0001;15.00;;100.00\n",
        b"sep=;\nDate;Description;Paid out;Paid in;Balance\n2026-11-24;CH0000001-0001;\xa315.00;;100.00\n",
        b"Date\tDescription\tPaid out\tPaid in\tBalance\n24-Nov-26\tCH0000001-0001\t15.00\t\t1,100.00\n",
    ],
)
def test_pay_12_a_statement_is_read_whatever_its_separator_titles_and_encoding(data: bytes) -> None:
    table = bank_csv.read_table(data)
    assert list(table.headings) == ["Date", "Description", "Paid out", "Paid in", "Balance"]
    [line] = bank_csv.lines_of(table, Columns(0, [1], paid_out=2, paid_in=3))
    assert (line.day.isoformat(), line.pence, line.text) == ("2026-11-24", -1500, "CH0000001-0001")


@pytest.mark.parametrize(
    ("text", "pence"),
    [
        ("-15.00", -1500),
        ("(15.00)", -1500),
        ("15.00-", -1500),
        ("15.00 DR", -1500),
        ("+1,234.5", 123450),
        ("£15", 1500),
        ("15.00CR", 1500),
    ],
)
def test_pay_12_sums_are_read_however_the_bank_writes_their_sign(text: str, pence: int) -> None:
    table = bank_csv.Table(["Date", "Words", "Amount"], [["24/11/2026", "x", text]])
    assert [line.pence for line in bank_csv.lines_of(table, Columns(0, [1], amount=2))] == [pence]
