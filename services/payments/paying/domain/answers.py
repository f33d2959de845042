"""What a bank's answer to a payment run says (PAY-12). In ISO 20022 the file, a batch or one payment may each have a
status and a reason; the most specific that says something counts. Amounts are pence."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from services.payments.owing.domain.bank_reasons import (
    PAYEE_REASONS,
    UNSAID,
    BankReason,
    asks_payee,
    code_of,
    is_about_us,
    is_ours_to_mend,
    says_it_was_had,
    words_of,
)
from services.payments.owing.domain.movements import Movements, is_known_to_be_back
from shared.clock import london_date

Level = Literal["file", "batch", "payment"]


@dataclass(frozen=True, slots=True)
class StatusLine:
    """What the bank says of one payment; status is "" if it gives none. amount_pence: as the bank repeats it, None
    if it does not. payer_account: the account that it says paid, or ""."""

    end_to_end_id: str
    status: str = ""
    reasons: Sequence[BankReason] = ()
    amount_pence: int | None = None
    payer_account: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """A block of the answer: what it says of its batch and of payments in it. original_payments, original_pence: how
    many payments the batch had, and their sum, if the bank says so. A file of ours has one batch."""

    original_id: str
    status: str = ""
    reasons: Sequence[BankReason] = ()
    lines: Sequence[StatusLine] = ()
    original_payments: int | None = None
    original_pence: int | None = None


@dataclass(frozen=True, slots=True)
class BankAnswer:
    """written_at: when the bank wrote it, by its own clock; None if the file does not say. original_payments,
    original_pence: how many payments the answered file had, and their sum, if it says so."""

    message_id: str
    original_message_id: str
    status: str = ""
    reasons: Sequence[BankReason] = ()
    batches: Sequence[Batch] = ()
    written_at: datetime | None = None
    original_payments: int | None = None
    original_pence: int | None = None

    @property
    def lines(self) -> list[StatusLine]:
        return [line for batch in self.batches for line in batch.lines]


@dataclass(frozen=True, slots=True)
class SentPayment:
    """One payment of ours: its EndToEndId, pence, its state (sent, paid, rejected, returned, perhaps-gone,
    said-not-gone) and since when. known: of its money."""

    end_to_end_id: str
    amount_pence: int
    state: str
    ended_at: datetime | None = None
    known: Movements | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What the bank says of one payment in the end: its status and the reason, and the level at which it gives each."""

    end_to_end_id: str
    status: str
    level: Level
    reason: BankReason = field(default=BankReason())
    reason_level: Level = "file"
    reasons: tuple[BankReason, ...] = ()
    """All that it gives, at every level."""


