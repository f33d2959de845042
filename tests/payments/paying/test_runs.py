"""Payment runs: what is true when they leave, and how their payments end (PAY-10, PAY-12, PAY-13)."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from services.payments.bank_details.use_cases import bank_details
from services.payments.bank_statements.gateways import bank_csv
from services.payments.bank_statements.gateways.bank_csv import Columns
from services.payments.bank_statements.use_cases import bank_statements, choosing
from services.payments.claims.use_cases import claims
from services.payments.paying.gateways import bank_xml
from services.payments.paying.use_cases import answers, run_files, runs, sending
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.site import followed, post, step
from tests.payments.support import PAYER, VAULT, World, as_shown, brought, person, read_with


async def payment(world: World, **facts: Any) -> Any:
    where = " AND ".join(f"{name} = :{name}" for name in facts) or "true"
    return await world.row(f"SELECT * FROM payments WHERE {where}", **facts)


async def send(world: World, run_id: UUID, **options: Any) -> dict[str, Any]:
    return await world.do(sending.mark_sent, run_id, **options, by=world.finance)


async def confirm_new_details(world: World, person_id: UUID) -> None:
    details = await world.row("SELECT id FROM bank_details WHERE participant_id = :id AND state = 'unconfirmed'", id=person_id)
    await world.do(bank_details.confirm_details, details.id, "in-person", by=new_id())


# What is true when it leaves (PAY-13)


async def test_pay_10_a_payee_does_not_send_the_run_in_which_they_are_paid(world: World) -> None:
    who = person()
    await world.approved(who)
    run_id = await world.run()
    with pytest.raises(Refused, match="PAY-10"):
        await world.do(sending.mark_sent, run_id, by=who.id)
    assert (await payment(world)).state == "made"


async def test_pay_13_details_changed_after_the_run_was_made_drop_out_and_the_rest_goes_on(world: World) -> None:
    changing, other = person(), person()
    await world.account(changing, 0)
    first, second = await world.approved(changing), await world.approved(other, recognition="vouchers")
    run_id = await world.run()
    await world.account(changing, 2)
    assert await send(world, run_id) == {"state": "sent", "sent": 1, "dropped": 1}
    dropped, sent = await payment(world, claim_id=first), await payment(world, claim_id=second)
    assert (dropped.state, dropped.dropped_because, sent.state) == ("cancelled", "unconfirmed", "sent")
    await confirm_new_details(world, changing.id)
    again = await world.run()
    assert "63748472" in await world.fetch(again)


async def test_pay_13_new_details_that_are_confirmed_before_the_file_are_paid_into(world: World) -> None:
    who = person()
    await world.account(who, 0)
    await world.approved(who)
    run_id = await world.run()
    await world.account(who, 2)
    await confirm_new_details(world, who.id)
    file = await world.fetch(run_id)
    assert "63748472" in file and "66374958" not in file
    assert (await send(world, run_id))["dropped"] == 0


async def test_pay_13_a_change_after_the_file_was_fetched_is_said_before_it_is_sent(world: World) -> None:
    who, other = person(), person()
    await world.account(who, 0)
    await world.account(other, 1)
    for each in (who, other):
        await world.approved(each)
    run_id = await world.run()
    await world.fetch(run_id)
    await world.account(who, 2)
    for work in (
        lambda tx: sending.mark_sent(tx, run_id),
        lambda tx: run_files.fetch_bank_file(tx, run_id, PAYER, VAULT),
    ):
        with pytest.raises(Refused, match="PAY-13"):
            await world.do(work, by=world.finance)
    before = (await world.row("SELECT message_id FROM payment_runs")).message_id
    assert await world.do(runs.make_anew, run_id, by=world.finance) == 1
    await world.do(answers.confirm_not_gone, run_id, by=world.second)
    file = await world.fetch(run_id)
    assert "66374958" not in file and "88837491" in file and before + "-2" in file
    assert await send(world, run_id) == {"state": "sent", "sent": 1, "dropped": 0}


async def test_pay_13_a_file_that_the_bank_has_already_is_what_was_sent(world: World) -> None:
    who = person()
    await world.account(who, 0)
    claim_id = await world.approved(who)
    run_id = await world.run()
    await world.fetch(run_id)
    await world.account(who, 2)
    assert (await send(world, run_id, knows_of_changes=True))["sent"] == 1
    assert await world.rows("SELECT 1 FROM steps WHERE about = :id AND what = 'sent-though-it-changed'", id=claim_id)


async def test_pay_09_a_held_payment_drops_out_of_a_run_that_was_made(world: World) -> None:
    who = person()
    claim_id = await world.approved(who, recognition="vouchers")
    await world.approved(person(), recognition="vouchers")
    run_id = await world.run()
    await world.do(claims.hold_payment, claim_id, True, by=who.id)
    assert (await send(world, run_id))["dropped"] == 1
    assert (await payment(world, claim_id=claim_id)).dropped_because == "held"


async def test_pay_12_a_run_is_made_of_what_finance_selects(world: World) -> None:
    ids = [await world.approved(person(), recognition="vouchers") for _ in range(3)]
    payables = {row.claim_id: row.id for row in await world.rows("SELECT id, claim_id FROM payables")}
    await world.do(runs.make_run, [payables[ids[1]]], by=world.finance)
    assert [row.claim_id for row in await world.rows("SELECT claim_id FROM payments")] == [ids[1]]
    for chosen in ([], [payables[ids[1]]], [new_id()]):
        with pytest.raises(Refused, match="PAY-12"):
            await world.do(runs.make_run, chosen, by=world.finance)


# Set-based (issue 6, E)


async def test_pay_12_a_run_takes_as_many_statements_for_forty_payments_as_for_ten(world: World) -> None:
    """Counted, not timed: nothing is done once for each payment."""
    counts: list[dict[str, int]] = []
    statements: list[str] = []

    @event.listens_for(world.database.engine.sync_engine, "before_cursor_execute")
    def count(*args: Any) -> None:
        statements.append(args[2])

    for number in (10, 40):
        for _ in range(number):
            await world.approved(person(), recognition="vouchers")
        counted = {}
        statements.clear()
        run_id = await world.run()
        counted["make"] = len(statements)
        statements.clear()
        await send(world, run_id)
        counted["send"] = len(statements)
        statements.clear()
        await world.do(answers.confirm_rest_by_hand, run_id, transfers=False, by=world.second)
        counted["settle"] = len(statements)
        counts.append(counted)
    assert counts[0] == counts[1]
    assert max(counts[0].values()) < 40


@pytest.mark.parametrize("what", ["runs", "run", "statement"])
async def test_pay_12_a_page_takes_as_many_statements_for_twelve_as_for_three(site: World, what: str) -> None:
    """Runs, payments of a run, lines of a statement that came near: none of them is looked up by itself."""
    statements = []
    event.listen(site.app.state.service.database.engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    reader, counts, vault = site.visitor(Role.FINANCE, person_id=site.second), [], site.app.state.gateways.vault
    for number in (3, 9):
        for _ in range(number):
            who = person()
            await site.account(who, 0)
            await site.approved(who)
            if what == "runs":
                await site.sent_run()
        path = {"runs": "/payments/runs", "statement": "/payments/bank-statement"}.get(what, "")
        if what != "runs":
            run_id = await site.sent_run()
            path = path or f"/payments/runs/{run_id}"
            entries = [("15.00", "DBIT", f"NO-{number}-{line}", "") for line in range(number)]
            await site.do(brought, camt(*entries), vault, by=site.second)
        await reader.get(path)
        statements.clear()
        assert (await reader.get(path)).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]


# By hand (PAY-12)


async def test_pay_12_a_transfer_is_confirmed_by_hand_by_a_second_person_once(world: World) -> None:
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    sent = await payment(world)
    with pytest.raises(Refused, match="PAY-12"):
        await world.by_hand(run_id, sent.id, "paid", world.finance)
    assert await world.by_hand(run_id, sent.id, "paid") == "paid"
    assert (await world.claim(claim_id)).state == "paid"
    with pytest.raises(Refused, match="PAY-12"):
        await world.by_hand(run_id, sent.id, "paid", new_id())
    assert await world.rows("SELECT 1 FROM steps WHERE about = :id AND what = 'ended-by-hand'", id=claim_id)


@pytest.mark.parametrize(("how", "state"), [("came-back", "approved"), ("came-back-details", "returned")])
async def test_pay_12_money_that_comes_back_after_it_was_confirmed_returns_to_the_claim(world: World, how: str, state: str) -> None:
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id))
    assert await world.by_hand(run_id, (await payment(world)).id, how) == "returned"
    claim = await world.claim(claim_id)
    assert claim.state == state
    balances = await world.rows("SELECT account, sum(pence)::int AS pence FROM postings GROUP BY account HAVING sum(pence) <> 0")
    assert {row.account: row.pence for row in balances} == {
        "participation-expense": 1500,
        "participant-payable": -1500,
        "budget-free": -1500,
        "budget-committed": 1500,
    }
    said = "claim-owed-again" if state == "approved" else "claim-returned"
    assert len(await world.events(said, claim_id)) == 1


async def test_pay_12_a_rejection_after_the_confirmation_returns_the_money(world: World) -> None:
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id))
    later = await world.answer(run_id, rejected={claim_id: "AC04"})
    await world.take(run_id, later, b"later")
    assert (await world.claim(claim_id)).state == "returned"
    assert (await payment(world)).state == "returned"


@pytest.mark.parametrize("handed_over", [False, True])
async def test_pay_12_vouchers_that_were_lost_go_again_and_the_ledger_says_so(world: World, handed_over: bool) -> None:
    claim_id = await world.approved(person(), recognition="vouchers")
    run_id = await world.sent_run()
    sent = await payment(world)
    if handed_over:
        await world.by_hand(run_id, sent.id, "handed-over")
    await world.by_hand(run_id, sent.id, "lost")
    again = await world.sent_run()
    await world.by_hand(again, (await payment(world, run_id=again)).id, "handed-over")
    assert (await world.claim(claim_id)).state == "paid"
    balances = {row.account: row.pence for row in await world.rows("SELECT account, sum(pence)::int AS pence FROM postings GROUP BY account")}
    assert (balances["voucher-stock"], balances["losses"], balances["budget-spent"]) == (-3000, 1500, 1500)


# The account's statement (PAY-12)


async def csv_of_run(world: World, run_id: UUID, head: str = "Date,Description,Amount") -> bytes:
    rows = await world.rows("SELECT end_to_end_id, amount_pence FROM payments WHERE run_id = :id ORDER BY end_to_end_id", id=run_id)
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


CAMT = """<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>S</MsgId></GrpHdr><Stmt>
<Id>1</Id>{entries}</Stmt></BkToCstmrStmt></Document>"""
ENTRY = """<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-24</Dt></BookgDt>
<NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>{back}</TxDtls></NtryDtls></Ntry>"""


def camt(*entries: tuple[str, str, str, str], currency: str = "GBP") -> bytes:
    """(amount, DBIT or CRDT, reference, code of a return)"""
    made = [
        ENTRY.format(currency=currency, amount=amount, way=way, reference=reference, back=f"<RtrInf><Rsn><Cd>{code}</Cd></Rsn></RtrInf>" if code else "")
        for amount, way, reference, code in entries
    ]
    return CAMT.format(entries="".join(made)).encode()


async def test_pay_12_a_camt_053_confirms_and_says_what_came_back(world: World) -> None:
    paid, back = await world.approved(person()), await world.approved(person())
    await world.sent_run()
    refs = {row.claim_id: row.end_to_end_id for row in await world.rows("SELECT claim_id, end_to_end_id FROM payments")}
    data = camt(("15.00", "DBIT", refs[paid], ""), ("15", "DBIT", refs[back], ""), ("15.0", "CRDT", refs[back], "AC04"), ("9.99", "DBIT", "NOTPROVIDED", ""))
    done = await world.do(brought, data, by=world.second)
    assert (done["paid"], done["returned"], done["near"]) == (2, 1, 0)
    assert ((await world.claim(paid)).state, (await world.claim(back)).state) == ("paid", "returned")


async def test_pay_12_a_statement_in_another_currency_or_sum_confirms_nothing(world: World) -> None:
    claim_id = await world.approved(person())
    await world.sent_run()
    reference = (await payment(world)).end_to_end_id
    for data in (camt(("15.00", "DBIT", reference, ""), currency="EUR"), camt(("15.01", "DBIT", reference, ""))):
        done = await world.do(brought, data, by=world.second)
        assert done["paid"] == 0
    assert (await world.claim(claim_id)).state == "approved"


# The bank's answer as a file (PAY-12)


def pain_002(body: str, version: str = "03", message: str = "CHORUS-0000002-36CABAC7") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}"><CstmrPmtStsRpt>'
        "<GrpHdr><MsgId>BANK-REJ-9</MsgId><CreDtTm>2027-03-31T15:00:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{body}</CstmrPmtStsRpt></Document>"
    ).encode()


FILE = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf></OrgnlGrpInfAndSts>"
BATCH = (
    "</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>CHORUS-0000002-36CABAC7</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>"
    "<StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf></OrgnlPmtInfAndSts>"
)
OWN = (
    "</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>CHORUS-0000002-36CABAC7</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>A</OrgnlEndToEndId>"
    "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Prtry>7B</Prtry></Rsn><AddtlInf>Mandate missing</AddtlInf></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>"
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
        b"\xef\xbb\xbfAccount name;The Test Voice\n\nDate;Description;Paid out;Paid in;Balance\n24 Nov 2026;CH0000001-0001;15.00;;100.00\n",
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
    ("text", "pence"), [("-15.00", -1500), ("(15.00)", -1500), ("15.00-", -1500), ("15.00 DR", -1500), ("+1,234.5", 123450), ("£15", 1500), ("15.00CR", 1500)]
)
def test_pay_12_sums_are_read_however_the_bank_writes_their_sign(text: str, pence: int) -> None:
    table = bank_csv.Table(["Date", "Words", "Amount"], [["24/11/2026", "x", text]])
    assert [line.pence for line in bank_csv.lines_of(table, Columns(0, [1], amount=2))] == [pence]


# Names (PAY-12)


@pytest.mark.parametrize(("name", "written"), [("Łukasz Wałęsa", "Lukasz Walesa"), ("Søren Ørsted Straße", "Soren Orsted Strasse"), ("K. Żółć", "K. Zolc")])
async def test_pay_12_the_bank_file_writes_every_latin_name_whole_and_its_owner_sees_how(site: World, name: str, written: str) -> None:
    who, url = person(), "/payments/bank-details/change"
    me = site.visitor("participant", person_id=who.id)
    shown = await followed(me, await post(me, url, url, account_name=name, sort_code="089999", account_number="66374958"))
    assert written in shown.text and "Our bank writes" in shown.text
    await site.approved(who)
    finance = site.visitor(Role.FINANCE, person_id=site.finance)
    run = (await post(finance, "/payments/runs", "/payments/runs")).headers["location"]
    assert f"<Nm>{written}</Nm>" in (await finance.get(f"{run}/bank-file.xml")).text
    assert f",{written[:18].strip()}," in (await finance.get(f"{run}/bank-file.csv")).text


async def test_pay_12_a_name_in_other_letters_is_asked_for_when_it_is_given(site: World) -> None:
    me, url = site.visitor("participant"), "/payments/bank-details/change"
    refused = await post(me, url, url, account_name="Ольга Петренко", sort_code="089999", account_number="66374958")
    assert refused.status_code == 422 and "as it is on your bank card" in refused.text
    long = await post(me, url, url, account_name="a" * 71, sort_code="089999", account_number="66374958")
    assert long.status_code == 422 and "70 characters" in long.text


# Pages


async def test_pay_12_the_pages_of_a_run_and_of_a_statement(site: World) -> None:
    await site.approved(person(), recognition="vouchers")
    finance, second = site.visitor(Role.FINANCE, person_id=site.finance), site.visitor(Role.FINANCE, person_id=site.second)
    chosen = (await site.row("SELECT id FROM payables")).id
    nothing = await post(finance, "/payments/runs", "/payments/runs", what="chosen")
    assert nothing.status_code == 422 and "Tick what should go" in nothing.text
    run = (await post(finance, "/payments/runs", "/payments/runs", what="chosen", chosen=str(chosen))).headers["location"]
    made = (await finance.get(run)).text
    assert "Order the vouchers. Then say so here." in made and "bank-file.xml" not in made
    await step(finance, f"{run}/sent")
    sent = await payment(site)
    own = await finance.get(f"{run}/payments/{sent.id}")
    assert "You made or sent this run, so a second person must say" in own.text and "handed over, or sent" not in own.text
    assert "It was handed over" in (await second.get(run)).text
    assert (await post(second, f"{run}/payments/{sent.id}", f"{run}/payments/{sent.id}", how="lost")).status_code == 303
    assert "was lost." in (await finance.get("/payments/runs")).text
    page, url = await finance.get("/payments/bank-statement"), "/payments/bank-statement"
    assert page.status_code == 200
    data = b"Date,Description,Amount\n24/11/2026,Rent,-450.00\n"
    asked = await post(finance, url, url, files={"statement": ("s.csv", data, "text/csv")})
    columns = asked.headers["location"]
    assert columns.endswith("/columns") and "Description" in (await finance.get(columns)).text
    wrong = await post(finance, columns, columns, day="1", words="1", sums="one", amount="2")
    assert wrong.status_code == 422 and "no day that we can read" in wrong.text
    check = (await post(finance, columns, columns, day="0", words="1", sums="one", amount="2")).headers["location"]
    shown = (await finance.get(check)).text
    assert "£450.00 went out" in shown and "Nobody but you has seen yet how we read" in shown
    read = await followed(finance, await post(finance, check, check, mark=shown.split('name="mark" value="')[1].split('"')[0]))
    assert "No line of this statement is about a payment that we still wait for" in read.text
