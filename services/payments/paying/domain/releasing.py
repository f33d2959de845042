"""What a payment run may hold when it leaves, and who may send it (PAY-10, PAY-12, PAY-13)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.payments.claims.domain.claims import ClaimState
from services.payments.owing.domain.leaving import (
    TRANSFER,
    WHERE_IT_GOES,
    YOU_TOOK_THEM_IN,
    Details,
    may_not_release_what_they_confirmed,
    why_nobody_knows_where_it_goes,
)
from services.payments.paying.domain.endings import ByHand, reasons_not_to_say
from shared.reasons import Reason


def end_to_end_id(run_number: int, position: int) -> str:
    """At most 18 characters, as the rail asks: "CH0000012-0003"."""
    return f"CH{run_number:07d}-{position:04d}"


def message_id(run_number: int, run_id: UUID, file_number: int) -> str:
    """The id by which the bank knows a run's file: "CHORUS-0000012-36CABAC7"; if a file is made again, it gets a new
    one."""
    first = f"CHORUS-{run_number:07d}-{run_id.hex[-8:].upper()}"
    return first if file_number == 1 else f"{first}-{file_number}"


# Leaving


@dataclass(frozen=True, slots=True)
class Leaving:
    """A payment that was put into a run, and how things are now. changed: the person's details have changed since."""

    method: str
    claim: ClaimState
    held: bool
    withdrawn: bool
    details: Details
    changed: bool
    correction_due: bool = False
    """Its register now gives less than was approved, and that has not been decided yet (PAY-17)."""
    writable: bool = True
    """Whether the bank can write the name; True if nobody has checked."""
    introducers: frozenset[UUID] = frozenset()
    """Who took the person in, or entered how they are reached, while nobody else has rung or met them since
    (PAY-10)."""
    perhaps_gone: bool = False
    """Whether the bank may have paid the same attendance already, by a payment that was taken out of a run (PAY-12)."""


def why_it_stays(payment: Leaving, *, file_is_out: bool) -> str:
    """PAY-09, PAY-10, PAY-12, PAY-13, PAY-17: why it may not leave, as a word; "" if it may. Checked again when the run
    leaves.

    If new details are confirmed, it goes into those, as long as no file names the old ones.
    """
    if payment.withdrawn or payment.claim not in (ClaimState.APPROVED, ClaimState.RETURNED):
        return "withdrawn"
    if payment.perhaps_gone:
        return "perhaps-gone"
    if payment.correction_due:
        return "correction"
    if payment.held:
        return "held"
    if why := why_nobody_knows_where_it_goes(payment.method, payment.details, payment.introducers):
        return why
    if payment.method != TRANSFER:
        return ""
    if payment.changed and file_is_out:
        return "changed"
    return "" if payment.writable else "name"


def nothing_leaves(made: int, stays: Iterable[str], *, file_is_out: bool) -> bool:
    """PAY-12: whether a run can only be taken back, because all of it stays or has stayed behind. If a fetched file
    holds it, somebody can still say that it left as the file has it. made: how many payments are in it; stays: why
    some of them may not leave."""
    why = list(stays)
    return len(why) == made and not (file_is_out and any(each != "withdrawn" for each in why))


WHY_IT_STAYS = {
    "withdrawn": "Its approval was taken back. It cannot go in this run.",
    "perhaps-gone": "Money for the same session may have gone: by an earlier file or list, or by a line of the bank’s "
    "statement. Find out first.",
    "correction": "The time was put right, so it is decided again.",
    "held": "The person asked us to hold it.",
    "person": "Somebody here added the person, or entered how they are reached, and nobody else has rung or met them "
    "since.",
    "no-details": "There are no bank details to pay into any more. The person is asked for them.",
    "unconfirmed": "The bank details were changed, and the change is not confirmed yet.",
    "doubted": "A payment into these bank details did not arrive. The person is asked to check them.",
    "changed": "The bank details were changed after the file was fetched.",
    "name": "The bank cannot write the name on the account. Ask for the name as on the bank card.",
}


def reasons_not_to_put_in(chosen: int, waiting: Iterable[Reason], ready: int) -> list[Reason]:
    """PAY-12: if any of the chosen cannot go, refuses all, so that none is overlooked. chosen, ready: how many;
    waiting: why some cannot go."""
    if not chosen:
        return [Reason("PAY-12", "Tick what should go into the payment run.", "chosen")]
    for reason in waiting:
        return [
            Reason(
                "PAY-12", f"Something that you ticked cannot go now. {reason.text} Look at the list again.", "chosen"
            )
        ]
    return (
        [Reason("PAY-12", "Something that you ticked is no longer there to be paid. Look at the list again.", "chosen")]
        if ready < chosen
        else []
    )


