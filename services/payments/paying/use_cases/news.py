"""What is published of payments that ended (PAY-07, PAY-12)."""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from services.payments.claims.domain.claims import ClaimState
from services.payments.claims.use_cases import waiting as waiting_use_cases
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.bank_reasons import FAULTS
from shared.db import Transaction, one_of, participant_of
from shared.events import Event
from shared.events.payments import ClaimOwedAgain, ClaimPaid, ClaimReturned


@dataclass(frozen=True, slots=True)
class Ended:
    """payment: a row of locked_payments(). state: paid, rejected or returned. code: the bank's, or the word that a
    person chose. asks_payee: whether their account is at fault, so that they are asked; otherwise it can go again at
    once. said: the bank's own words. day: on which the account's statement shows it coming back."""

    payment: Row[Any]
    state: str
    code: str = ""
    asks_payee: bool = False
    said: str = ""
    day: date | None = None
    comes_back: bool = False
    """It was paid, and the same statement shows it coming back, which is all that its owner hears."""

    @property
    def is_decided_again(self) -> bool:
        """PAY-17: the register has taken some of it, or all, so that nobody is promised it, or asked where it goes,
        before the rest is decided."""
        return self.state != "paid" and self.payment.decided_again


def still_news(said: Iterable[Event], stay: Set[UUID]) -> list[Event]:
    """PAY-12: leaves out the news that something came back for claims that stay paid (stay) because their owner
    keeps what had counted as lost: that they are paid is all there is to say."""
    back = (ClaimOwedAgain, ClaimReturned)
    return [each for each in said if not (isinstance(each, back) and each.claim_id in stay)]


def as_heard(instead: Iterable[Event], heard: Set[tuple[UUID, int]]) -> list[Event]:
    """PAY-12: whoever has heard that they are paid a sum does not hear it again of the payment that stands in the
    place of the one that came back. heard: claims and pence."""
    return [
        each.model_copy(update={"heard_before": (each.claim_id, each.amount_pence) in heard})
        if isinstance(each, ClaimPaid)
        else each
        for each in instead
    ]


async def still_to_come(tx: Transaction, ended: Sequence[Ended]) -> dict[UUID, Row[Any]]:
    """What each claim still has to come, by the claim's id: a claim leaves in two ways at most (PAY-08)."""
    payables = owing_tables.payables
    ids = {each.payment.claim_id for each in ended if each.state == "paid"}
    to_come = payables.c.state.in_(["owed", "in-run", "returned"])
    rows = await tx.all(
        select(payables.c.claim_id, payables.c.method, payables.c.amount_pence).where(
            one_of(payables.c.claim_id, ids), to_come
        )
    )
    return {row.claim_id: row for row in rows}


async def to_say(
    tx: Transaction, ended: Sequence[Ended], claims: dict[UUID, Row[Any]], to_come: dict[UUID, Row[Any]]
) -> list[Event]:
    """One event for each payment that was paid, for each claim whose owner is asked something, and for what finance
    has to pay again. What is decided again is told then."""
    left = Counter(each.payment.claim_id for each in ended)
    again = [each.payment for each in ended if each.state == "returned" and not each.asks_payee]
    waiting = await waiting_use_cases.waiting_for_bank(tx, [payment.claim_id for payment in again])
    first = await owing.what_comes_first_for(tx, _ways_of_each(again))
    events: list[Event] = []
    for each in ended:
        claim, payment = claims[each.payment.claim_id], each.payment
        left[claim.id] -= 1
        facts = {
            "version": claim.version - left[claim.id],
            "claim_id": claim.id,
            "opportunity_id": claim.opportunity_id,
            "session_id": claim.session_id,
            "participant": participant_of(claim),
        }
        if each.state == "paid":
            more = to_come.get(claim.id)
            rest = {"rest_pence": more.amount_pence, "rest_recognition": more.method} if more is not None else {}
            events.append(
                ClaimPaid(
                    **facts,
                    amount_pence=payment.amount_pence,
                    recognition=payment.method,
                    payment_run_id=payment.run_id,
                    heard_before=each.comes_back,
                    asks_owner=claim.state == ClaimState.RETURNED,
                    **rest,
                )
            )
        elif each.is_decided_again:
            continue
        elif each.asks_payee:
            fault = FAULTS.get(each.code, "")
            events.append(ClaimReturned(**facts, amount_pence=payment.amount_pence, fault=fault))
        elif each.state == "returned":
            because = each.code if each.code in ("lost", "taken-back") else "came-back"
            said: dict[str, Any] = {"because": because, "on_hold": claim.held, "waits_for_bank": claim.id in waiting}
            said["asks_owner"] = claim.state == ClaimState.RETURNED
            said |= {"amount_pence": payment.amount_pence, "pay_by": claim.pay_by, "aim_by": claim.target_day}
            said |= first[payment.participant_id]
            events.append(ClaimOwedAgain(**facts, **said))
    return events


def _ways_of_each(payments: Iterable[Row[Any]]) -> dict[UUID, set[str]]:
    ways: dict[UUID, set[str]] = {}
    for payment in payments:
        ways.setdefault(payment.participant_id, set()).add(payment.method)
    return ways
