"""Whether a bank's answer to a payment run may be applied (PAY-12)."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from services.payments.paying.domain.answers import BankAnswer, SentPayment, ending, said_of_each, was_had
from shared.reasons import Reason


def reasons_not_to_apply(
    answer: BankAnswer,
    message_ids: Iterable[str],
    payments: Sequence[SentPayment],
    newest: datetime | None = None,
    account: tuple[str, str] | None = None,
) -> list[Reason]:
    """PAY-12: the answer must be to this run, and agree with it in every id, number, amount and account. A payment
    that was confirmed may come back later; nothing else reverses an end. newest: when the newest earlier answer was
    written. account: our sort code and number."""
    if answer.original_message_id not in set(message_ids):
        return _refused("This answer belongs to another payment run.")
    lines = answer.lines
    if len({line.end_to_end_id for line in lines}) != len(lines):
        named = Counter(line.end_to_end_id for line in lines)
        twice = ", ".join(sorted(reference for reference, times in named.items() if times > 1)[:3])
        return _refused(
            f"This answer names a payment more than once: {twice}. Ask the bank for a file that says one thing of each."
        )
    if any(
        batch.original_id != answer.original_message_id
        for batch in answer.batches
        if batch.original_id not in ("", "NOTPROVIDED")
    ):
        return _refused("This answer names a batch that is not in this run.")
    if account and any(not is_account(line.payer_account, *account) for line in lines if line.payer_account):
        return _refused("This answer is about payments from another account. Ask the bank.")
    if reasons := _reasons_of_numbers(answer, payments):
        return reasons
    return _reasons_of_ends(answer, payments, newest)


def _reasons_of_numbers(answer: BankAnswer, payments: Sequence[SentPayment]) -> list[Reason]:
    known = {payment.end_to_end_id: payment for payment in payments}
    for line in answer.lines:
        if line.end_to_end_id not in known:
            return _refused("This answer names a payment that is not in this run.")
        if line.amount_pence is not None and line.amount_pence != known[line.end_to_end_id].amount_pence:
            return _refused("An amount in this answer differs from what we sent. Ask the bank.")
    levels = [
        (answer.original_payments, answer.original_pence),
        *((batch.original_payments, batch.original_pence) for batch in answer.batches),
    ]
    if any(number is not None and number != len(payments) for number, _ in levels):
        return _refused("This answer is about a file with another number of payments. Ask the bank.")
    if any(pence is not None and pence != sum(payment.amount_pence for payment in payments) for _, pence in levels):
        return _refused("This answer is about a file with another sum. Ask the bank.")
    return []


def _reasons_of_ends(answer: BankAnswer, payments: Sequence[SentPayment], newest: datetime | None) -> list[Reason]:
    by_id = {payment.end_to_end_id: payment for payment in payments}
    for said in said_of_each(answer, payments):
        payment, end = by_id[said.end_to_end_id], ending(said.status)
        if was_had(said):
            continue
        if end == "rejected" and payment.state == "paid" and said.level != "payment":
            return _refused("This answer says something else than an earlier one. Ask the bank.")
        if (
            end == "rejected"
            and payment.state == "paid"
            and newest is not None
            and answer.written_at is not None
            and answer.written_at < newest
        ):
            return _refused("This answer is older than one that we have, and says something else. Ask the bank.")
    return []


def is_account(said: str, sort_code: str, number: str) -> bool:
    """Whether the bank means this account: by number, by sort code and number, as an IBAN, or with its first digits
    hidden. If our own account is not configured, any account will do."""
    if not number:
        return True
    plain = "".join(character for character in said if character.isalnum() or character in "*•").upper()
    shown = re.split(r"[*•X]+", plain)[-1] if re.search(r"[*•]|X{2,}", plain) else ""
    if shown:
        return len(shown) >= 3 and (sort_code + number).endswith(shown)
    return plain in (number, sort_code + number) or (plain[:2].isalpha() and plain.endswith(sort_code + number))


def _refused(text: str) -> list[Reason]:
    return [Reason("PAY-12", f"{text} Nothing was changed.", "answer")]
