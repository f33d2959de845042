"""Where the money of a payment is, by all that is known of it (PAY-12). That it left or came back is one fact, however
many tell it (lines of the account's statement, the bank's answer, people by hand) and in whatever order: the statement
alone shows that there was more than one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

Back = Literal["known", "loss-back", "returned"]
"""What it comes to that a payment came back: nothing new; what was lost is no more, and it stays paid; it is owed."""


@dataclass(frozen=True, slots=True)
class Known:
    """state: of payments. losses: how often its money is out beside that. out, back: the days on which the account's
    statement shows it leaving and coming back, as far as that counts. said_back: the day on which a word that is not
    the statement's last said that it came back, and counted; None: none did."""

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
        """Beside what the statement shows; below nothing: less, for it came back by another word."""
        return self.times_out - (len(self.out) - len(self.back))


def is_known_to_be_back(payment: Known, told_on: date) -> bool:
    """PAY-12: whether who says by hand, or the bank's answer, that a payment came back tells what is known already: one
    return is, and the statement does not show the money leaving once more since, before the word of told_on."""
    known = [*payment.back, *([payment.said_back] if payment.said_back else [])]
    last_out = max(payment.out, default=date.min)
    return bool(known) and not max(known) < last_out <= told_on


def day_of_word(payment: Known, today: date) -> date:
    """On which day a word counts that is told today: after all that is seen to have left."""
    return max([today, *payment.out])


def comes_back(payment: Known) -> Back:
    """PAY-12: what follows of one more return that is not known yet, whoever tells it."""
    if payment.losses:
        return "loss-back"
    return "returned" if payment.state == "paid" else "known"
