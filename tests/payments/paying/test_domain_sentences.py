"""What people are told when something cannot be done: the whole sentence, the rule behind it and the field that it is
about.

A refusal that says the wrong thing, or stands beside the wrong field, leaves somebody stuck; when the rule holds is
tested beside it.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest

from services.payments.approving import domain as deciding
from services.payments.approving.domain import Decision, ToApprove
from services.payments.bank_details.domain import banking, confirming
from services.payments.bank_details.domain.banking import Weights
from services.payments.claims.domain import claims, sending, thanks
from services.payments.claims.domain.claims import ClaimState, Line, LineKind, LineState
from services.payments.claims.domain.sending import ToSend
from services.payments.owing.domain import bank_reasons
from services.payments.paying.domain import applying, releasing
from services.payments.paying.domain.answers import BankAnswer, Batch, SentPayment, StatusLine
from services.payments.paying.domain.releasing import ToRelease
from services.payments.policy import domain as rates
from services.payments.policy.domain import Rates
from shared.db import new_id
from shared.reasons import Reason

RATES = Rates()
CLAIMANT, RECORDER, APPROVER, OTHER = (new_id() for _ in range(4))
LINE = Line(new_id(), LineKind.PARTICIPATION, LineState.READY, 1500, 1500)
WAITS = Line(new_id(), LineKind.FARE, LineState.WAITING, 320, 320)


def to_send(**facts) -> ToSend:
    values: dict[str, Any] = {
        "state": ClaimState.OPEN,
        "recognition": "bank-transfer",
        "expenses_method": None,
        "lines": [LINE],
        "has_bank_details": True,
    }
    return ToSend(**{**values, **facts})


FILLING_IN = [
    (
        lambda: claims.reasons_not_to_change(ClaimState.SUBMITTED),
        Reason("PAY-06", "This claim has been sent, so it cannot be changed here. Ask us if something in it is wrong."),
    ),
    (
        lambda: claims.reasons_not_to_add_miles(0, "By Ely", RATES),
        Reason("PAY-02", "Enter how many miles you drove. It must be more than 0.", "miles"),
    ),
    (
        lambda: claims.reasons_not_to_add_miles(10_000, "By Ely", RATES),
        Reason("PAY-02", "Enter fewer than 1,000 miles. If you drove further, talk to us.", "miles"),
    ),
    (
        lambda: claims.reasons_not_to_add_miles(301, "", RATES),
        Reason("PAY-02", "Tell us the way you went, because it is more than 30 miles.", "route"),
    ),
    (
        lambda: claims.reasons_not_to_add_expense(LineKind.OTHER, 320, Rates(pays_other_expenses=0)),
        Reason("PAY-03", "Our policy does not pay other costs. Talk to us if this leaves you out of pocket.", "amount"),
    ),
    (
        lambda: claims.reasons_not_to_add_expense(LineKind.FARE, 0, RATES),
        Reason("PAY-03", "Enter what you paid. It must be more than £0.00.", "amount"),
    ),
    (
        lambda: claims.reasons_not_to_add_expense(LineKind.FARE, 100_001, RATES),
        Reason("PAY-03", "Enter £1,000.00 or less. If you paid more, talk to us.", "amount"),
    ),
    (
        lambda: thanks.reasons_not_to_choose("vouchers", ClaimState.PAID, RATES),
        Reason("PAY-08", "This claim has been decided, so the choice can no longer be changed here. Talk to us."),
    ),
    (
        lambda: thanks.reasons_not_to_choose("cash", ClaimState.OPEN, RATES),
        Reason("PAY-08", "Choose one of the ways that are offered.", "recognition"),
    ),
    (
        lambda: thanks.reasons_not_to_choose_expenses_method("vouchers", ClaimState.PAID, RATES),
        Reason("PAY-08", "This claim has been decided, so the choice can no longer be changed here. Talk to us."),
    ),
    (
        lambda: thanks.reasons_not_to_choose_expenses_method("cash", ClaimState.OPEN, RATES),
        Reason("PAY-08", "Choose one of the ways that are offered.", "method"),
    ),
    (
        lambda: thanks.reasons_not_to_lower_fee(1501, 1500),
        Reason("PAY-08", "Enter an amount from £0.00 to £15.00.", "amount"),
    ),
    (
        lambda: sending.reasons_not_to_submit(to_send(state=ClaimState.SUBMITTED)),
        Reason("PAY-06", "This claim has already been sent. You do not need to do anything."),
    ),
    (
        lambda: sending.reasons_not_to_submit(to_send(lines=[])),
        Reason("PAY-06", "There is nothing in this claim to pay. Add what you spent, or close the claim."),
    ),
    (
        lambda: sending.reasons_not_to_submit(to_send(recognition=None)),
        Reason("PAY-08", "Choose how you want to be thanked.", "recognition"),
    ),
    (
        lambda: sending.reasons_not_to_submit(to_send(lines=[WAITS])),
        Reason("PAY-05", "Add the receipt first. There is nothing else in this claim to pay yet."),
    ),
    (
        lambda: sending.reasons_not_to_submit(to_send(has_bank_details=False)),
        Reason("PAY-13", "Tell us which bank account to pay into.", "bank_details"),
    ),
    (
        lambda: sending.reasons_not_to_submit(to_send(by_helper=True)),
        Reason("PAY-06", "Say how the person confirmed this claim, or why they could not.", "confirmation"),
    ),
    (
        lambda: sending.reasons_not_to_decline(ClaimState.APPROVED),
        Reason("PAY-08", "This claim has been decided already. Talk to us if you want to give something back."),
    ),
]


def to_approve(**facts) -> ToApprove:
    values: dict[str, Any] = {
        "state": ClaimState.SUBMITTED,
        "claimant": CLAIMANT,
        "helpers": frozenset({OTHER}),
        "recorders": frozenset({RECORDER}),
        "amount_pence": 5001,
        "approver_limit_pence": 5000,
        "over_budget_pence": 0,
    }
    return ToApprove(**{**values, **facts})


def to_release(**facts) -> ToRelease:
    values: dict[str, Any] = {
        "method": "bank-transfer",
        "approvers": frozenset({APPROVER}),
        "claimant": CLAIMANT,
        "held": False,
        "bank_details": "confirmed",
    }
    return ToRelease(**{**values, **facts})


DECIDING = [
    (
        lambda: deciding.reasons_not_to_approve(to_approve(state=ClaimState.PAID), APPROVER),
        Reason("PAY-10", "Somebody has already decided this claim. Nothing was changed."),
    ),
    (
        lambda: deciding.reasons_not_to_approve(to_approve(), CLAIMANT),
        Reason("PAY-10", "This is your own claim. Somebody else must decide it."),
    ),
    (
        lambda: deciding.reasons_not_to_approve(to_approve(), OTHER),
        Reason("PAY-10", "You helped with this claim. Somebody else must decide it."),
    ),
    (
        lambda: deciding.reasons_not_to_approve(to_approve(), RECORDER),
        Reason(
            "PAY-10",
            "You wrote down or corrected the time, and the claim is more than £50.00. Somebody else must decide it.",
        ),
    ),
    (
        lambda: deciding.reasons_not_to_approve(to_approve(decided_before=frozenset({APPROVER})), APPROVER),
        Reason(
            "PAY-14", "You decided this before, and the person asked for another look. Somebody else must decide it."
        ),
    ),
    (
        lambda: deciding.reasons_not_to_approve(
            to_approve(state=ClaimState.SECOND_APPROVER, first_approver=APPROVER), APPROVER
        ),
        Reason("PAY-11", "You approved this claim already. It is over budget, so a second person must approve it too."),
    ),
    (
        lambda: deciding.reasons_not_to_decide([LINE], {}),
        Reason("PAY-14", "Decide every line of the claim.", f"pence-{LINE.id}"),
    ),
    (
        lambda: deciding.reasons_not_to_decide([LINE], {LINE.id: Decision(LINE.id, 1501, "No")}),
        Reason("PAY-14", "Enter an amount from £0.00 to £15.00.", f"pence-{LINE.id}"),
    ),
    (
        lambda: deciding.reasons_not_to_decide([LINE], {LINE.id: Decision(LINE.id, 1499)}),
        Reason("PAY-14", "Say in plain words why, so that the person can understand it.", f"reason-{LINE.id}"),
    ),
    (
        lambda: claims.reasons_not_to_look_again(ClaimState.PAID, [LineState.REFUSED], False, True),
        Reason(
            "PAY-14",
            "You asked us before to look at this again, and we do that once. Talk to us if you are still not happy.",
        ),
    ),
    (
        lambda: claims.reasons_not_to_look_again(ClaimState.PAID, [LineState.APPROVED], False, False),
        Reason(
            "PAY-14",
            "There is nothing in this claim that we could look at again. Talk to us if you think that something is "
            "wrong.",
        ),
    ),
    (
        lambda: claims.reasons_not_to_hold(ClaimState.APPROVED, True),
        Reason("PAY-09", "This payment is already on its way, so it can no longer be held. Talk to us."),
    ),
    (
        lambda: claims.reasons_not_to_hold(ClaimState.OPEN, False),
        Reason("PAY-09", "There is no payment to hold in this claim."),
    ),
    (
        lambda: releasing.reasons_not_to_release(to_release(held=True), OTHER),
        Reason("PAY-09", "The person asked us to hold this payment."),
    ),
    (
        lambda: releasing.reasons_not_to_release(to_release(), APPROVER),
        Reason("PAY-10", "You approved this claim, so somebody else must release it."),
    ),
    (
        lambda: releasing.reasons_not_to_release(to_release(), CLAIMANT),
        Reason("PAY-10", "This is your own claim, so somebody else must release it."),
    ),
    (
        lambda: releasing.reasons_not_to_release(to_release(bank_details="none"), OTHER),
        Reason("PAY-13", "There are no bank details to pay into. The person is asked for them."),
    ),
    (
        lambda: releasing.reasons_not_to_release(to_release(bank_details="unconfirmed"), OTHER),
        Reason("PAY-13", "The bank details changed and are not confirmed yet."),
    ),
]

TABLE = banking.ModulusTable([Weights("100000", "100000", "MOD10", (1,) * 14)], {})
ANOTHER_RUN, TWICE, NOT_OURS, AMOUNT, TURNED = (
    "This answer belongs to another payment run. Nothing was changed.",
    "This answer names a payment more than once: CH-1. Ask the bank for a file that says one thing of each. Nothing "
    "was changed.",
    "This answer names a payment that is not in this run. Nothing was changed.",
    "An amount in this answer differs from what we sent. Ask the bank. Nothing was changed.",
    "This answer says something else than an earlier one. Ask the bank. Nothing was changed.",
)


def refusal_of_answer(*lines: StatusLine, to: str = "RUN-1", file: str = "PART", state: str = "sent") -> list[Reason]:
    return applying.reasons_not_to_apply(
        BankAnswer("B1", to, file, batches=[Batch("", lines=lines)]), ["RUN-1"], [SentPayment("CH-1", 1500, state)]
    )


BANKING = [
    (
        lambda: banking.reasons_not_to_take_details("", "100000", "00000001", TABLE),
        Reason("PAY-13", "Enter the name on the account.", "account_name"),
    ),
    (
        lambda: banking.reasons_not_to_take_details("Alex", "1", "00000001", TABLE),
        Reason("PAY-13", "Enter a sort code with 6 digits, like 12-34-56.", "sort_code"),
    ),
    (
        lambda: banking.reasons_not_to_take_details("Alex", "100000", "1", TABLE),
        Reason("PAY-13", "Enter an account number with 6 to 8 digits.", "account_number"),
    ),
    (
        lambda: banking.reasons_not_to_take_details("Alex", "100000", "00000001", TABLE),
        Reason(
            "PAY-13",
            "This sort code and account number do not go together. Check both: one digit may be wrong.",
            "account_number",
        ),
    ),
    (
        lambda: confirming.reasons_not_to_confirm_details(
            confirming.ToConfirm("confirmed", OTHER, OTHER), "in-person", APPROVER
        ),
        Reason("PAY-13", "These bank details are not waiting to be confirmed."),
    ),
    (
        lambda: confirming.reasons_not_to_confirm_details(
            confirming.ToConfirm("unconfirmed", OTHER, OTHER), "in-person", OTHER
        ),
        Reason("PAY-13", "These are your own bank details. Somebody else must confirm them."),
    ),
    (
        lambda: confirming.reasons_not_to_confirm_details(
            confirming.ToConfirm("unconfirmed", OTHER, OTHER), "by-email", APPROVER
        ),
        Reason("PAY-13", "Say how you confirmed it: in person, or by ringing the number we already had.", "how"),
    ),
    (lambda: refusal_of_answer(StatusLine("CH-1", "ACSC"), to="RUN-2"), Reason("PAY-12", ANOTHER_RUN, "answer")),
    (
        lambda: refusal_of_answer(StatusLine("CH-1", "ACSC"), StatusLine("CH-1", "ACSC")),
        Reason("PAY-12", TWICE, "answer"),
    ),
    (lambda: refusal_of_answer(StatusLine("CH-2", "ACSC")), Reason("PAY-12", NOT_OURS, "answer")),
    (lambda: refusal_of_answer(StatusLine("CH-1", "ACSC", amount_pence=1499)), Reason("PAY-12", AMOUNT, "answer")),
    (lambda: refusal_of_answer(file="RJCT", state="paid"), Reason("PAY-12", TURNED, "answer")),
]

FIGURES = [
    (
        lambda: rates.reasons_not_to_set_rate("lunch", 1),
        Reason("PAY-15", f"There is no rate called that. The rates are: {', '.join(rates.RATE_NAMES)}.", "name"),
    ),
    (
        lambda: rates.reasons_not_to_set_rate("offers_cash", 2),
        Reason("PAY-15", "Write yes or no for this rate.", "value"),
    ),
    (
        lambda: rates.reasons_not_to_set_rate("limit_days", 0),
        Reason("PAY-15", "This rate must be more than nothing.", "value"),
    ),
]


@pytest.mark.parametrize(
    ("refusal", "told"),
    [*FILLING_IN, *DECIDING, *BANKING, *FIGURES],
    ids=lambda value: value.rule if isinstance(value, Reason) else "",
)
def test_pay_a_refusal_says_what_to_do(refusal: Callable[[], list[Reason]], told: Reason) -> None:
    assert refusal() == [told]


@pytest.mark.parametrize(
    ("name", "written", "told"),
    [
        ("participation", "ten", "Write the amount in pounds and pence, like 10.00."),
        ("offers_cash", "1", "Write yes or no."),
        ("limit_days", "14.5", "Write a whole number, like 14."),
    ],
)
def test_pay_15_a_figure_that_cannot_be_read_is_told_in_a_sentence(name: str, written: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        rates.rate_value(name, written)


def test_pay_12_a_payment_that_came_back_is_told_in_a_sentence() -> None:
    assert (
        bank_reasons.plain_reason("AM04")
        == "The bank could not make this payment because of something at our end. We will try again."
    )
    assert (
        bank_reasons.plain_reason("")
        == "The bank could not make this payment and did not say why. Please check your bank details."
    )
