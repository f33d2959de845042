"""Who may decide a claim and release its money, and with what reasons (PAY-10, PAY-11, PAY-14). Amounts are pence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.payments.domain.claims import TO_APPROVE, ClaimState, Line, LineState
from shared.money import pounds
from shared.reasons import Reason

DECIDED = frozenset({ClaimState.APPROVED, ClaimState.RETURNED, ClaimState.PAID, ClaimState.REFUSED})

YOU_TOOK_THEM_IN = "You added this person, or entered how they are reached or their bank details. Somebody else must do this, or ring the person first."

# Deciding it


@dataclass(frozen=True, slots=True)
class ToApprove:
    """amount_pence: what would be paid of it. beside_pence: what was approved or is asked for the same attendance beside that, in this claim and
    in those that follow each other. over_budget_pence: by how much amount_pence would pass the budget."""

    state: ClaimState
    claimant: UUID
    helpers: frozenset[UUID]
    """Everyone who touched it while they helped its owner, whoever sent it."""
    recorders: frozenset[UUID]
    """Everyone who recorded or corrected the attendance (PAY-17)."""
    amount_pence: int
    approver_limit_pence: int
    over_budget_pence: int
    first_approver: UUID | None = None
    """Who approved it first, where it waits for a second approver."""
    introducers: frozenset[UUID] = frozenset()
    """Who took the claimant in, or entered how they are reached or their bank details, while nobody else has rung or met them since."""
    beside_pence: int = 0
    decided_before: frozenset[UUID] = frozenset()
    """Who decided it before the person asked for another look (PAY-14)."""


def reasons_not_to_approve(claim: ToApprove, approver: UUID) -> list[Reason]:
    """PAY-10, PAY-11: never the claimant or who helped them; not who recorded or corrected the attendance above the limit; a second approver is
    somebody else."""
    if claim.state not in TO_APPROVE:
        return [Reason("PAY-10", "Somebody has already decided this claim. Nothing was changed.")]
    if approver == claim.claimant:
        return [Reason("PAY-10", "This is your own claim. Somebody else must decide it.")]
    if approver in claim.helpers:
        return [Reason("PAY-10", "You helped with this claim. Somebody else must decide it.")]
    if approver in claim.introducers:
        return [Reason("PAY-10", YOU_TOOK_THEM_IN)]
    if approver in claim.recorders and claim.amount_pence and claim.amount_pence + claim.beside_pence > claim.approver_limit_pence:
        limit = pounds(claim.approver_limit_pence)
        what = "all that is claimed for it" if claim.beside_pence else "the claim"
        return [Reason("PAY-10", f"You recorded or corrected this attendance, and {what} is more than {limit}. Somebody else must decide it.")]
    if approver in claim.decided_before:
        return [Reason("PAY-14", "You decided this before, and the person asked for another look. Somebody else must decide it.")]
    if claim.state is ClaimState.SECOND_APPROVER and approver == claim.first_approver:
        return [Reason("PAY-11", "You approved this claim already. It is over budget, so a second person must approve it too.")]
    return []


def reasons_not_to_approve_second(over_pence: int, over_seen: int | None) -> list[Reason]:
    """PAY-11: who agrees to pass a budget knows by how much. over_seen: as their page said; None where they did not say."""
    if over_seen is None or over_pence <= over_seen:
        return []
    text = f"Other claims were approved since you opened this page. With this one the budget would be {pounds(over_pence)} over. Look at it again."
    return [Reason("PAY-11", text)]


def state_after_approval(claim: ToApprove) -> ClaimState:
    """PAY-11: a claim over budget needs a second approver, and is never silently refused."""
    if claim.state is ClaimState.SUBMITTED and claim.over_budget_pence > 0:
        return ClaimState.SECOND_APPROVER
    return ClaimState.APPROVED


@dataclass(frozen=True, slots=True)
class Decision:
    """What the approver says of one line. pence 0 refuses it; less than asked reduces it (PAY-14)."""

    line_id: UUID
    pence: int
    reason: str = ""


def reasons_not_to_decide(lines: Sequence[Line], decisions: Mapping[UUID, Decision]) -> list[Reason]:
    """PAY-14: a refused or reduced line carries a reason in plain English; nothing is raised; every line is decided."""
    reasons: list[Reason] = []
    for line in lines:
        decision = decisions.get(line.id)
        if decision is None:
            reasons.append(Reason("PAY-14", "Decide every line of the claim.", f"pence-{line.id}"))
        elif not 0 <= decision.pence <= line.amount_pence:
            reasons.append(Reason("PAY-14", f"Enter an amount from £0.00 to {pounds(line.amount_pence)}.", f"pence-{line.id}"))
        elif decision.pence < line.amount_pence and not decision.reason.strip():
            reasons.append(Reason("PAY-14", "Say in plain words why, so that the person can understand it.", f"reason-{line.id}"))
    return reasons


def reasons_to_agree_to_less(fee_pence: int, left_pence: int, field: str | None = None) -> list[Reason]:
    """PAY-17: no more is agreed to for taking part than the register gives as it stands now, over all claims of an attendance.
    left_pence: what it gives beside what was agreed to in the others."""
    if fee_pence <= left_pence:
        return []
    more = f"No more than {pounds(left_pence)} is left of that for this claim" if left_pence else "Nothing is left of that for this claim"
    return [Reason("PAY-17", f"This is more than the register gives now for taking part. {more}. Agree to less, and say why.", field)]


def reasons_against_why(reason: str) -> list[Reason]:
    """PAY-14: a refusal has a reason."""
    return [] if reason.strip() else [Reason("PAY-14", "Say in plain words why, so that the person can understand it.", "reason")]


def over_budget(budget_pence: int | None, used_pence: int, amount_pence: int) -> int:
    """PAY-11: by how much this would pass the budget; 0 where it fits or where no budget is set. used: committed and spent."""
    if budget_pence is None:
        return 0
    return max(used_pence + amount_pence - budget_pence, 0)


def reasons_not_to_look_again(
    state: ClaimState, states: Iterable[LineState], lowered: bool, looked_before: bool, was_there: bool = True, *, gives_no_more: bool = False
) -> list[Reason]:
    """PAY-14: one more look at what was refused or reduced, by somebody else, once it is decided. PAY-17: what the register says is put right in
    the register, and not by looking at a claim again. was_there, gives_no_more: as the register says now; the second, that nothing but the fee
    could be looked at, and that all of it was agreed to or is asked for already."""
    if state not in DECIDED:
        return [Reason("PAY-14", "We are still looking at this claim. You can ask us to look again once it is decided.")]
    if not was_there:
        return [Reason("PAY-14", "The register says that you were not there. If that is wrong, ask us to put the register right. Then we look at this again.")]
    if looked_before:
        return [Reason("PAY-14", "We have looked at this twice. Talk to us if you are still not happy.")]
    if LineState.REFUSED not in tuple(states) and not lowered:
        return [Reason("PAY-14", "There is nothing in this claim that we could look at again. Talk to us if you think that something is wrong.")]
    if gives_no_more:
        text = "The register was put right, and gives no more for taking part than you have already. If that is wrong, ask us to put the register right."
        return [Reason("PAY-14", text)]
    return []


# Taking an approval back (PAY-17)


@dataclass(frozen=True, slots=True)
class ToWithdraw:
    """left: something of it has left for the bank, or was handed over, or may have: in_a_file, a file that was fetched holds it."""

    state: ClaimState
    claimant: UUID
    helpers: frozenset[UUID]
    left: bool
    in_a_file: bool = False


def reasons_not_to_withdraw(claim: ToWithdraw, who: UUID, reason: str) -> list[Reason]:
    """PAY-17: what is approved and has not left can be withdrawn, by anybody but its owner and who helped them, with a reason that its owner reads."""
    if claim.state not in (ClaimState.APPROVED, ClaimState.RETURNED):
        return [Reason("PAY-17", "This claim is not waiting to be paid, so there is no approval to take back.")]
    if who == claim.claimant:
        return [Reason("PAY-10", "This is your own claim. Somebody else must decide it.")]
    if who in claim.helpers:
        return [Reason("PAY-10", "You helped with this claim. Somebody else must decide it.")]
    if claim.in_a_file:
        return [
            Reason(
                "PAY-17",
                "A file or list that was fetched holds this payment, so it may have gone. Ask finance to stop it, and to take the payment run back;"
                " or to make the file anew, and a second person to say that nothing went by this one. Then you can take the approval back.",
            )
        ]
    if claim.left:
        return [Reason("PAY-17", "Something of this claim is on its way or was paid, so its approval stands. If it was too much, talk to finance.")]
    if not reason.strip():
        return [Reason("PAY-17", "Say in plain words why, so that the person can understand it.", "withdraw_reason")]
    return []


# Releasing it

Details = Literal["none", "unconfirmed", "doubted", "confirmed"]
"""doubted: the last payment into them did not arrive because of the account, and their owner has not answered yet."""


def reasons_not_to_hold(state: ClaimState, has_left: bool, *, may_have: bool = False) -> list[Reason]:
    """PAY-09: a payment can be held from when the claim was sent until it has left, or may have: a file for the bank holds it."""
    if has_left and may_have:
        return [Reason("PAY-09", "This payment may be on its way already, so we can no longer promise to hold it. Talk to us, and we will try to stop it.")]
    if has_left:
        return [Reason("PAY-09", "This payment is already on its way, so it can no longer be held. Talk to us.")]
    if state in (ClaimState.SUBMITTED, ClaimState.SECOND_APPROVER, ClaimState.APPROVED, ClaimState.RETURNED):
        return []
    return [Reason("PAY-09", "There is no payment to hold in this claim.")]


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
    """Who typed these details."""
    correction_due: bool = False
    """The register says less than was approved, and that is not decided again yet (PAY-17)."""
    perhaps_gone_in: int | None = None
    """The number of a payment run whose file the bank may have, and which held money of this claim."""


def perhaps_gone(run_number: int) -> Reason:
    """PAY-12: why nothing of a claim leaves meanwhile."""
    return Reason(
        "PAY-12",
        f"This may have gone already: a file or list of payment run {run_number} held it. Find out, and say in that run what became of it.",
    )


WHERE_IT_GOES = {
    "no-details": Reason("PAY-13", "There are no bank details to pay into."),
    "unconfirmed": Reason("PAY-13", "The bank details changed and are not confirmed yet."),
    "doubted": Reason("PAY-12", "A payment into these bank details did not arrive. The person is asked to check them first."),
    "person": Reason("PAY-10", "Somebody here added this person, or entered how they are reached. Somebody else must ring or meet the person first."),
}


def why_nobody_knows_where_it_goes(method: str, details: Details, introducers: frozenset[UUID]) -> str:
    """PAY-10, PAY-13: nothing leaves to somebody on one person's word, whichever way it goes. "" where it may; else a key of WHERE_IT_GOES.

    introducers: who took the person in, or entered how they are reached, while nobody else has rung or met them since. A transfer goes into an
    account, and the account waits by itself if it was given by such a way; all else waits for the person.
    """
    if method != "bank-transfer":
        return "person" if introducers else ""
    return {"none": "no-details", "unconfirmed": "unconfirmed", "doubted": "doubted"}.get(details, "")


def may_not_release_what_they_confirmed(payee: UUID, entered_by: UUID | None) -> bool:
    """PAY-10: who confirmed an account does not release what goes into it, where it is known from a sign-in of the payee alone: whoever holds that
    one could be the one who confirms. Where somebody else of us entered it, who confirms it is a second person already, and may release."""
    return entered_by is None or entered_by == payee


def reasons_not_to_release(payable: ToRelease, releaser: UUID) -> list[Reason]:
    """PAY-10: nobody both approves and releases one claim, or releases their own. PAY-09: a held one waits. PAY-13: so does a changed account,
    and what goes any other way to somebody whom nobody but who took them in has met (PAY-10)."""
    if payable.perhaps_gone_in is not None:
        return [perhaps_gone(payable.perhaps_gone_in)]
    if payable.held:
        return [Reason("PAY-09", "The person asked us to hold this payment.")]
    if payable.correction_due:
        return [Reason("PAY-17", "The register was put right. This goes back to an approver by itself, in a minute.")]
    if releaser in payable.approvers:
        return [Reason("PAY-10", "You approved this claim, so somebody else must release it.")]
    if releaser == payable.claimant:
        return [Reason("PAY-10", "This is your own claim, so somebody else must release it.")]
    if releaser in payable.introducers:
        return [Reason("PAY-10", YOU_TOOK_THEM_IN)]
    if payable.method == "bank-transfer" and releaser == payable.confirmed_by and may_not_release_what_they_confirmed(payable.claimant, payable.entered_by):
        return [Reason("PAY-10", "You confirmed these bank details, so somebody else must release it.")]
    why = why_nobody_knows_where_it_goes(payable.method, payable.bank_details, payable.introducers)
    return [WHERE_IT_GOES[why]] if why else []


def claim_state_after_payment(payables: Iterable[str]) -> ClaimState:
    """PAY-12: what a claim is when a payment of it has ended: waiting for its owner if one of its payables is, paid when all of them are.
    payables: their states; what was withdrawn is none."""
    left = [state for state in payables if state != "withdrawn"]
    if "returned" in left:
        return ClaimState.RETURNED
    return ClaimState.PAID if all(state == "paid" for state in left) else ClaimState.APPROVED
