"""Whether what we owe may have left, and whether it is known where it goes (PAY-09, PAY-10, PAY-12, PAY-13, PAY-17)."""

from collections.abc import Iterable
from typing import Literal
from uuid import UUID

from shared.reasons import Reason

YOU_TOOK_THEM_IN = (
    "You added this person, or entered how they are reached or their bank details. Somebody else must "
    "do this, or ring the person first."
)
Details = Literal["none", "unconfirmed", "doubted", "confirmed"]
"""doubted: the last payment into them did not arrive because of the account, and their owner has not answered yet."""
WHERE_IT_GOES = {
    "no-details": Reason("PAY-13", "There are no bank details to pay into. The person is asked for them."),
    "unconfirmed": Reason("PAY-13", "The bank details changed and are not confirmed yet."),
    "doubted": Reason(
        "PAY-12", "A payment into these bank details did not arrive. The person is asked to check them first."
    ),
    "person": Reason(
        "PAY-10",
        "Somebody here added this person, or entered how they are reached. Somebody else must ring or meet the person "
        "first.",
    ),
}


def why_nobody_knows_where_it_goes(method: str, details: Details, introducers: frozenset[UUID]) -> str:
    """PAY-10, PAY-13: nothing leaves to somebody on one person's word, whichever way it goes. "" where it may; else a
    key of WHERE_IT_GOES.

    introducers: who took the person in, or entered how they are reached, while nobody else has rung or met them since.
    A transfer goes into an account, and the account waits by itself if it was given by such a way; all else waits for
    the person.
    """
    if method != "bank-transfer":
        return "person" if introducers else ""
    return {"none": "no-details", "unconfirmed": "unconfirmed", "doubted": "doubted"}.get(details, "")


def what_comes_first(methods: Iterable[str], details: Details, introducers: frozenset[UUID]) -> frozenset[str]:
    """PAY-07, PAY-10, PAY-13: what has to happen before anything can leave in these ways, as keys of WHERE_IT_GOES.
    Unless it is nothing, no day is promised to anybody. introducers: as above."""
    return frozenset(why_nobody_knows_where_it_goes(method, details, introducers) for method in methods) - {""}


TRANSFER = "bank-transfer"
DAYS_BEFORE, DAYS_AFTER = 1, 31
"""How far from the day on which a file left us the bank's line about a payment in it may lie."""
PERHAPS_GONE, SAID_NOT_GONE = "perhaps-gone", "said-not-gone"
NOT_SENT = frozenset({"made", "cancelled"})
"""Where a payment stands that nobody has said was sent: in a run that was made, or taken out of one."""


def may_have_left(state: str, in_file: int | None, *, settled: bool) -> bool:
    """PAY-09, PAY-12, PAY-17: it is on its way; or a file or list that was fetched holds it, so that the bank or the
    payee may have it, and nobody who looked has said yet that they do not. settled: somebody has. What was paid or came
    back is known, and is none of these."""
    return state == "sent" or (state in NOT_SENT and in_file is not None and not settled)


def where_it_stands(state: str, in_file: int | None, *, settled: bool) -> str:
    """PAY-12, PAY-17: one that was taken out of a run after a file with it was fetched is perhaps gone, until somebody
    says what became of it."""
    if state != "cancelled" or in_file is None:
        return state
    return PERHAPS_GONE if may_have_left(state, in_file, settled=settled) else SAID_NOT_GONE


def may_not_release_what_they_confirmed(payee: UUID, entered_by: UUID | None) -> bool:
    """PAY-10: who confirmed an account does not release what goes into it, where it is known from a sign-in of the
    payee alone: whoever holds that one could be the one who confirms. Where somebody else of us entered it, who
    confirms it is a second person already, and may release."""
    return entered_by is None or entered_by == payee


def who_would_be_missed(
    payee: UUID, entered_by: UUID | None, approvers: frozenset[UUID], finance: frozenset[UUID]
) -> frozenset[UUID]:
    """PAY-10, PAY-13: who, if they confirmed these bank details, could not release what goes into them, and would leave
    nobody of finance who could. approvers: of what is to go into them. finance: everybody who has that role, where that
    is known."""
    if not may_not_release_what_they_confirmed(payee, entered_by):
        return frozenset()
    could = finance - approvers - {payee}
    return could if len(could) == 1 else frozenset()
