"""Where the money of a payment is, from all that is known of it (PAY-12). Leaving or coming back is one fact,
however many report it (lines of the account's statement, the bank's answer, people by hand) and in whatever order.
Only the statement can show that it happened more than once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

Back = Literal["known", "loss-back", "returned"]
"""What one more return means: nothing new; a loss made good, while the payment stays paid; money that is owed again."""


@dataclass(frozen=True, slots=True)
class Movements:
    """state: of payments. losses: how many more times its money is out. out, back: the days on which the account's
    statement shows it leaving and coming back, as far as that counts. said_back: the last day on which the bank's
    answer or a person was counted as saying that it came back; None if none was."""

    state: str
    losses: int = 0
    out: Sequence[date] = ()
    back: Sequence[date] = ()
    said_back: date | None = None

    @property
    def times_out(self) -> int:
        """How often its money is out, as we count it."""
        return int(self.state == "paid") + self.losses

    @property
    def more_out_than_shown(self) -> int:
        """More than the statement shows; negative if a person or the bank's answer said that it came back."""
        return self.times_out - (len(self.out) - len(self.back))


def is_known_to_be_back(payment: Movements, told_on: date) -> bool:
    """PAY-12: whether a return reported by hand or by the bank's answer is one that we know already, unless the
    statement shows the money leaving again after that return and by told_on."""
    known = [*payment.back, *([payment.said_back] if payment.said_back else [])]
    last_out = max(payment.out, default=date.min)
    return bool(known) and not max(known) < last_out <= told_on


def day_of_word(payment: Movements, today: date) -> date:
    """The day under which something reported today counts: not before any day on which it was seen to leave."""
    return max([today, *payment.out])


def comes_back(payment: Movements) -> Back:
    """PAY-12: what one more return means that is not known yet, whoever reports it."""
    if payment.losses:
        return "loss-back"
    return "returned" if payment.state == "paid" else "known"
