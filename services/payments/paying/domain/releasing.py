"""What a payment run may hold when it leaves, who may send it, and who may say by hand how a payment ended (PAY-10, PAY-12, PAY-13)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.payments.domain.claims import ClaimState
from services.payments.domain.deciding import YOU_TOOK_THEM_IN, Details, perhaps_gone, why_nobody_knows_where_it_goes
from shared.reasons import Reason

TRANSFER = "bank-transfer"


def end_to_end_id(run_number: int, position: int) -> str:
    """At most 18 characters, as the rail asks: "CH0000012-0003"."""
    return f"CH{run_number:07d}-{position:04d}"


def message_id(run_number: int, run_id: UUID, file_number: int) -> str:
    """What the bank knows a run's file by: "CHORUS-0000012-36CABAC7"; a file that was made anew has a name of its own."""
    first = f"CHORUS-{run_number:07d}-{run_id.hex[-8:].upper()}"
    return first if file_number == 1 else f"{first}-{file_number}"


# Leaving


@dataclass(frozen=True, slots=True)
class Leaving:
    """A payment that was put into a run, and how things are now. changed: the person's details are not those that it was made for."""

    method: str
    claim: ClaimState
    held: bool
    withdrawn: bool
    details: Details
    changed: bool
    correction_due: bool = False
    """Its register says less than was approved, and that is not decided again yet (PAY-17)."""
    writable: bool = True
    """Whether the bank can write the name; True where nobody has looked."""
    introducers: frozenset[UUID] = frozenset()
    """Who took the person in, or entered how they are reached, while nobody else has rung or met them since (PAY-10)."""
    perhaps_gone: bool = False
    """Whether the bank may have other money of the same attendance that was taken out of a run (PAY-12)."""


def why_it_stays(payment: Leaving, *, file_is_out: bool) -> str:
    """PAY-09, PAY-10, PAY-12, PAY-13, PAY-17: why it may not leave, as a word; "" where it may. What it needs is asked again when the run leaves.

    New details that are confirmed are paid into, as long as no file names the old ones.
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


WHY_IT_STAYS = {
    "withdrawn": "Its approval was taken back. It cannot go in this run.",
    "perhaps-gone": "Money for the same session may have gone: by an earlier file or list, or by a line of the bank’s statement. Find out first.",
    "correction": "The register was put right, so it is decided again.",
    "held": "The person asked us to hold it.",
    "person": "Somebody here added the person, or entered how they are reached, and nobody else has rung or met them since.",
    "no-details": "There are no bank details to pay into any more.",
    "unconfirmed": "The bank details were changed, and the change is not confirmed yet.",
    "doubted": "A payment into these bank details did not arrive. The person is asked to check them.",
    "changed": "The bank details were changed after the file was fetched.",
    "name": "The bank cannot write the name on the account. Ask for the name as on the bank card.",
}


@dataclass(frozen=True, slots=True)
class ToSend:
    """A run, as who sends it stands to it.

    left: how many payments can leave.
    changed: how many differ from a file that was fetched; withdrawn: how many of them were withdrawn."""

    state: str
    has_approved: bool
    is_paid: bool
    left: int
    changed: int
    has_taken_in: bool = False
    has_confirmed: bool = False
    """Whether the sender took in somebody who is paid in it, or confirmed bank details that it pays into."""
    has_said_it_failed: bool = False
    """Whether the sender said, or brought the bank's word, that an earlier payment of one of these did not arrive or came back."""
    withdrawn: int = 0
    to_nobody_known: int = 0
    """How many of them go to somebody whom one of us took in, and whom nobody else has rung or met."""
    perhaps_gone_in: int | None = None
    """The number of a run that took out money of the same attendance as one of them, which the bank may have (PAY-12)."""
    knows_of_changes: bool = False
    """Whether the sender says that the bank has the file as it was."""


