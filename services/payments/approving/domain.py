"""Who may decide a claim, and what they may say of it (PAY-10, PAY-11, PAY-14, PAY-17). Amounts are pence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.payments.claims.domain.claims import TO_APPROVE, ClaimState, Line, LineState, amounts
from services.payments.claims.domain.thanks import payables
from services.payments.owing.domain.leaving import YOU_TOOK_THEM_IN
from shared.money import pounds
from shared.reasons import Reason

# Deciding it


@dataclass(frozen=True, slots=True)
class ToApprove:
    """amount_pence: what would be paid of it. beside_pence: what was approved or is asked for elsewhere for the same
    attendance, or for the person's other contributions to the opportunity. over_budget_pence: by how much amount_pence
    would pass the budget."""

    state: ClaimState
    claimant: UUID
    helpers: frozenset[UUID]
    """Everyone who touched it while they helped its owner, whoever sent it."""
    recorders: frozenset[UUID]
    """Everyone who recorded or corrected the attendance (PAY-17), or who cancelled the session (PAY-16)."""
    amount_pence: int
    approver_limit_pence: int
    over_budget_pence: int
    first_approver: UUID | None = None
    """Who approved it first, if it waits for a second approver."""
    introducers: frozenset[UUID] = frozenset()
    """Who took the claimant in, or entered how they are reached or their bank details, while nobody else has rung or
    met them since."""
    beside_pence: int = 0
    decided_before: frozenset[UUID] = frozenset()
    """Who decided it before the person asked for another look (PAY-14)."""
    for_cancelled: bool = False
    """PAY-16: for a session that was cancelled shortly before it started."""

    @property
    def wrote(self) -> frozenset[UUID]:
        """Its owner, and everyone who helped them."""
        return self.helpers | {self.claimant}

    @property
    def concerned(self) -> frozenset[UUID]:
        """Everybody involved in it. Anybody else with the role may decide it."""
        return (
            self.helpers
            | self.recorders
            | self.introducers
            | self.decided_before
            | {each for each in (self.claimant, self.first_approver) if each}
        )


def who_may_not_approve(claim: ToApprove) -> frozenset[UUID]:
    """PAY-10, PAY-14: who is not asked to decide it as it is now, because they would be refused."""
    return frozenset(person for person in claim.concerned if reasons_not_to_approve(claim, person))


def reasons_not_to_approve(claim: ToApprove, approver: UUID) -> list[Reason]:
    """PAY-10, PAY-11: never the claimant or who helped them; not who recorded or corrected the attendance above the
    limit; a second approver is somebody else."""
    if claim.state not in TO_APPROVE:
        return [Reason("PAY-10", "Somebody has already decided this claim. Nothing was changed.")]
    if approver == claim.claimant:
        return [Reason("PAY-10", "This is your own claim. Somebody else must decide it.")]
    if approver in claim.helpers:
        return [Reason("PAY-10", "You helped with this claim. Somebody else must decide it.")]
    if approver in claim.introducers:
        return [Reason("PAY-10", YOU_TOOK_THEM_IN)]
    if (
        approver in claim.recorders
        and claim.amount_pence
        and claim.amount_pence + claim.beside_pence > claim.approver_limit_pence
    ):
        limit = pounds(claim.approver_limit_pence)
        did = "You cancelled this session" if claim.for_cancelled else "You wrote down or corrected the time"
        what = "all that is claimed for it" if claim.beside_pence else "the claim"
        return [
            Reason(
                "PAY-10",
                f"{did}, and {what} is more than {limit}. Somebody else must decide it.",
            )
        ]
    if approver in claim.decided_before:
        return [
            Reason(
                "PAY-14",
                "You decided this before, and the person asked for another look. Somebody else must decide it.",
            )
        ]
    if claim.state is ClaimState.SECOND_APPROVER and approver == claim.first_approver:
        return [
            Reason(
                "PAY-11", "You approved this claim already. It is over budget, so a second person must approve it too."
            )
        ]
    return []


def reasons_not_to_approve_second(over_pence: int, over_seen: int | None) -> list[Reason]:
    """PAY-11: whoever agrees to pass a budget knows by how much. over_seen: as their page said; None if it did not
    say."""
    if over_seen is None or over_pence <= over_seen:
        return []
    text = (
        "Other claims were approved since you opened this page. With this one the budget would be "
        f"{pounds(over_pence)} over. Look at it again."
    )
    return [Reason("PAY-11", text)]


def state_after_approval(claim: ToApprove) -> ClaimState:
    """PAY-11: a claim over budget goes to a second approver, and is never silently refused."""
    if claim.state is ClaimState.SUBMITTED and claim.over_budget_pence > 0:
        return ClaimState.SECOND_APPROVER
    return ClaimState.APPROVED


@dataclass(frozen=True, slots=True)
class Decision:
    """What the approver says about one line. 0 pence refuses it; less than asked reduces it (PAY-14)."""

    line_id: UUID
    pence: int
    reason: str = ""


def says_why(reason: str) -> bool:
    """PAY-14: a full stop or a dash is no reason."""
    return any(letter.isalnum() for letter in reason)


def reasons_not_to_decide(lines: Sequence[Line], decisions: Mapping[UUID, Decision]) -> list[Reason]:
    """PAY-14: a refused or reduced line has a reason in plain English; no line is raised; every line is decided."""
    reasons: list[Reason] = []
    for line in lines:
        decision = decisions.get(line.id)
        if decision is None:
            reasons.append(Reason("PAY-14", "Decide every line of the claim.", f"pence-{line.id}"))
        elif not 0 <= decision.pence <= line.amount_pence:
            reasons.append(
                Reason("PAY-14", f"Enter an amount from £0.00 to {pounds(line.amount_pence)}.", f"pence-{line.id}")
            )
        elif decision.pence < line.amount_pence and not says_why(decision.reason):
            reasons.append(
                Reason("PAY-14", "Say in plain words why, so that the person can understand it.", f"reason-{line.id}")
            )
    return reasons


def reasons_not_to_agree_to_nothing(
    recognition: str | None, expenses_method: str | None, lines: Sequence[Line], *, thanked: bool = False
) -> list[Reason]:
    """PAY-05, PAY-14: who approves decides an amount, or agrees to thanks that are no money. thanked: as for
    thanks.payables()."""
    asked = amounts((replace(line, cut_to_pence=None) for line in lines), (LineState.READY, LineState.APPROVED))
    if recognition is not None and payables(recognition, expenses_method, asked, thanked=thanked):
        return []
    waits = any(line.state is LineState.WAITING for line in lines)
    then = "It waits for a receipt, and goes on once that is there" if waits else "Refuse it and say why"
    return [Reason("PAY-14", f"There is no amount to decide in this claim. {then}.")]


def reasons_not_to_refuse(
    recognition: str | None, expenses_method: str | None, lines: Sequence[Line], *, thanked: bool = False
) -> list[Reason]:
    """PAY-05: what waits for a receipt is refused by its owner or its last day alone, so an approver refuses no claim
    in which there is nothing else. thanked: as for thanks.payables()."""
    if not any(line.state is LineState.WAITING for line in lines):
        return []
    return reasons_not_to_agree_to_nothing(recognition, expenses_method, lines, thanked=thanked)


def reasons_to_agree_to_less(fee_pence: int, left_pence: int, field: str | None = None) -> list[Reason]:
    """PAY-17: nobody agrees to a higher fee than the register gives now, over all claims of an attendance.
    left_pence: what it gives beyond what was agreed in the other claims."""
    if fee_pence <= left_pence:
        return []
    more = (
        f"No more than {pounds(left_pence)} is left of that for this claim"
        if left_pence
        else "Nothing is left of that for this claim"
    )
    return [
        Reason(
            "PAY-17",
            f"This is more than what is written down gives now for taking part. {more}. Agree to less, and say why.",
            field,
        )
    ]


def reasons_against_why(reason: str) -> list[Reason]:
    """PAY-14: a refusal has a reason."""
    return (
        []
        if says_why(reason)
        else [Reason("PAY-14", "Say in plain words why, so that the person can understand it.", "reason")]
    )


def reasons_to_wait_for_the_way(unseen_pence: int) -> list[Reason]:
    """PAY-02, FB-09: nobody agrees to miles by the way that somebody went, while they may not read it and nobody who
    may has said if they are right. unseen_pence: what would be agreed to of such lines."""
    text = "The miles wait: you cannot read the way they went. Somebody else here reads it, and says if they are right."
    return [Reason("PAY-02", text)] if unseen_pence else []


def waits_whole(
    recognition: str | None, expenses_method: str | None, others: Sequence[Line], *, thanked: bool, looked_again: bool
) -> bool:
    """PAY-02, FB-09: whether a claim with miles whose way nobody may read waits with them, because nothing else in it
    can be agreed to, or because somebody else looks again at all of it (PAY-14). others: its other lines. thanked: as
    for thanks.payables()."""
    if looked_again:
        return True
    return bool(reasons_not_to_agree_to_nothing(recognition, expenses_method, others, thanked=thanked))


# Taking an approval back (PAY-17)


@dataclass(frozen=True, slots=True)
class ToWithdraw:
    """left: whether something of it has left for the bank, was handed over, or may have; in_a_file: whether a
    fetched file holds it."""

    state: ClaimState
    claimant: UUID
    helpers: frozenset[UUID]
    left: bool
    in_a_file: bool = False


def reasons_not_to_withdraw(claim: ToWithdraw, who: UUID, reason: str) -> list[Reason]:
    """PAY-17: an approved claim that has not left can be withdrawn by anybody except its owner and who helped them,
    with a reason that its owner reads."""
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
                "A file or list that was fetched holds this payment, so it may have gone. Ask finance to stop it, and "
                "to take the payment run back;"
                " or to make the file again, and a second person to say that nothing went by this one. Then you can "
                "take the approval back.",
            )
        ]
    if claim.left:
        return [
            Reason(
                "PAY-17",
                "Something of this claim is on its way or was paid, so its approval stands. If it was too much, talk "
                "to finance.",
            )
        ]
    if not says_why(reason):
        return [Reason("PAY-17", "Say in plain words why, so that the person can understand it.", "withdraw_reason")]
    return []
