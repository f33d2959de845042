"""The demo's bank: reads a payment file (ISO 20022 pain.001) as a bank would, pays it, and answers (pain.002)."""

from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from deploy.demo.visitor import NotAsExpected

_FILE = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"


@dataclass(frozen=True)
class Payment:
    end_to_end_id: str
    pence: int
    sort_code: str
    account_number: str


@dataclass(frozen=True)
class PaymentFile:
    message_id: str
    payment_information_id: str
    payments: tuple[Payment, ...]


def read(data: bytes) -> PaymentFile:
    """Parse a payment file again and check its own sums: the number of payments and their total."""
    root = ElementTree.fromstring(data)
    found = tuple(
        Payment(
            end_to_end_id=_text(payment, "PmtId/EndToEndId"),
            pence=_pence(_text(payment, "Amt/InstdAmt")),
            sort_code=_text(payment, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId"),
            account_number=_text(payment, "CdtrAcct/Id/Othr/Id"),
        )
        for payment in root.iter(f"{_FILE}CdtTrfTxInf")
    )
    header = "CstmrCdtTrfInitn/GrpHdr"
    if int(_text(root, f"{header}/NbOfTxs")) != len(found) or _pence(_text(root, f"{header}/CtrlSum")) != sum(
        each.pence for each in found
    ):
        raise NotAsExpected("the payment file's own sums are wrong")
    return PaymentFile(_text(root, f"{header}/MsgId"), _text(root, "CstmrCdtTrfInitn/PmtInf/PmtInfId"), found)


def answer(file: PaymentFile, at: datetime) -> bytes:
    """Everything was paid."""
    lines = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{escape(payment.end_to_end_id)}</OrgnlEndToEndId><TxSts>ACSC</TxSts>"
        f'<OrgnlTxRef><Amt><InstdAmt Ccy="GBP">{payment.pence / 100:.2f}</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>'
        for payment in file.payments
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document '
        'xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>ANSWER-{at:%Y%m%d%H%M%S}</MsgId><CreDtTm>{at:%Y-%m-%dT%H:%M:%S}</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{escape(file.message_id)}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{escape(file.payment_information_id)}</OrgnlPmtInfId>{lines}</OrgnlPmtInfAndSts>"
        "</CstmrPmtStsRpt></Document>"
    ).encode()


def _text(element: ElementTree.Element, path: str) -> str:
    found = element.find("/".join(_FILE + part for part in path.split("/")))
    if found is None or not found.text:
        raise NotAsExpected(f"the payment file has no {path}")
    return found.text.strip()


def _pence(amount: str) -> int:
    whole, _, part = amount.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0")[:2] or 0)