def reasons_not_to_put_in(chosen: int, waiting: Iterable[Reason], ready: int) -> list[Reason]:
    """PAY-12: a choice that cannot go refuses the whole, so that nothing is missed. chosen, ready: how many; waiting: why some cannot go."""
    if not chosen:
        return [Reason("PAY-12", "Tick what should go into the payment run.", "chosen")]
    for reason in waiting:
        return [Reason("PAY-12", f"Something that you ticked cannot go now. {reason.text} Look at the list again.", "chosen")]
    return [Reason("PAY-12", "Something that you ticked is no longer there to be paid. Look at the list again.", "chosen")] if ready < chosen else []


def reasons_not_to_send(run: ToSend) -> list[Reason]:
    """PAY-10: nobody sends what they approved, or what they are paid themselves. PAY-12: once. PAY-13: not with a file that is no longer true."""
    if run.state != "made":
        return [Reason("PAY-12", "This payment run was sent before. Nothing was changed.")]
    if run.has_approved:
        return [Reason("PAY-10", "You approved a claim in this run, so somebody else must send it.")]
    if run.is_paid:
        return [Reason("PAY-10", "You are paid in this run, so somebody else must send it.")]
    if run.has_taken_in:
        return [Reason("PAY-10", YOU_TOOK_THEM_IN)]
    if run.has_confirmed:
        return [Reason("PAY-10", "You confirmed bank details in this run, so somebody else must send it.")]
    if run.has_said_it_failed:
        return [Reason("PAY-12", "You said that an earlier payment here did not arrive, so somebody else must send it again.")]
    if run.changed and run.perhaps_gone_in is not None:
        return [perhaps_gone(run.perhaps_gone_in)]
    if run.changed and not run.knows_of_changes:
        return [Reason("PAY-13", "Something has changed since the file was fetched. Make the file anew, or say that the bank has it already.")]
    if run.withdrawn and run.knows_of_changes:
        return [Reason("PAY-17", "A payment in this file was withdrawn. Ask the bank to stop it, and make the file anew.")]
    if run.to_nobody_known and run.knows_of_changes:
        text = "Somebody in this run was added by one of us, and nobody else has rung or met them. Do that first, under “To confirm”, or make the file anew."
        return [Reason("PAY-10", text)]
    if not run.left and not run.changed:
        return [Reason("PAY-17" if run.withdrawn else "PAY-12", "Nothing in this run can leave now. Take the run back.")]
    return []


def reasons_not_to_make_anew(state: str) -> list[Reason]:
    """PAY-13: the file of a run that was not sent."""
    return [] if state == "made" else [Reason("PAY-12", "This payment run was sent, so its file stands.")]


def reasons_not_to_take_back(state: str) -> list[Reason]:
    """PAY-12: a run that was made and never sent."""
    return [] if state == "made" else [Reason("PAY-12", "This payment run was sent, so it cannot be taken back.")]


# Perhaps gone

PERHAPS_GONE, SAID_NOT_GONE = "perhaps-gone", "said-not-gone"
DAYS_TO_LOOK = 3
"""Working days: by then what the bank made of a file stands on the account's statement."""


NOT_SENT = frozenset({"made", "cancelled"})
"""Where a payment stands that nobody has said was sent: in a run that was made, or taken out of one."""


def may_have_left(state: str, in_file: int | None, *, settled: bool) -> bool:
    """PAY-09, PAY-12, PAY-17: it is on its way; or a file or list that was fetched holds it, so that the bank or the payee may have it, and nobody
    who looked has said yet that they do not. settled: somebody has. What was paid or came back is known, and is none of these."""
    return state == "sent" or (state in NOT_SENT and in_file is not None and not settled)


def where_it_stands(state: str, in_file: int | None, *, settled: bool) -> str:
    """PAY-12, PAY-17: one that was taken out of a run after a file with it was fetched is perhaps gone, until somebody says what became of it."""
    if state != "cancelled" or in_file is None:
        return state
    return PERHAPS_GONE if may_have_left(state, in_file, settled=settled) else SAID_NOT_GONE


def cannot_stand_again(later: str) -> Reason:
    """PAY-12: why the bank's word that one was paid is not written down. later: the state of the payment that was made in its place."""
    if later == "made":
        return Reason("PAY-12", "This was put into another payment run since. Do not send that one: take it back first, and then say here that this was paid.")
    return Reason("PAY-12", "This was paid again in another payment run since, so it may be paid twice. Nothing was changed. Ask the bank for the money back.")


