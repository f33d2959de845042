"""The account's own statement as XML (camt.053, PAY-12)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from services.payments.bank_statements.domain.bank_lines import BankLine, without_charges
from services.payments.bank_statements.gateways.currencies import is_pounds
from services.payments.bank_statements.gateways.days import day_of
from services.payments.owing.domain.bank_reasons import BankReason, code_of, words_of
from services.payments.paying.domain import bank_files
from services.payments.paying.domain.applying import is_account
from services.payments.paying.gateways.bank_xml import LONGEST_CODE, Tree, parsed, pence_or_none, reference_in
from shared.reasons import refuse

_STATEMENT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(\d\d)\}")


def read_statement(data: bytes, account: tuple[str, str] | None = None) -> list[BankLine]:
    """The booked entries of a camt.053 statement, those of a batch one by one. account: our sort code and number;
    entries of other accounts are not ours. Raises Refused and says in plain words what is wrong."""
    root = parsed(data, "statement", "the account’s statement (camt.053)")
    statement = root.first("BkToCstmrStmt")
    if statement is None or _STATEMENT.fullmatch(root.namespace) is None:
        refuse(bank_files.NO_KNOWN_STATEMENT)
    found = statement.all("Stmt")
    ours = [each for each in found if account is None or _is_of(each, account)]
    if found and not ours:
        refuse(bank_files.OTHER_ACCOUNT)
    return [line for each in ours for entry in each.all("Ntry") if _is_booked(entry) for line in _lines_of(entry)]


def _is_of(statement: Tree, account: tuple[str, str]) -> bool:
    """A statement that names no account is taken to be ours. One number may have an account in each currency."""
    if not is_pounds(statement.text("Acct/Ccy")):
        return False
    said = statement.text("Acct/Id/Othr/Id", "Acct/Id/IBAN")
    return not said or is_account(said, *account)


def _is_booked(entry: Tree) -> bool:
    """Excludes what is announced or pending, which may never come."""
    status = entry.first("Sts")
    return status is None or (status.text("Cd") or (status.element.text or "").strip()) == "BOOK"


def _lines_of(entry: Tree) -> list[BankLine]:
    """One line for each payment that an entry names, or one for the entry if it names none: a bank may book a whole
    file at once. A payment in another currency is marked as such; the entry has the sum in pounds. Refuses an entry
    in another currency."""
    day = _day(entry.text("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"))
    whole = BankLine(
        day,
        _signed(entry),
        "",
        is_reversal=entry.text("RvslInd") in ("true", "1"),
        currency=_other_charged(entry),
        reference=entry.text("AcctSvcrRef"),
        also_on=_other_days(entry, day),
    )
    details = [each for block in entry.all("NtryDtls") for each in block.all("TxDtls")]
    if not details:
        batch = entry.text("NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/MsgId")
        return [replace(whole, text=_joined(batch, entry.text("AddtlNtryInf"), entry.text("NtryRef")))]
    if len(details) > 1 and any(_pounds_of(detail) is None for detail in details):
        # The bank does not say which of them has which sum: the entry has one sum and names all of them.
        named = [_reference_of(detail) for detail in details]
        other = next(filter(None, map(_other_currency, details)), "") or whole.currency
        return [replace(whole, text=_joined(*named, entry.text("AddtlNtryInf")), currency=other)]
    return [_line_of(detail, entry, whole, is_alone=len(details) == 1) for detail in details]


def _line_of(detail: Tree, entry: Tree, whole: BankLine, *, is_alone: bool) -> BankLine:
    """One payment of an entry. What the bank says of the whole entry is said of a payment that is alone in it."""
    amount = _pounds_of(detail)
    pence = whole.pence if amount is None else _with_sign(amount, detail.text("CdtDbtInd") or entry.text("CdtDbtInd"))
    charges = _charges(detail) + (_charges(entry) if is_alone else 0)
    pence = without_charges(pence, _instructed(detail), charges)
    why = _why_it_came_back(detail)
    text = _joined(
        _reference_of(detail),
        detail.text("RmtInf/Ustrd"),
        detail.text("RltdPties/Cdtr/Nm", "RltdPties/Cdtr/Pty/Nm"),
        # for money that left, that is us
        detail.text("RltdPties/Dbtr/Nm", "RltdPties/Dbtr/Pty/Nm") if pence > 0 else "",
        detail.text("AddtlTxInf"),
        entry.text("AddtlNtryInf"),
    )
    return replace(
        whole,
        pence=pence,
        text=text,
        code=code_of(why),
        said=words_of(why),
        currency=_other_currency(detail) or (whole.currency if is_alone else ""),
        reference=detail.text("Refs/AcctSvcrRef") or (whole.reference if is_alone else ""),
        also_on=whole.also_on | _other_days(detail, whole.day),
    )


def _joined(*words: str) -> str:
    return " ".join(filter(None, words))


_DAYS = ("BookgDt", "ValDt", "RltdDts/TxDtTm", "RltdDts/AccptncDtTm", "RltdDts/IntrBkSttlmDt")
DAYS_APART = 5
"""Between the order date and the value date: over a long weekend."""


def _other_days(level: Tree, day: date) -> frozenset[date]:
    said = filter(None, (level.text(path, f"{path}/Dt", f"{path}/DtTm") for path in _DAYS))
    days = {day_of(each[:10]) for each in said} - {None, day}
    return frozenset(each for each in days if each is not None and abs((each - day).days) <= DAYS_APART)


def _why_it_came_back(detail: Tree) -> BankReason:
    information = " ".join((each.element.text or "").strip() for each in detail.all("RtrInf/AddtlInf"))
    return BankReason(
        detail.text("RtrInf/Rsn/Cd")[:LONGEST_CODE], detail.text("RtrInf/Rsn/Prtry")[:35], information[:500]
    )


def _reference_of(detail: Tree) -> str:
    return reference_in(detail.text("Refs/EndToEndId")) or detail.text("Refs/InstrId", "Refs/PmtInfId")


_AMOUNTS = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt")
_CHARGES = ("Chrgs/Rcrd/Amt", "Chrgs/Amt")


def _other_currency(detail: Tree) -> str:
    """The currency in which it was paid or charged, if not pounds: no payment of ours has one."""
    return _other_of(detail, (*_AMOUNTS, *_CHARGES))


def _other_charged(entry: Tree) -> str:
    return _other_of(entry, ("AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt", *_CHARGES))


def _other_of(level: Tree, paths: Sequence[str]) -> str:
    said = (amount.element.get("Ccy", "") for path in paths for amount in level.all(path))
    return next((currency[:3] for currency in said if not is_pounds(currency)), "")


def _pounds_of(detail: Tree) -> Tree | None:
    """Its sum in pounds, if given."""
    found = (detail.first(path) for path in _AMOUNTS)
    return next((amount for amount in found if amount is not None and is_pounds(amount.element.get("Ccy", ""))), None)


def _instructed(detail: Tree) -> int | None:
    """Pence that were asked for; None if the bank does not say, or if in another currency."""
    amount = detail.first("AmtDtls/InstdAmt/Amt")
    return (
        None
        if amount is None or not is_pounds(amount.element.get("Ccy", ""))
        else pence_or_none(amount.element.text or "", "statement")
    )


def _charges(level: Tree) -> int:
    """Pence that the bank charged for it; older versions have no record element."""
    found = [amount for path in _CHARGES for amount in level.all(path)]
    return sum(
        pence_or_none(amount.element.text or "", "statement") or 0
        for amount in found
        if is_pounds(amount.element.get("Ccy", ""))
    )


def _signed(entry: Tree) -> int:
    return _with_sign(entry.first("Amt"), entry.text("CdtDbtInd"))


def _with_sign(amount: Tree | None, direction: str) -> int:
    if amount is None or direction not in ("CRDT", "DBIT"):
        refuse(bank_files.STATEMENT_INCOMPLETE)
    if not is_pounds(currency := amount.element.get("Ccy", "")):
        refuse(bank_files.other_currency(currency, "statement"))
    pence = pence_or_none(amount.element.text or "", "statement") or 0
    return pence if direction == "CRDT" else -pence


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        refuse(bank_files.STATEMENT_INCOMPLETE)
