"""PAY-12: what is not in pounds is never read as pounds, and never left out unsaid."""

import tracemalloc

import pytest

from services.payments.bank_statements.domain.bank_lines import WHY_NEAR
from services.payments.bank_statements.gateways import bank_csv, camt
from services.payments.bank_statements.gateways.bank_csv import Columns
from shared.reasons import Refused
from tests.payments.bank_statements.test_bank_shapes import FIRST, OUR_ACCOUNT, SECOND, detail, entry, matched
from tests.payments.paying.support import CAMT

ONE = Columns(0, [1], amount=2)


def pence(text: str, columns: Columns = ONE) -> list[int]:
    return [line.pence for line in bank_csv.lines_of(bank_csv.read_table(text.encode()), columns)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Date,Details,Amount,Currency\n24/11/2026,X,-15.00,EUR\n", "is in another currency (“EUR”)"),
        (
            "Date,Details,Amount,Account Ccy\n24/11/2026,X,-15.00,GBP\n24/11/2026,X,-15.00,US$\n",
            "is in another currency (“US$”)",
        ),
        ("Date,Details,Amount (EUR)\n24/11/2026,X,-15.00\n", "another currency (EUR)"),
        ("Date,Details,Amount €\n24/11/2026,X,-15.00\n", "another currency (€)"),
        ("DATE,DETAILS,AMOUNT_USD\n24/11/2026,X,-15.00\n", "another currency (USD)"),
        ("Date,Details,Amount in euros\n24/11/2026,X,-15.00\n", "another currency (EUR)"),
        ("Account,Ours\nCurrency:,EUR\nDate,Details,Amount\n24/11/2026,X,-15.00\n", "another currency (EUR)"),
        ("Date,Details,Amount\n24/11/2026,X,€15.00\n", "has a sum that we cannot read"),
    ],
)
def test_pay_12_a_csv_in_another_currency_is_refused(text: str, says: str) -> None:
    with pytest.raises(Refused) as refused:
        pence(text)
    assert says in refused.value.reasons[0].text


def test_pay_12_both_columns_of_sums_are_looked_at() -> None:
    with pytest.raises(Refused):
        pence("Date,Details,Out (EUR),In (EUR)\n24/11/2026,X,15.00,\n", Columns(0, [1], paid_out=2, paid_in=3))


@pytest.mark.parametrize(
    "text",
    [
        "Date,Details,Amount,Currency\n24/11/2026,X,-15.00,GBP\n24/11/2026,Opening balance,,EUR\n",
        "Date,Details,Amount,Currency\n24/11/2026,X,-15.00, gbp \n",
        "Date,Details,Amount,Currency\n24/11/2026,X,-15.00,Pounds Sterling\n",
        "Date,Details,Amount,Currency\n24/11/2026,X,-15.00,£\n",
        "Date,Details,Amount,Currency\n24/11/2026,X,-15.00,\n",
        "Date,Details,Amount,Original currency\n24/11/2026,X,-15.00,EUR\n",  # paid abroad by card: charged in pounds
        "Date,Details,Amount (GBP),Foreign amount (EUR)\n24/11/2026,X,-15.00,17.50\n",
        "Currency: GBP\nDate,Details,Amount £\n24/11/2026,X,-15.00\n",
        "Date,Details,AMOUNT ALL\n24/11/2026,EUR,-15.00\n",
    ],
)
def test_pay_12_what_is_in_pounds_is_read(text: str) -> None:
    assert pence(text) == [-1500]


def euros(amount: str) -> str:
    return f'<Amt Ccy="EUR">{amount}</Amt>'


AS_DETAILS = f"<AmtDtls><TxAmt>{euros('17.50')}</TxAmt></AmtDtls>"


def charged(amount: str) -> str:
    return f"<Chrgs><Rcrd>{euros(amount)}</Rcrd></Chrgs>"


@pytest.mark.parametrize(
    "entries",
    [
        [entry("15.00", "DBIT", detail(FIRST, "", euros("17.50")))],
        [entry("15.00", "DBIT", detail(FIRST, "", euros("15.00")))],
        [entry("15.00", "DBIT", detail(FIRST, "", AS_DETAILS))],
        [entry("15.00", "DBIT", detail(FIRST, "15.00", AS_DETAILS.replace("TxAmt", "InstdAmt")))],
        [entry("15.00", "DBIT", detail(FIRST, "15.00", charged("1.00")))],
        [entry("15.00", "CRDT", detail(FIRST, "", euros("15.00")))],
        [entry("30.00", "DBIT", detail(FIRST, "15.00") + detail(SECOND, "", euros("17.50")))],
    ],
)
def test_pay_12_what_was_paid_in_another_currency_is_no_payment_of_ours_before_somebody_has_looked(
    entries: list[str],
) -> None:
    assert matched(*entries) == ([], [], ["currency"])
    assert "another currency" in WHY_NEAR["currency"]


def test_pay_12_an_entry_in_another_currency_is_refused() -> None:
    with pytest.raises(Refused, match="PAY-12") as refused:
        matched(entry("15.00", "DBIT", detail(FIRST)).replace('Ccy="GBP"', 'Ccy="EUR"', 1))
    assert "another currency (EUR)" in refused.value.reasons[0].text


def test_pay_12_the_account_in_euros_under_the_same_number_is_another_account() -> None:
    of = f"<Acct><Id><Othr><Id>{''.join(OUR_ACCOUNT)}</Id></Othr></Id><Ccy>EUR</Ccy></Acct>"
    with pytest.raises(Refused) as refused:
        camt.read_statement(CAMT.format(entries=of + entry("15.00", "DBIT", detail(FIRST))).encode(), OUR_ACCOUNT)
    assert "another account" in refused.value.reasons[0].text


@pytest.mark.parametrize(
    "rest",
    [b"1,2,3\n" * 1_700_000, b"\n" * 10_000_000, b"ab," * 3_500_000, b"12,34\n" * 1_700_000, b'"' + b"1\n" * 5_000_000],
    ids=["lines", "blank", "cells", "short", "quote"],
)
def test_pay_12_a_statement_that_is_too_big_is_refused_before_it_is_held(rest: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Refused):
            bank_csv.read_table(b"Date,Details,Amount\n24/11/2026,X,1.00\n" + rest)
        assert tracemalloc.get_traced_memory()[1] < 120_000_000
    finally:
        tracemalloc.stop()