def went_in_its_place(left: int, elsewhere: int) -> bool:
    """PAY-12: pence that went through other claims of its attendance are more than there was beside this payment, so they were its own money."""
    return elsewhere > left


def reasons_not_to_note_twice(*, noted: bool) -> list[Reason]:
    """PAY-12: once."""
    return [Reason("PAY-12", "It was written down before that this was paid twice. Nothing was changed.")] if noted else []


# By hand

How = Literal["paid", "not-paid", "not-paid-details", "came-back", "came-back-details", "handed-over", "lost", "taken-back"]
ENDS_AS = {
    "paid": "paid",
    "handed-over": "paid",
    "not-paid": "rejected",
    "not-paid-details": "rejected",
    "came-back": "returned",
    "came-back-details": "returned",
}
"""lost and taken-back: rejected where it was not handed over yet, else returned."""
OF_TRANSFERS = frozenset({"paid", "not-paid", "not-paid-details", "came-back", "came-back-details"})
OF_HANDED = frozenset({"handed-over", "lost", "taken-back"})
ASKS_THE_PAYEE = frozenset({"not-paid-details", "came-back-details"})


THEY_TOOK_THEM_IN = (
    "You added this person, or entered how they are reached or their bank details. So somebody else must say that it was handed over,"
    " or first ring or meet the person, under “To confirm”."
)
"""PAY-10: that something reached somebody whom nobody but you has met is no more than your word."""
ENDED_BEFORE = Reason("PAY-12", "This payment had ended before. Nothing was changed.")
NOTHING_ON_ITS_WAY = Reason("PAY-12", "Nothing of this is on its way. Nothing was changed.")
ALL_KNOWN = Reason("PAY-12", "It is known of every payment what became of it. Nothing was changed.")
CHANGED_SINCE_FETCHED = Reason("PAY-13", "Something has changed since this file was fetched. Open the payment run to see what, and make the file anew.")
RUN_TAKEN_BACK = Reason("PAY-12", "This payment run was taken back, so it has no file. What was in it can go into another run.")


def reasons_not_to_give_out(payments: int, stays: int, *, transfers: bool) -> list[Reason]:
    """PAY-12: a file or list of a run that was made. payments: how many in it would go so; stays: how many of those cannot leave."""
    if payments == 0:
        return [Reason("PAY-12", "Nothing in this payment run goes through the bank." if transfers else "Nothing in this payment run is handed over.")]
    if payments <= stays:
        return [Reason("PAY-12", "Nothing of this can leave now, so there is no file to give out. Open the payment run to see why, and take it back.")]
    return []


UNKNOWN_WHAT_FOR = Reason("PAY-12", "We no longer know what this was for. Nothing was changed. Ask whoever looks after Chorus.")
NOTHING_TO_PUT_IN = Reason("PAY-12", "There is nothing that you could put into a payment run now.")
_CONFIRMED_BEFORE = "This was confirmed before. Nothing was changed."


@dataclass(frozen=True, slots=True)
class ByHand:
    """A payment that somebody says something of: made or sent by whom, for whom, and where it stands."""

    method: str
    state: str
    made_by: UUID
    sent_by: UUID | None
    payee: UUID
    taken_out_by: UUID | None = None
    """Who took it out of its run, where a file that was fetched held it."""
    fetched_by: frozenset[UUID] = frozenset()
    """Who fetched a file or list of its run that holds it, and so could have given it to the bank, ordered it or handed it over."""
    introducers: frozenset[UUID] = frozenset()
    """Who took its payee in, while nobody else has rung or met them since (PAY-10)."""
    said: frozenset[tuple[UUID, str]] = frozenset()
    """Who said what of it (How) that does not count before another says the same; of the file that holds it now."""
    finance: frozenset[UUID] = frozenset()
    """Everybody who has the finance role; empty where that is not known."""
    paid_again: bool = False
    """Whether it counts as not paid and was paid again since, so that its having gone out too is a loss."""


