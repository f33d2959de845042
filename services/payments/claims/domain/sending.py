"""Sending a claim, taking nothing, and thinking again (PAY-06, PAY-08)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.payments.claims.domain.claims import (
    BEFORE_APPROVAL,
    ClaimState,
    Line,
    LineState,
    amounts,
    reasons_not_to_change,
)
from services.payments.claims.domain.thanks import THANKS_WITHOUT_MONEY, needs_bank
from shared.reasons import Reason

NOT_IN_THE_REGISTER = Reason(
    "PAY-17",
    "We have it written down that you did not take part, so there is nothing to claim. If that is wrong, ask us to "
    "put it right.",
)


@dataclass(frozen=True, slots=True)
class ToSend:
    state: ClaimState
    recognition: str | None
    expenses_method: str | None
    lines: Sequence[Line]
    has_bank_details: bool
    by_helper: bool = False
    confirmation: str = ""
    """How the person confirmed what a helper filled in, or why not (PAY-06)."""
    was_there: bool = True
    """As the register says now (PAY-17)."""


def what_is_missing(recognition: str | None, lines: Sequence[Line]) -> Literal["", "receipt", "anything"]:
    """PAY-05, PAY-06: what a claim needs before it asks for any money: a receipt, or "anything" if nothing waits for
    one either. Nobody is asked to send it before that."""
    live = [line for line in lines if line.state in (LineState.READY, LineState.WAITING)]
    if any(line.state is LineState.READY for line in live) and recognition is None:
        return ""
    if live and (amounts(live).total or recognition in THANKS_WITHOUT_MONEY[:-1]):
        return ""
    return "receipt" if any(line.state is LineState.WAITING for line in live) else "anything"


def has_ended_by_itself(follows: bool, lines: Sequence[Line]) -> bool:
    """PAY-05, PAY-06: a claim split from another is over when its owner takes everything out of it, or says that
    there is no receipt. follows: whether it was split from another."""
    return follows and not any(line.state in (LineState.READY, LineState.WAITING) for line in lines)


def reasons_not_to_submit(claim: ToSend) -> list[Reason]:
    """PAY-06, PAY-08: what is missing before the form can be returned. Lines without a receipt never prevent it
    (PAY-05)."""
    if claim.state is not ClaimState.OPEN:
        return [Reason("PAY-06", "This claim has already been sent. You do not need to do anything.")]
    if not claim.was_there:
        return [NOT_IN_THE_REGISTER]
    live = [line for line in claim.lines if line.state in (LineState.READY, LineState.WAITING)]
    missing = what_is_missing(claim.recognition, claim.lines)
    if missing == "anything":
        return [Reason("PAY-06", "There is nothing in this claim to pay. Add what you spent, or close the claim.")]
    if claim.recognition is None:
        return [Reason("PAY-08", "Choose how you want to be thanked.", "recognition")]
    reasons: list[Reason] = []
    if missing == "receipt":
        reasons.append(Reason("PAY-05", "Add the receipt first. There is nothing else in this claim to pay yet."))
    if needs_bank(claim.recognition, claim.expenses_method, live) and not claim.has_bank_details:
        reasons.append(Reason("PAY-13", "Tell us which bank account to pay into.", "bank_details"))
    if claim.by_helper and not claim.confirmation.strip():
        reasons.append(
            Reason("PAY-06", "Say how the person confirmed this claim, or why they could not.", "confirmation")
        )
    return reasons


def reasons_against_the_day_it_came(came_on: date, today: date, earliest: date) -> list[Reason]:
    """PAY-19: the day on which a paper form reached us, from which both clocks run (PAY-07). earliest: when there was
    something to claim for."""
    if came_on > today:
        return [Reason("PAY-19", "This day is still to come. Enter the day on which the form reached you.", "came_on")]
    if came_on < earliest:
        return [
            Reason(
                "PAY-19",
                "On that day there was nothing to claim yet. Enter the day on which the form reached you.",
                "came_on",
            )
        ]
    return []


def reasons_not_to_change_for_another(by_helper: bool, confirmation: str) -> list[Reason]:
    """PAY-06: if a helper does something that the person will not be asked about again, the person confirms it, or a
    reason says why not."""
    if by_helper and not confirmation.strip():
        return [Reason("PAY-06", "Say how the person confirmed this, or why they could not.", "confirmation")]
    return []


def reasons_not_to_decline(state: ClaimState, by_helper: bool = False, confirmation: str = "") -> list[Reason]:
    """PAY-08: people can take nothing until the claim is approved, and need not say why. PAY-06: a helper says how
    the person confirmed it, as for sending."""
    if state in BEFORE_APPROVAL:
        return reasons_not_to_change_for_another(by_helper, confirmation)
    return [Reason("PAY-08", "This claim has been decided already. Talk to us if you want to give something back.")]


def reasons_not_to_close(state: ClaimState, recognition: str | None, lines: Sequence[Line]) -> list[Reason]:
    """PAY-05, PAY-06: only a claim with nothing to pay and no receipt to wait for. Closing it loses nothing."""
    if state is ClaimState.OPEN and what_is_missing(recognition, lines) == "anything":
        return []
    return [Reason("PAY-06", "There is something in this claim to pay. Send it, or say that you take nothing.")]


def has_ended(state: ClaimState, recognition: str | None, lines: Sequence[Line]) -> bool:
    """PAY-05, PAY-06: it is over because nothing was left in it to pay, and its owner chose nothing else."""
    return (
        state is ClaimState.DECLINED
        and recognition != "none"
        and not any(line.state in (LineState.READY, LineState.WAITING) for line in lines)
    )


def reasons_not_to_reopen(state: ClaimState, was_there: bool) -> list[Reason]:
    """PAY-08: somebody who took nothing may think again. PAY-17: but not if, as the register says now, they were not
    there."""
    if state is not ClaimState.DECLINED:
        return reasons_not_to_change(state) or [
            Reason("PAY-08", "This claim is open already. You can fill it in and send it.")
        ]
    return [] if was_there else [NOT_IN_THE_REGISTER]