def reasons_not_to_make_anew(state: str) -> list[Reason]:
    """PAY-13: only the file of a run that was not sent."""
    return [] if state == "made" else [Reason("PAY-12", "This payment run was sent, so its file stands.")]


def reasons_not_to_take_back(state: str) -> list[Reason]:
    """PAY-12: only a run that was made and never sent."""
    return [] if state == "made" else [Reason("PAY-12", "This payment run was sent, so it cannot be taken back.")]


# Perhaps gone

DAYS_TO_LOOK = 3
"""Working days after which the account's statement shows what the bank made of a file."""


def cannot_stand_again(later: str) -> Reason:
    """PAY-12: why we do not record the bank's word that a payment was paid. later: the state of the payment made in
    its place."""
    if later == "made":
        return Reason(
            "PAY-12",
            "This was put into another payment run since. Do not send that one: take it back first, and then say here "
            "that this was paid.",
        )
    return Reason(
        "PAY-12",
        "This was paid again in another payment run since, so it may be paid twice. Nothing was changed. Ask for it "
        "back.",
    )


def went_in_its_place(left: int, elsewhere: int) -> bool:
    """PAY-12: whether other claims of the same attendance paid more than there was beside this payment, so that they
    paid this money too."""
    return elsewhere > left


def reasons_not_to_note_twice(*, noted: bool) -> list[Reason]:
    """PAY-12: once."""
    return (
        [Reason("PAY-12", "It was written down before that this was paid twice. Nothing was changed.")] if noted else []
    )


CHANGED_SINCE_FETCHED = Reason(
    "PAY-13",
    "Something has changed since this file or list was fetched. Open the payment run to see what, and make it again.",
)
THE_BANK_HAS_IT = Reason(
    "PAY-12",
    "A line of the bank’s statement says that something of this payment run went out. So the bank has a file of it: do "
    "not give it another. If you gave it this file, say that it was sent. If you did not, take the run back.",
)
RUN_TAKEN_BACK = Reason(
    "PAY-12", "This payment run was taken back, so it has no file. What was in it can go into another run."
)
RUN_WAS_SENT = Reason(
    "PAY-12",
    "This payment run was sent, so we give out no more bank files of it: a file that the bank gets twice pays people "
    "twice. Its page shows what was sent. Was it never sent? A second person can say so there.",
)
RUN_IS_OVER = Reason(
    "PAY-13",
    "This payment run is over: nothing of it is on its way any more. So we give out no more files of it.",
)


def reasons_not_to_give_out(payments: int, stays: int, *, transfers: bool) -> list[Reason]:
    """PAY-12: a file or list of a run that was made. payments: how many it would hold; stays: how many of those
    cannot leave."""
    if payments == 0:
        return [
            Reason(
                "PAY-12",
                "Nothing in this payment run goes through the bank."
                if transfers
                else "Nothing in this payment run is handed over.",
            )
        ]
    if payments <= stays:
        return [
            Reason(
                "PAY-12",
                "Nothing of this can leave now, so there is no file to give out. Open the payment run to see why, and "
                "take it back.",
            )
        ]
    return []


UNKNOWN_WHAT_FOR = Reason(
    "PAY-12", "We no longer know what this was for. Nothing was changed. Ask whoever looks after Chorus."
)
NOTHING_TO_PUT_IN = Reason("PAY-12", "There is nothing that you could put into a payment run now.")


def reasons_to_leave_a_loss_to_another(payment: ByHand, given_by: UUID, who: UUID) -> list[Reason]:
    """PAY-12: money that counts as not paid, was paid again and left too is lost. Two people say so: one brought the
    statement (given_by), the other looked at the line; neither is the payee."""
    if who == given_by:
        return [
            Reason(
                "PAY-12",
                "You brought this statement. That something was paid twice is said by a second person, who looks at "
                "the account.",
                "payment",
            )
        ]
    return reasons_not_to_say(payment, who) if payment.payee in (who, given_by) else []


EARLIER_FILE = (
    "A file or list of this run was fetched before. A second person must say first, on the run’s page, "
    "that nothing went by that one."
)