def reasons_to_say_first_that_it_was_sent(run: str, payments: Iterable[str]) -> list[Reason]:
    """PAY-12: before the bank's answer counts. A run that was never sent is answered only of what was taken out of it. Both: states."""
    if run not in ("made", "cancelled") or "cancelled" in payments:
        return []
    return [Reason("PAY-12", "Say first that this run was sent to the bank.", "answer")]


def ends_as(how: str, state: str) -> str:
    """What a payment in this state becomes: paid, rejected, or returned."""
    return ENDS_AS.get(how) or ("returned" if state == "paid" else "rejected")


def reasons_to_leave_a_loss_to_another(payment: ByHand, given_by: UUID, who: UUID) -> list[Reason]:
    """PAY-12: what counts as not paid, was paid again and went out too is lost, and that is two people's word: of who brought the statement (given_by),
    and of who looked at the line; never of who is paid."""
    if who == given_by:
        return [Reason("PAY-12", "You brought this statement. That something was paid twice is said by a second person, who looks at the account.", "payment")]
    return reasons_not_to_say(payment, who) if payment.payee in (who, given_by) else []


def reasons_not_to_end_by_hand(payment: ByHand, how: str, who: UUID) -> list[Reason]:
    """PAY-12: by a second person: not who made or sent the run, and not who is paid. A payment that has ended stands, but that what was paid
    can come back."""
    if payment.state == "made":
        return [Reason("PAY-12", "Say first that this run was sent.")]
    return reasons_to_leave_it_to_another(payment, how, who) or _reasons_not_to_speak(payment, how, who)


def _reasons_not_to_speak(payment: ByHand, how: str, who: UUID) -> list[Reason]:
    """PAY-10, PAY-12: whoever else has a word in it."""
    gone = payment.state in (PERHAPS_GONE, SAID_NOT_GONE)
    if how not in (OF_TRANSFERS if payment.method == TRANSFER else OF_HANDED | {"not-paid"} if gone else OF_HANDED):
        return [Reason("PAY-12", "Choose what happened.", "how")]
    if how == "handed-over" and who in payment.introducers:
        return [Reason("PAY-10", THEY_TOOK_THEM_IN, "how")]
    end = ends_as(how, payment.state)
    if gone:
        return [] if end == "paid" or (how == "not-paid" and payment.state == PERHAPS_GONE) else [Reason("PAY-12", _CONFIRMED_BEFORE, "how")]
    if payment.state != ("paid" if end == "returned" else "sent"):
        return [Reason("PAY-12", _CONFIRMED_BEFORE)]
    return []


def reasons_not_to_say(payment: ByHand, who: UUID) -> list[Reason]:
    """PAY-10, PAY-12: how a payment ended is a second person's word, whether it is theirs or the bank's: a file can be forged."""
    if who == payment.payee:
        return [Reason("PAY-10", "This payment is yours, so somebody else must say how it ended.")]
    if who in (payment.made_by, payment.sent_by):
        return [Reason("PAY-12", "You made or sent this run, so a second person must say how its payments ended.")]
    return []


def _reasons_not_to_say_alone(payment: ByHand, how: str, who: UUID) -> list[Reason]:
    """PAY-12: by hand it is not the word of who took it out either; and that a file never got to the bank is the word of somebody who could not
    have given it to the bank."""
    if reasons := reasons_not_to_say(payment, who):
        return reasons
    if who == payment.taken_out_by:
        return [Reason("PAY-12", "You took this out of the payment run, so a second person must say whether it went all the same.")]
    if how == "not-paid" and who in payment.fetched_by:
        return [Reason("PAY-12", "You fetched a file of this run, so somebody who did not must say that nothing of it went.")]
    return []


Left = Literal["one", "two", "nobody"]
"""Who is left to say something of a payment: one person alone, two together, or nobody."""


