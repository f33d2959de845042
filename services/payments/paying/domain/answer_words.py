"""What a bank's answer came to, in words for finance and as a code for its owner (PAY-12)."""

from collections.abc import Sequence

from services.payments.owing.domain.bank_reasons import is_ours_to_mend
from services.payments.paying.domain.answers import Outcome


def _shown(references: Sequence[str]) -> str:
    return f"{', '.join(references[:3])}{' and others' if len(references) > 3 else ''}"


def what_went_out(references: Sequence[str]) -> list[str]:
    """PAY-12: of what the bank says it paid and we do not count so, in words."""
    if not references:
        return []
    return [
        f"The bank says that it paid {_shown(references)}, and we did not count that as paid. Somebody must look at "
        "that first, on the page “The bank’s statement”. Nothing more is paid for it meanwhile."
    ]


NOT_SENT_YET = "Was this run sent? Then say so on its page, and bring this answer again. We took nothing else from it."
"""PAY-12: beside what_went_out() of a run of which nobody said that it was sent."""


def what_stays_paid(references: Sequence[str]) -> list[str]:
    """PAY-12: of what came back where its owner has the money all the same, in words."""
    if not references:
        return []
    went = f"The money went out more than once for {_shown(references)}"
    return [f"{went}. One of these came back: nothing is owed but what the other did not cover."]


def code_for_its_owner(outcome: Outcome) -> str:
    """PAY-12: if the fault is ours, its owner reads that, whatever the bank's code would say about their account."""
    if outcome.state == "paid" or not outcome.is_ours or is_ours_to_mend(outcome.reason_code):
        return outcome.reason_code
    return "not-paid" if outcome.state == "rejected" else "came-back"
