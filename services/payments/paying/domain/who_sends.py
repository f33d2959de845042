"""Who may send a payment run: alone, or because somebody else made it (PAY-10, PAY-12, PAY-13)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from services.payments.owing.domain.leaving import YOU_TOOK_THEM_IN
from services.payments.paying.domain.releasing import perhaps_gone
from shared.reasons import Reason


@dataclass(frozen=True, slots=True)
class ToSend:
    """A run, as the person who sends it may act on it.

    left: how many payments can leave. changed: how many differ from a file that was fetched; withdrawn: how many of
    them were withdrawn.
    """

    state: str
    has_approved: bool
    is_paid: bool
    left: int
    changed: int
    has_taken_in: bool = False
    has_confirmed: bool = False
    """Whether the sender took in one of its payees, or confirmed bank details that it pays into."""
    has_said_it_failed: bool = False
    """Whether the sender said, or brought the bank's word, that an earlier payment of one of these did not arrive or
    came back."""
    withdrawn: int = 0
    to_nobody_known: int = 0
    """How many of them go to somebody whom one of us took in and nobody else has rung or met."""
    perhaps_gone_in: int | None = None
    """The number of an earlier run whose file the bank may have, with money of the same attendance that was taken
    out of it (PAY-12)."""
    knows_of_changes: bool = False
    """Whether the sender says that the bank has the file as it was before the change."""
    made_by_another: bool = False
    """Whether somebody else made it, after the sender had said these things: confirmed the details, and said what did
    not arrive."""
    nobody_alone: bool = False
    """Whether nobody with the finance role may send it alone."""

    @property
    def is_on_own_word(self) -> bool:
        """Whether it would leave on the sender's own word about where it goes, or that it goes again."""
        together = self.nobody_alone and self.made_by_another
        return (self.has_confirmed or self.has_said_it_failed) and not together


def reasons_not_to_send(run: ToSend) -> list[Reason]:
    """PAY-10: nobody sends what they approved, or what they are paid themselves, nor on their own word; where nobody
    is left who may send it alone, one makes it and another sends it. PAY-12: once. PAY-13: not with a file that is
    out of date."""
    if run.state != "made":
        return [Reason("PAY-12", "This payment run was sent before. Nothing was changed.")]
    if run.has_approved:
        return [Reason("PAY-10", "You approved a claim in this run, so somebody else must send it.")]
    if run.is_paid:
        return [Reason("PAY-10", "You are paid in this run, so somebody else must send it.")]
    if run.has_taken_in:
        return [Reason("PAY-10", YOU_TOOK_THEM_IN)]
    if run.is_on_own_word and run.has_confirmed:
        return [Reason("PAY-10", "You confirmed bank details in this run, so somebody else must send it.")]
    if run.is_on_own_word:
        return [
            Reason(
                "PAY-12", "You said that an earlier payment here did not arrive, so somebody else must send it again."
            )
        ]
    if run.changed and run.perhaps_gone_in is not None:
        return [perhaps_gone(run.perhaps_gone_in)]
    if run.changed and not run.knows_of_changes:
        return [
            Reason(
                "PAY-13",
                "Something has changed since the file was fetched. Make it again, or say that it went as it was.",
            )
        ]
    if run.withdrawn and run.knows_of_changes:
        return [
            Reason(
                "PAY-17",
                "A payment in this file was withdrawn. Stop it if you still can, and make the file or list again.",
            )
        ]
    if run.to_nobody_known and run.knows_of_changes:
        text = (
            "Somebody in this run was added by one of us, and nobody else has rung or met them. Do that first, "
            "under “To confirm”, or make the list again."
        )
        return [Reason("PAY-10", text)]
    if not run.left and not run.changed:
        return [
            Reason("PAY-17" if run.withdrawn else "PAY-12", "Nothing in this run can leave now. Take the run back.")
        ]
    return []


Senders = Literal["alone", "together", "made-again", "nobody"]
"""Who may send a run: somebody alone; somebody because another made it; nobody before it is taken back and made
again by one of two; nobody at all."""


def who_is_left(finance: Sequence[ToSend]) -> Senders:
    """PAY-10, PAY-12: money must not get stuck in a charity of two. finance: the run as each person with that role may
    act on it. If we do not know who has the role, somebody may."""
    alone = [replace(each, nobody_alone=False) for each in finance]
    if not finance or not all(map(reasons_not_to_send, alone)):
        return "alone"
    if not all(reasons_not_to_send(replace(each, nobody_alone=True)) for each in finance):
        return "together"
    free = [replace(each, has_confirmed=False, has_said_it_failed=False) for each in finance]
    return "made-again" if sum(not reasons_not_to_send(each) for each in free) > 1 else "nobody"