def who_is_left(payment: ByHand, how: str) -> Left:
    """PAY-10, PAY-12: nobody's money stands still in a charity of three. Where each who has the finance role made, sent, fetched or took out, two
    of them who say the same together count as one who did none of it; never who is paid. Where we do not know who has it, one is. That something
    went out too that was paid again is a loss, and always the word of two."""
    if payment.paid_again:
        return "two" if not payment.finance or len(payment.finance - {payment.payee}) > 1 else "nobody"
    if not payment.finance or any(not _reasons_not_to_say_alone(payment, how, who) for who in payment.finance):
        return "one"
    return "two" if len(payment.finance - {payment.payee}) > 1 else "nobody"


def says_it_with_another(payment: ByHand, how: str, who: UUID) -> bool:
    """PAY-12: whether this person's word counts once another has said the same, and not before."""
    alone = not payment.paid_again and not _reasons_not_to_say_alone(payment, how, who)
    return who != payment.payee and who_is_left(payment, how) == "two" and not alone


def is_first_of_two(payment: ByHand, how: str, who: UUID) -> bool:
    """PAY-12: whether their word waits for another's now."""
    others = {by for by, said in payment.said if said == how} - {who, payment.payee}
    return says_it_with_another(payment, how, who) and not others


def reasons_to_leave_it_to_another(payment: ByHand, how: str, who: UUID) -> list[Reason]:
    """PAY-10, PAY-12: why somebody's word of how a payment ended counts for nothing, not even beside another's."""
    return [] if says_it_with_another(payment, how, who) else _reasons_not_to_say_alone(payment, how, who)


EARLIER_FILE = "A file or list of this run was fetched before. A second person must say first, on the run’s page, that nothing went by that one."


def reasons_to_wait_for_a_word(unsettled: int) -> list[Reason]:
    """PAY-12: two good files for one payment are two payments. unsettled: how many payments of a run that was not sent stand in an earlier file,
    of which nobody has said yet that the bank does not have it."""
    return [Reason("PAY-12", EARLIER_FILE)] if unsettled else []


def reasons_not_to_dismiss(payments: Iterable[ByHand], who: UUID) -> list[Reason]:
    """PAY-10, PAY-12: that a line of the account's statement is none of our payments is a second person's word, as what it says of them is.
    payments: those that it may be about."""
    if any(reasons_not_to_say(payment, who) for payment in payments):
        text = "You made or sent a payment that this line may be about, or it pays you. So a second person must say that the line is not about it."
        return [Reason("PAY-12", text, "payment")]
    return []


def reasons_not_to_bring(payments: Iterable[ByHand], who: UUID, *, paid: bool = True) -> list[Reason]:
    """PAY-10, PAY-12: the bank's answer or statement, by a second person too. payments: those that it ends, one way or the other. Who took one
    out of its run may bring the bank's word of it. paid: whether it says that they were; that a file came to nothing is not brought by who could
    have given another like it to the bank."""
    for payment in payments:
        if who == payment.payee:
            return [Reason("PAY-10", "This says how a payment to you ended, so somebody else must bring it.", "answer")]
        if reasons_not_to_say(payment, who):
            return [Reason("PAY-12", "You made or sent this run, so a second person must bring what the bank says of it.", "answer")]
        if not paid and payment.state == PERHAPS_GONE and who in payment.fetched_by:
            return [Reason("PAY-12", "You fetched a file of this run, so somebody who did not must bring that the bank did not pay it.", "answer")]
    return []


BECAUSE = {
    "lost": "What we sent or gave you was lost. We will send it again.",
    "taken-back": "You gave back what we sent you. We will send it again.",
    "came-back": "The bank sent the money back to us. We will send it again.",
    "not-paid": "The bank did not make this payment because of something at our end. We will try again.",
    "came-back-details": "The bank sent the money back to us. Please check your bank details.",
    "not-paid-details": "The bank could not make this payment. Please check your bank details.",
}
"""Why something goes again, as its owner reads it."""

BY_HAND = {
    "lost": "lost",
    "taken-back": "taken back",
    "came-back": "came back",
    "not-paid": "not paid by the bank, for a reason at our end",
    "came-back-details": "came back, the account is wrong",
    "not-paid-details": "not paid by the bank, the account is wrong",
}
"""The same for finance, beside the bank's own words."""
