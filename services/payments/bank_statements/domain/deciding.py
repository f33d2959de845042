"""Who may decide about lines of the account's statement that wait for somebody (PAY-10, PAY-12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.payments.paying.domain.endings import (
    ByHand,
    dismisses_with_another,
    is_the_only_one,
    reasons_not_to_dismiss,
    reasons_not_to_say,
    says_nothing_new,
)
from services.payments.paying.domain.releasing import reasons_to_leave_a_loss_to_another
from shared.reasons import Reason


@dataclass(frozen=True, slots=True)
class LineWaits:
    """A line of the account's statement that waits for a decision about one payment: its direction, and who brought
    it. is_loss: something else paid it too, so that this money is lost. books_nothing: its sum differs from what it
    names, so that the only thing to say is that it is not ours."""

    went_out: bool
    given_by: UUID
    is_loss: bool = False
    books_nothing: bool = False
    dismissed_by: UUID | None = None
    """Who has said that it is not ours, and waits for somebody else to say the same."""


def reasons_not_to_decide_line(payment: ByHand, line: LineWaits, who: UUID) -> list[Reason]:
    """PAY-10, PAY-12: why somebody may not say that a line is this payment, or is not."""
    if line.books_nothing:
        if dismisses_with_another([payment], who, line.given_by) and who != line.dismissed_by:
            return []
        return reasons_not_to_dismiss([payment], who, line.given_by)
    if line.is_loss:
        return reasons_to_leave_a_loss_to_another(payment, line.given_by, who)
    if not line.went_out and who == line.given_by and not is_the_only_one(payment, who):
        return [Reason("PAY-12", "That money came back is said by somebody else than who brought the statement.")]
    return reasons_not_to_say(payment, who)


def who_can_decide_no_line(lines: Sequence[tuple[ByHand, LineWaits]]) -> frozenset[UUID]:
    """PAY-10, PAY-12: who may decide about none of these lines, among those with the finance role or involved in
    them."""
    concerned = frozenset(person for payment, line in lines for person in payment.concerned | {line.given_by})
    return frozenset(
        person
        for person in concerned
        if all(
            reasons_not_to_decide_line(payment, line, person) and not _ends_it_by_hand(payment, line, person)
            for payment, line in lines
        )
    )


def _ends_it_by_hand(payment: ByHand, line: LineWaits, who: UUID) -> bool:
    """PAY-12: whether this person can say on the payment's own page what the line says: that it came back."""
    came_back = payment.state == "paid" and not line.went_out and not line.books_nothing
    return came_back and not says_nothing_new(payment, "came-back", who)