Ending = Literal["paid", "rejected"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens to one payment: it was paid, was not paid, or was paid and came back. is_ours: we know that the
    fault is at our end."""

    end_to_end_id: str
    state: Literal["paid", "rejected", "returned"]
    reason_code: str = ""
    is_ours: bool = False

    @property
    def asks_payee(self) -> bool:
        """PAY-12: if not, it is owed again and only finance has anything to do."""
        return self.state != "paid" and not self.is_ours and asks_payee(self.reason_code)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer changes. pending: payments that are still on their way afterwards. went_out: those that the bank
    says it paid, and that we do not count as sent or paid, or as come back: somebody looks at them first."""

    outcomes: Sequence[Outcome]
    said: Sequence[Said]
    pending: int
    warnings: Sequence[str] = field(default=())
    went_out: Sequence[str] = field(default=())

    def without(self, cannot: Collection[str]) -> "Reading":
        """PAY-12: payments whose money went again meanwhile are not paid by the answer: somebody looks at them."""
        stay = [outcome for outcome in self.outcomes if outcome.end_to_end_id not in cannot]
        return replace(self, outcomes=stay, went_out=[*self.went_out, *sorted(cannot)])

    @property
    def counts(self) -> dict[str, Any]:
        """How many payments were paid, were not, and came back."""
        return {
            state: sum(outcome.state == state for outcome in self.outcomes)
            for state in ("paid", "rejected", "returned")
        }


PAID_STATUSES = frozenset({"ACSC", "ACCC"})
"""Settled, or on the person's account. A status that only says "accepted" or "pending" ends nothing."""
REJECTED_STATUSES = frozenset({"RJCT", "CANC"})
"""Refused, or cancelled because we asked for it: the money stays with us."""
PENDING_STATUSES = frozenset(
    {"ACCP", "ACFC", "ACSP", "ACTC", "ACWC", "ACWP", "BLCK", "PATC", "PART", "PDNG", "PRES", "RCVD", ""}
)


def ending(status: str) -> Ending | None:
    if status in PAID_STATUSES:
        return "paid"
    return "rejected" if status in REJECTED_STATUSES else None


def said_of_each(answer: BankAnswer, payments: Sequence[SentPayment]) -> list[Said]:
    """PAY-12: for each payment what the most specific level says: its own line, its batch, or the file."""
    lines = {line.end_to_end_id: (line, batch) for batch in answer.batches for line in batch.lines}
    of_all = _said_of_batch(answer.batches)
    said = []
    for payment in payments:
        line, batch = lines.get(payment.end_to_end_id, (None, of_all))
        levels: list[tuple[Level, str, Sequence[BankReason]]] = [("file", answer.status, answer.reasons)]
        if batch is not None:
            levels.insert(0, ("batch", batch.status, batch.reasons))
        if line is not None:
            levels.insert(0, ("payment", line.status, line.reasons))
        level, status = _lowest(levels)
        if ending(status) == "paid" and any(
            reasons for below, own, reasons in levels[: _depth(levels, level)] if not own
        ):
            level, status = levels[0][0], ""  # a reason below without a status does not confirm "paid": ask the bank
        beside = [reason for other in answer.batches if other is not batch for reason in other.reasons]
        reasons = [*(reason for _, _, of_level in levels for reason in of_level), *beside]
        said.append(Said(payment.end_to_end_id, status, level, *_reason(levels, status), tuple(reasons)))
    return said


def words_of_all(said: Said) -> str:
    """PAY-12: what the bank wrote about a payment, at every level, for staff only; codes alone where they say nothing
    clear."""
    kept = [said.reason, *(each for each in said.reasons if each != said.reason)]
    words = [words_of(each) or ("" if each is said.reason else each.code) for each in kept]
    return "; ".join(dict.fromkeys(filter(None, words)))


def _lowest(levels: Sequence[tuple[Level, str, Sequence[BankReason]]]) -> tuple[Level, str]:
    for level, status, _ in levels:
        if status:
            return level, status
    return "file", ""


def _depth(levels: Sequence[tuple[Level, str, Sequence[BankReason]]], level: Level) -> int:
    """How many levels lie below this one."""
    return [each for each, _, _ in levels].index(level)


def _said_of_batch(batches: Sequence[Batch]) -> Batch | None:
    """What the batches say of payments that they do not name: nothing if they disagree."""
    speaking = sorted((batch for batch in batches if batch.status or batch.reasons), key=lambda batch: not batch.status)
    return speaking[0] if speaking and len({ending(batch.status) for batch in speaking if batch.status}) <= 1 else None


def _reason(levels: Sequence[tuple[Level, str, Sequence[BankReason]]], status: str) -> tuple[BankReason, Level]:
    """The most specific reason, among levels that have no status or one that ends the payment in the same way; but
    first of all that the bank has it already."""
    found: list[tuple[Level, Sequence[BankReason]]] = [
        (level, reasons) for level, own, reasons in levels if reasons and (not own or ending(own) == ending(status))
    ]
    for level, reasons in found:
        if had := next(filter(says_it_was_had, reasons), None):
            return had, level
    for level, reasons in found:
        return _weightiest(reasons, at_payment=level == "payment"), level
    return BankReason(), levels[0][0]


def _weightiest(reasons: Sequence[BankReason], *, at_payment: bool) -> BankReason:
    """One of several reasons: the first that the payee can mend, else the first that we know, else the first."""
    known = [reason for reason in reasons if at_payment and code_of(reason) in PAYEE_REASONS] or [
        reason for reason in reasons if code_of(reason) not in UNSAID
    ]
    known = known or [reason for reason in reasons if code_of(reason)]
    return (known or list(reasons))[0]


# What it does


def _went_out(answer: BankAnswer, end: Ending | None, payment: SentPayment) -> bool:
    """PAY-12: the bank's word that money went outweighs every word that it did not, whenever either was said; only
    once the account's statement shows it coming back, one that was written before is old news."""
    if end != "paid" or payment.state == "made":
        return end == "paid"
    if payment.state not in ("rejected", "returned") or (payment.known is not None and payment.known.losses):
        return False
    is_seen_back = payment.known is not None and bool(payment.known.back)
    return not (payment.state == "returned" and is_seen_back and _is_before(answer, payment))


def _is_before(answer: BankAnswer, payment: SentPayment) -> bool:
    """Whether the bank wrote this before the payment ended in another way, so that it is old news."""
    return answer.written_at is not None and payment.ended_at is not None and answer.written_at < payment.ended_at


def read(answer: BankAnswer, payments: Sequence[SentPayment], taken_out: Collection[str] | None = None) -> Reading:
    """PAY-12: what the answer ends. A status of the file or a batch ends only payments on their way; a confirmed
    payment comes back only if the bank names it. taken_out: if the file was made again since, the payments that no
    later file holds."""
    said = said_of_each(answer, payments)
    told_on = london_date(answer.written_at) if answer.written_at else date.max
    outcomes = [
        outcome
        for each, payment in zip(said, payments, strict=True)
        if (outcome := _outcome(each, payment, told_on)) is not None
    ]
    ended = {outcome.end_to_end_id for outcome in outcomes}
    pending = sum(payment.state == "sent" and payment.end_to_end_id not in ended for payment in payments)
    went_out = [
        each.end_to_end_id
        for each, payment in zip(said, payments, strict=True)
        if _went_out(answer, ending(each.status), payment)
    ]
    warnings = _warnings(answer, said, [*outcomes, *went_out], pending)
    warnings += _refused_after_it_was_paid(said, payments)
    reading = Reading(outcomes, said, pending, warnings, went_out)
    return reading if taken_out is None else _of_what_was_taken_out(reading, taken_out)


def _of_what_was_taken_out(reading: Reading, taken: Collection[str]) -> Reading:
    """PAY-12: the file was made again since. Payments that are still in the run are in a later file too, and wait
    for the answer to that one."""
    outcomes = [outcome for outcome in reading.outcomes if outcome.end_to_end_id in taken]
    warnings = list(reading.warnings)
    if twice := sorted(
        said.end_to_end_id for said in reading.said if ending(said.status) == "paid" and said.end_to_end_id not in taken
    ):
        shown = f"{', '.join(twice[:3])}{' and others' if len(twice) > 3 else ''}"
        warnings.append(
            f"This answers a file that was made again since. {shown} stand in the new file, too, and may be paid "
            "twice: ask the bank to stop them."
        )
    return replace(reading, outcomes=outcomes, warnings=warnings)


def was_had(said: Said) -> bool:
    """PAY-12: refused because the bank has it already. It ends nothing: what became of the first, its own answer or
    the account says."""
    return ending(said.status) == "rejected" and says_it_was_had(said.reason)


def may_say_it_came_back(said: Said) -> bool:
    """PAY-12: of what was paid. A refusal may be about a second upload of the same file: only the bank's own code
    beside the payment, for the payee's account, says something of money that had arrived."""
    told = {said.reason.code, said.reason.proprietary.upper()} & PAYEE_REASONS.keys()
    of_payment = said.level == said.reason_level == "payment"
    return ending(said.status) == "rejected" and of_payment and bool(told) and code_of(said.reason) in PAYEE_REASONS


def _outcome(said: Said, payment: SentPayment, told_on: date) -> Outcome | None:
    end = ending(said.status)
    if end is None or was_had(said):
        return None
    if payment.state in ("sent", "perhaps-gone") or (payment.state == "said-not-gone" and end == "paid"):
        state = end
    elif payment.state == "paid" and may_say_it_came_back(said):
        if payment.known is not None and is_known_to_be_back(payment.known, told_on):
            return None
        state = "returned"
    else:
        return None
    if state == "paid":
        return Outcome(payment.end_to_end_id, state)
    said_of_all = said.level if said.reason == BankReason() else said.reason_level
    code = code_of(said.reason)
    of_us = code not in PAYEE_REASONS and is_about_us(words_of(said.reason))
    is_ours = said.status == "CANC" or said_of_all != "payment" or of_us or is_ours_to_mend(code)
    return Outcome(payment.end_to_end_id, state, code, is_ours)


def _refused_after_it_was_paid(said: Sequence[Said], payments: Sequence[SentPayment]) -> list[str]:
    refused = [
        each.end_to_end_id
        for each, payment in zip(said, payments, strict=True)
        if payment.state == "paid"
        and ending(each.status) == "rejected"
        and not (was_had(each) or may_say_it_came_back(each))
    ]
    if not refused:
        return []
    return [
        f"The bank refused {', '.join(refused[:3])}{' and others' if len(refused) > 3 else ''}, which was paid before. "
        "Perhaps it had the file twice. Look at our account: if the money is back, say so beside the payment."
    ]


def _warnings(answer: BankAnswer, said: Sequence[Said], changes: Sequence[object], pending: int) -> list[str]:
    warnings = []
    if not changes:
        warnings.append(
            "This answer ends nothing." + (f" {pending} still wait for the bank’s last word." if pending else "")
        )
    statuses = {answer.status, *(batch.status for batch in answer.batches), *(each.status for each in said)}
    if unknown := sorted(status for status in statuses if ending(status) is None and status not in PENDING_STATUSES):
        warnings.append(f"We do not know what the bank means by {', '.join(unknown)}. Ask the bank.")
    if had := [each.end_to_end_id for each in said if was_had(each)]:
        warnings.append(
            f"The bank refused {', '.join(had[:3])}{' and others' if len(had) > 3 else ''}, and we understand that it "
            "has that already, from an earlier file. So it may have paid it: wait for the answer to the first file, or "
            "look at the bank’s statement. Then say beside each payment what happened to it."
        )
    lines = {line.end_to_end_id: line for line in answer.lines}
    odd = [
        each.end_to_end_id
        for each in said
        if not each.status and (line := lines.get(each.end_to_end_id)) is not None and line.reasons
    ]
    if odd:
        warnings.append(
            f"The bank gives a reason but no status for {', '.join(odd[:3])}{' and others' if len(odd) > 3 else ''}. "
            "Ask the bank."
        )
    if len({ending(batch.status) for batch in answer.batches if batch.status}) > 1 and pending:
        warnings.append(
            "The bank says more than one thing of its batches, so payments that it does not name were left as they are."
        )
    return warnings