def reasons_to_wait_for_a_word(unsettled: int) -> list[Reason]:
    """PAY-12: two good files for one payment are two payments. unsettled: how many payments of an unsent run are in
    an earlier file that nobody has yet said the bank does not have."""
    return [Reason("PAY-12", EARLIER_FILE)] if unsettled else []


@dataclass(frozen=True, slots=True)
class ToRelease:
    """A sum that could go into a payment run."""

    method: str
    approvers: frozenset[UUID]
    claimant: UUID
    held: bool
    bank_details: Details
    introducers: frozenset[UUID] = frozenset()
    confirmed_by: UUID | None = None
    """Who confirmed the details that it would be paid into."""
    entered_by: UUID | None = None
    """Who typed those details."""
    correction_due: bool = False
    """The register now gives less than was approved, and that has not been decided yet (PAY-17)."""
    perhaps_gone_in: int | None = None
    """The number of a payment run whose file the bank may have, and which held money of this claim."""

    @property
    def concerned(self) -> frozenset[UUID]:
        """Everybody involved in it. Anybody else with the role may release it, if anybody may."""
        people = {each for each in (self.claimant, self.confirmed_by, self.entered_by) if each}
        return self.approvers | self.introducers | people


def perhaps_gone(run_number: int) -> Reason:
    """PAY-12: why nothing of a claim leaves until that is known."""
    return Reason(
        "PAY-12",
        f"This may have gone already: a file or list of payment run {run_number} held it. Find out, and say in that "
        "run what became of it.",
    )


def reasons_not_to_release(payable: ToRelease, releaser: UUID) -> list[Reason]:
    """PAY-10: nobody both approves and releases one claim, or releases their own. PAY-09: a held one waits. PAY-13:
    so does a changed account, and anything that goes another way to somebody whom only those who took them in have
    met (PAY-10)."""
    if payable.perhaps_gone_in is not None:
        return [perhaps_gone(payable.perhaps_gone_in)]
    if payable.held:
        return [Reason("PAY-09", "The person asked us to hold this payment.")]
    if payable.correction_due:
        return [Reason("PAY-17", "The time was put right. This goes back to an approver by itself, in a minute.")]
    if releaser in payable.approvers:
        return [Reason("PAY-10", "You approved this claim, so somebody else must release it.")]
    if releaser == payable.claimant:
        return [Reason("PAY-10", "This is your own claim, so somebody else must release it.")]
    if releaser in payable.introducers:
        return [Reason("PAY-10", YOU_TOOK_THEM_IN)]
    if (
        payable.method == "bank-transfer"
        and releaser == payable.confirmed_by
        and may_not_release_what_they_confirmed(payable.claimant, payable.entered_by)
    ):
        return [Reason("PAY-10", "You confirmed these bank details, so somebody else must release it.")]
    why = why_nobody_knows_where_it_goes(payable.method, payable.bank_details, payable.introducers)
    return [WHERE_IT_GOES[why]] if why else []


ANEW_WITHIN = timedelta(days=92)
"""So long after a claim that was taken back, another of the same person may be the same written down anew (PAY-12)."""


def reasons_to_look_first(sent_before: int, *, looked: bool, of_all: bool = False) -> list[Reason]:
    """PAY-12: what a file held before goes again only once its maker has looked at our account at the bank. A refusal
    is about one file, and the bank may have paid an earlier one, whatever its code and words, and whatever a person
    was told. sent_before: how many of the sums that are; looked: the maker says that they did; of_all: nothing was
    chosen."""
    if not sent_before or looked:
        return []
    text = (
        "Something of this was in a file before. The bank may have paid it from that one. Look at our account at the "
        "bank first, and then tick that you did."
    )
    return [Reason("PAY-12", text, "looked_for_all" if of_all else "looked")]


NOBODY = UUID(int=0)
"""Stands for somebody who is not involved in anything."""


def waits_for_something_else(payable: ToRelease) -> bool:
    """PAY-09, PAY-12, PAY-13: whether nobody at all can release it now, because something else has to happen first."""
    return bool(reasons_not_to_release(payable, NOBODY))


def who_may_not_release(payables: Sequence[ToRelease]) -> frozenset[UUID]:
    """PAY-10: who is not asked to pay any of these sums of one claim, all of which could go now."""
    concerned = frozenset(person for each in payables for person in each.concerned)
    return frozenset(person for person in concerned if all(reasons_not_to_release(each, person) for each in payables))
