"""PAY-12: the shapes in which banks say things: answers that half say it, statements with reversals, charges and
batches, and sums and days in CSV."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.payments.bank_statements.domain import bank_lines, matching, reading
from services.payments.bank_statements.domain.bank_lines import BankLine
from services.payments.bank_statements.gateways import bank_csv, camt
from services.payments.bank_statements.gateways.bank_csv import Columns, Table
from services.payments.owing.domain.bank_reasons import BankReason
from services.payments.paying.domain import answers, applying
from services.payments.paying.domain.answers import BankAnswer, Batch, SentPayment, StatusLine
from services.payments.paying.gateways import bank_xml
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.paying.support import CAMT, pain_002

FIRST, SECOND = "CH0000001-0001", "CH0000001-0002"
OUR_ACCOUNT = ("309070", "12345668")


def sent(reference: str = FIRST, state: str = "sent") -> SentPayment:
    return SentPayment(reference, 1500, state)


def said(file: str = "", batch: str = "", *lines: StatusLine, **more: Any) -> BankAnswer:
    return BankAnswer("B", "RUN-1", file, (), [Batch("RUN-1", batch, lines=lines, **more)])


# The answer


@pytest.mark.parametrize(
    "answer",
    [
        said("", "ACSC", StatusLine(FIRST, "", [BankReason("AC04")])),
        said("ACSC", "", StatusLine(FIRST, "", [BankReason("NARR", information="see us")])),
        said("ACSC", "", reasons=[BankReason("AM04")]),
    ],
)
def test_pay_12_a_reason_without_a_status_under_a_paid_batch_is_not_paid(answer: BankAnswer) -> None:
    reading = answers.read(answer, [sent()])
    assert list(reading.outcomes) == [] and reading.pending == 1 and reading.warnings


def test_pay_12_what_has_neither_reason_nor_status_follows_its_batch() -> None:
    [paid] = answers.read(said("", "ACSC", StatusLine(FIRST)), [sent()]).outcomes
    assert paid.state == "paid"
    [back] = answers.read(said("", "RJCT", StatusLine(FIRST, "", [BankReason("AC04")])), [sent()]).outcomes
    assert back.state == "rejected"


@pytest.mark.parametrize(
    "status",
    [
        "PDNG",
        "ACTC",
        "ACCP",
        "ACSP",
        "ACWC",
        "ACWP",
        "PART",
        "PATC",
        "RCVD",
        "BLCK",
        "PRES",
        "ACFC",
        "XXXX",
        "acsc",
        "PAID",
    ],
)
@pytest.mark.parametrize("level", ["file", "batch", "payment"])
def test_pay_12_only_settled_is_paid_whatever_else_the_bank_says(status: str, level: str) -> None:
    answer = {
        "file": said(status),
        "batch": said("ACSC", status),
        "payment": said("ACSC", "ACSC", StatusLine(FIRST, status)),
    }[level]
    reading = answers.read(answer, [sent()])
    assert list(reading.outcomes) == [] and reading.pending == 1


@pytest.mark.parametrize("more", [{"original_payments": 2}, {"original_pence": 1600}])
def test_pay_12_a_batch_with_another_number_or_sum_is_refused(more: dict[str, int]) -> None:
    [reason] = applying.reasons_not_to_apply(said("", "ACSC", **more), ["RUN-1"], [sent()])
    assert "with another" in reason.text


@pytest.mark.parametrize(
    ("account", "is_ours"),
    [
        ("12345668", True),
        ("30907012345668", True),
        ("30-90-70 12345668", True),
        ("GB33BUKB30907012345668", True),
        ("****5668", True),
        ("XXXX5668", True),
        ("****5669", False),
        ("12345669", False),
        ("GB33BUKB30907012345669", False),
        ("30907112345668", False),
        ("**8", False),
    ],
)
def test_pay_12_an_answer_or_statement_is_of_our_account(account: str, is_ours: bool) -> None:
    assert applying.is_account(account, *OUR_ACCOUNT) is is_ours
    answer = said("", "", StatusLine(FIRST, "ACSC", payer_account=account))
    assert (applying.reasons_not_to_apply(answer, ["RUN-1"], [sent()], None, OUR_ACCOUNT) == []) is is_ours


@pytest.mark.parametrize("version", [f"{number:02}" for number in range(3, 15)])
def test_pay_12_answers_are_read_in_every_version(version: str) -> None:
    block = (
        "<OrgnlPmtInfAndSts><OrgnlPmtInfId>CHORUS-0000002-36CABAC7</OrgnlPmtInfId><TxInfAndSts>"
        f"<OrgnlEndToEndId>{FIRST}</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts></OrgnlPmtInfAndSts>"
    )
    [line] = bank_xml.read_answer(pain_002(f"</OrgnlGrpInfAndSts>{block}", version)).lines
    assert (line.end_to_end_id, line.status) == (FIRST, "ACSC")


def test_pay_12_what_the_bank_writes_at_length_is_kept_short() -> None:
    block = (
        "<OrgnlPmtInfAndSts><OrgnlPmtInfId>NOTPROVIDED</OrgnlPmtInfId><TxInfAndSts><OrgnlInstrId>A</OrgnlInstrId><OrgnlEndToEndId>NOTPROVIDED</OrgnlEndToEndId>"
        "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>NARR</Cd></Rsn>"
        + f"<AddtlInf>{'a' * 105}</AddtlInf>" * 50
        + "</StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>"
    )
    [line] = bank_xml.read_answer(pain_002(f"</OrgnlGrpInfAndSts>{block}")).lines
    assert line.end_to_end_id == "A" and len(line.reasons[0].information) == 500


# The statement


def entry(amount: str, way: str, details: str = "", more: str = "", status: str = "<Sts><Cd>BOOK</Cd></Sts>") -> str:
    money = f'<Amt Ccy="GBP">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd>'
    return f"<Ntry>{money}{more}{status}<BookgDt><Dt>2026-11-24</Dt></BookgDt><NtryDtls>{details}</NtryDtls></Ntry>"


def detail(reference: str, amount: str = "", more: str = "") -> str:
    money = f'<Amt Ccy="GBP">{amount}</Amt>' if amount else ""
    return f"<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>{money}{more}</TxDtls>"


INSTRUCTED = (
    '<AmtDtls><InstdAmt><Amt Ccy="GBP">15.00</Amt></InstdAmt></AmtDtls><Chrgs><Rcrd><Amt '
    'Ccy="GBP">0.25</Amt></Rcrd></Chrgs>'
)
REVERSAL = "<RvslInd>true</RvslInd>"


def ours(*references: str, state: str = "sent") -> list[bank_lines.OfOurs]:
    return [
        bank_lines.OfOurs(new_id(), reference, "CHORUS-0000001-AAAAAAAA", 1500, state, None) for reference in references
    ]


def matched(*entries: str, state: str = "sent", account: str = "") -> tuple[list[str], list[str], list[str]]:
    """References paid, references that came back, and why lines came near."""
    of = f"<Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>" if account else ""
    lines = camt.read_statement(CAMT.format(entries=of + "".join(entries)).encode(), OUR_ACCOUNT)
    found = matching.match(lines, ours(FIRST, SECOND, state=state))
    return (
        [each.reference for _, each in found.paid],
        [each.reference for _, each in found.returned],
        [*(each.fate for each in found.booked if each.fate in matching.WAITS), *(why for _, why in found.near)],
    )


@pytest.mark.parametrize(
    ("entries", "paid", "back", "near"),
    [
        # One entry for many payments: with their sums, without, and with another sum
        ([entry("30.00", "DBIT", detail(FIRST, "15.00") + detail(SECOND, "15.00"))], [FIRST, SECOND], [], []),
        ([entry("30.00", "DBIT", detail(FIRST) + detail(SECOND))], [FIRST, SECOND], [], []),
        ([entry("31.00", "DBIT", detail(FIRST) + detail(SECOND))], [], [], ["several"]),
        # The bank's charge in the same entry
        ([entry("15.25", "DBIT", detail(FIRST, "15.25", INSTRUCTED))], [FIRST], [], []),
        ([entry("15.25", "DBIT", detail(FIRST, "", INSTRUCTED))], [FIRST], [], []),
        ([entry("15.25", "DBIT", detail(FIRST, "15.25"))], [], [], ["amount"]),
        ([entry("14.75", "CRDT", detail(FIRST, "14.75", INSTRUCTED))], [], [], ["amount"]),
        # What was undone
        (
            [entry("15.00", "DBIT", detail(FIRST)), entry("15.00", "CRDT", detail(FIRST), REVERSAL)],
            [FIRST],
            [FIRST],
            [],
        ),
        ([entry("15.00", "DBIT", detail(FIRST), REVERSAL)], [], [], ["reversal"]),
        (
            [entry("15.00", "DBIT", detail(FIRST, "", "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"))],
            [],
            [],
            ["reversal"],
        ),
        (
            [
                entry("15.00", "DBIT", detail(FIRST)),
                entry("15.00", "DBIT", detail(FIRST)),
                entry("15.00", "CRDT", detail(FIRST), REVERSAL),
            ],
            [FIRST],
            [],
            [],
        ),
        # What came back because it was one of two
        (
            [
                entry("15.00", "DBIT", detail(FIRST)),
                entry("15.00", "CRDT", detail(FIRST, "", "<RtrInf><Rsn><Cd>AM05</Cd></Rsn></RtrInf>")),
            ],
            [FIRST],
            [],
            ["duplicate"],
        ),
        # What is not booked
        ([entry("15.00", "DBIT", detail(FIRST), status="<Sts><Cd>PDNG</Cd></Sts>")], [], [], []),
        ([entry("15.00", "DBIT", detail(FIRST), status="<Sts>INFO</Sts>")], [], [], []),
        ([entry("15.00", "DBIT", detail(FIRST), status="<Sts><Prtry>X</Prtry></Sts>")], [], [], []),
        ([entry("15.00", "DBIT", detail(FIRST), status="<Sts>BOOK</Sts>")], [FIRST], [], []),
    ],
)
def test_pay_12_a_statement_is_read_as_the_bank_means_it(
    entries: list[str], paid: list[str], back: list[str], near: list[str]
) -> None:
    assert matched(*entries) == (paid, back, near)


def test_pay_12_the_statement_of_another_account_is_refused() -> None:
    line = entry("15.00", "DBIT", detail(FIRST))
    assert matched(line, account="30907012345668")[0] == [FIRST]
    with pytest.raises(Refused, match="PAY-12"):
        matched(line, account="99999912345668")


# The CSV


def lines(rows: list[list[str]], columns: Columns) -> list[BankLine]:
    return bank_csv.lines_of(Table(["Date", "Words", "Out", "In"], rows), columns)


ONE, TWO = Columns(0, [1], amount=2), Columns(0, [1], paid_out=2, paid_in=3)


@pytest.mark.parametrize(
    ("texts", "pence"),
    [
        (["1.234,56", "-12,50"], [123456, -1250]),
        (["(1,234.56)"], [-123456]),
        (["(£1,234.56)"], [-123456]),
        (["1.234", "12,50"], [123400, 1250]),
        (["1,234", "12.50"], [123400, 1250]),
        (["1,234"], [123400]),
        (["1.234.567,8"], [123456780]),
        (["–15.00", '="15.00"'], [-1500, 1500]),
        (["-£ 15.00", "GBP 15.00 CR", "15.00D"], [-1500, 1500, -1500]),
    ],
)
def test_pay_12_sums_are_read_as_their_column_writes_them(texts: list[str], pence: list[int]) -> None:
    assert [line.pence for line in lines([["24/11/2026", "x", text] for text in texts], ONE)] == pence


@pytest.mark.parametrize("texts", [["1,234.56", "1.234,56"], ["12.50", "12,50"], ["1.2.3"], ["12.345"], ["fifteen"]])
def test_pay_12_sums_that_could_be_another_are_refused(texts: list[str]) -> None:
    with pytest.raises(Refused, match="PAY-12"):
        lines([["24/11/2026", "x", text] for text in texts], ONE)


@pytest.mark.parametrize(
    ("rows", "pence"),
    [
        ([("15.00", ""), ("", "20.00")], [-1500, 2000]),
        ([("15.00", "0.00"), ("0.00", "20.00")], [-1500, 2000]),
        ([("-15.00", ""), ("-1.00", "")], [-1500, -100]),
        ([("15.00", ""), ("-15.00", "")], [-1500, 1500]),
        ([("", "20.00"), ("", "-20.00")], [2000, -2000]),
    ],
)
def test_pay_12_what_is_undone_in_a_column_of_its_own_goes_the_other_way(
    rows: list[tuple[str, str]], pence: list[int]
) -> None:
    assert [line.pence for line in lines([["24/11/2026", "x", *row] for row in rows], TWO)] == pence


def test_pay_12_a_line_that_goes_out_and_comes_in_is_refused() -> None:
    with pytest.raises(Refused, match="PAY-12"):
        lines([["24/11/2026", "x", "15.00", "15.00"]], TWO)


@pytest.mark.parametrize(
    "text",
    [
        "24/11/2026",
        "24/11/26",
        "24/11/2026 10:33",
        "24/11/2026 10:33:00",
        "2026-11-24T10:33:00.000Z",
        "2026-11-24T10:33:00+00:00",
        "46350",
        "46350.5",
        "24 Nov 2026",
    ],
)
def test_pay_12_days_are_read_however_the_bank_or_excel_writes_them(text: str) -> None:
    [line] = lines([[text, "x", "1.00"]], ONE)
    assert line.day.isoformat() == "2026-11-24"


def test_pay_12_a_reversal_is_not_told_by_its_words_alone() -> None:
    line = BankLine(lines([["24/11/2026", FIRST, "15.00"]], ONE)[0].day, -1500, FIRST)
    assert len(matching.match([line], ours(FIRST)).paid) == 1
    assert [why for _, why in matching.match([replace(line, is_reversal=True)], ours(FIRST)).near] == ["reversal"]


@pytest.mark.parametrize(
    ("amount", "marker", "pence"),
    [
        ("15.00", "DR", -1500),
        ("15.00", "cr", 1500),
        ("-15.00", "Debit", -1500),
        ("15.00", "CREDIT", 1500),
        ("15.00", "D.", -1500),
    ],
)
def test_pay_12_a_column_of_its_own_says_which_way_money_went(amount: str, marker: str, pence: int) -> None:
    table = Table(
        ["Date", "Words", "Amount", "DR/CR"], [["24/11/2026", "X", amount, marker], ["24/11/2026", "Balance", "", ""]]
    )
    assert [line.pence for line in bank_csv.lines_of(table, Columns(0, [1], amount=2, marker=3))] == [pence]


def test_pay_12_a_marker_that_says_neither_is_refused_by_its_line() -> None:
    table = Table(["Date", "Words", "Amount", "DR/CR"], [["24/11/2026", "X", "15.00", "XX"]])
    with pytest.raises(Refused) as refused:
        bank_csv.lines_of(table, Columns(0, [1], amount=2, marker=3))
    assert "Line 1 below the headings says neither DR (paid out) nor CR (paid in)" in refused.value.reasons[0].text


def test_pay_12_columns_are_suggested_by_what_stands_in_them() -> None:
    marked = bank_csv.suggested(
        bank_csv.read_table(b"Date,Details,Amount,Debit/Credit\n24/11/2026,X,15.00,Debit\n25/11/2026,Y,1.00,Credit\n")
    )
    assert (marked["amount"], marked["marker"], marked["paid_out"]) == (2, 3, None)
    two = bank_csv.suggested(
        bank_csv.read_table(b"Date,Details,Debit,Credit\n24/11/2026,X,15.00,\n25/11/2026,Y,,1.00\n")
    )
    assert (two["paid_out"], two["paid_in"], two["marker"]) == (2, 3, None)


def test_pay_12_why_it_came_back_is_read_in_the_banks_own_words_too() -> None:
    own = "<RtrInf><Rsn><Prtry>ACCT CLSD</Prtry></Rsn><AddtlInf>Account closed</AddtlInf></RtrInf>"
    [line] = camt.read_statement(
        CAMT.format(entries=entry("15.00", "CRDT", detail(FIRST, "", own))).encode(), OUR_ACCOUNT
    )
    assert (line.code, line.said) == ("AC04", "ACCT CLSD: Account closed")


@pytest.mark.parametrize("line", ["24/11/2026,FPO CH0000001-0001,-15,00", "24/11/2026,FPO J, T,-15.00"])
def test_pay_12_a_line_of_more_cells_than_headings_is_not_read_by_position(line: str) -> None:
    table = bank_csv.read_table(f"Date,Words,Amount\n23/11/2026,A shop,-2.00\n{line}\n".encode())
    with pytest.raises(Refused) as refused:
        bank_csv.lines_of(table, Columns(0, [1], amount=2))
    assert "Line 2 below the headings has more parts than there are headings" in refused.value.reasons[0].text


@pytest.mark.parametrize(
    ("data", "columns"),
    [
        (b"Date,Details,Amount,\n04/03/2027,FPO CH0000001-0001,-15,50\n", Columns(0, [1], amount=2)),
        (b"Date,Amount,Details,\n04/03/2027,-15,50,FPO CH0000001-0001\n", Columns(0, [2], amount=1)),
    ],
)
def test_pay_12_a_comma_before_the_pence_never_drops_them(data: bytes, columns: Columns) -> None:
    """Even where a last heading without words leaves room for one more part."""
    with pytest.raises(Refused) as refused:
        bank_csv.lines_of(bank_csv.read_table(data), columns)
    assert "parts than there are headings" in refused.value.reasons[0].text


def test_pay_12_a_note_below_a_heading_without_words_is_no_pence() -> None:
    data = b"Date,Details,Amount,\n04/03/2027,Rent,-15.50,12\n05/03/2027,Rent,-15,Standing order\n"
    lines = bank_csv.lines_of(bank_csv.read_table(data), Columns(0, [1], amount=2))
    assert [line.pence for line in lines] == [-1550, -1500]


def test_pay_12_a_column_without_a_heading_is_one_all_the_same() -> None:
    table = bank_csv.read_table(b"Date,Words,Amount,\n24/11/2026,A shop,-2.00,x\n")
    assert [line.pence for line in bank_csv.lines_of(table, Columns(0, [1], amount=2))] == [-200]


@pytest.mark.parametrize(("day", "refused"), [(date(2026, 12, 4), False), (date(2037, 11, 29), True)])
def test_pay_12_a_line_of_a_day_that_is_still_to_come_is_not_read(day: date, refused: bool) -> None:
    assert bool(reading.reasons_not_to_take_days([BankLine(day, -1500, FIRST)], date(2026, 11, 29))) is refused
