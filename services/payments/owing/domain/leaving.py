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
"""doubted: the last payment did not arrive because of this account, and its owner has not answered yet."""
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


SAME_ACCOUNT = "Another person is paid into the same bank account. It can be right, for a couple or a carer. Check it."
"""PAY-13: to whoever approves, confirms the details, or pays."""


def why_nobody_knows_where_it_goes(method: str, details: Details, introducers: frozenset[UUID]) -> str:
    """PAY-10, PAY-13: nothing leaves for anybody on one person's word, in whatever way it is paid. "" if it may leave;
    otherwise a key of WHERE_IT_GOES.

    introducers: who took the person in, or entered how they are reached, while nobody else has rung or met them
    since. A transfer waits for the account to be confirmed instead; everything else waits for the person.
    """
    if method != "bank-transfer":
        return "person" if introducers else ""
    return {"none": "no-details", "unconfirmed": "unconfirmed", "doubted": "doubted"}.get(details, "")


def what_comes_first(methods: Iterable[str], details: Details, introducers: frozenset[UUID]) -> frozenset[str]:
    """PAY-07, PAY-10, PAY-13: what has to happen before anything can leave in these ways, as keys of WHERE_IT_GOES.
    If there is anything, no day is promised to anybody. introducers: as above."""
    return frozenset(why_nobody_knows_where_it_goes(method, details, introducers) for method in methods) - {""}


TRANSFER = "bank-transfer"
DAYS_BEFORE, DAYS_AFTER = 1, 31
"""How many days before and after a file left us the bank may book a payment in it."""
PERHAPS_GONE, SAID_NOT_GONE = "perhaps-gone", "said-not-gone"
NOT_SENT = frozenset({"made", "cancelled"})
"""States of a payment that nobody has said was sent: in a run that was made, or taken out of one."""


def may_have_left(state: str, in_file: int | None, *, settled: bool) -> bool:
    """PAY-09, PAY-12, PAY-17: it is on its way, or a file or list that was fetched holds it, so that the bank or the
    payee may have it. settled: somebody has looked and said that they do not. If it was paid or came back, that is
    known, so it no longer "may" have left."""
    return state == "sent" or (state in NOT_SENT and in_file is not None and not settled)


def where_it_stands(state: str, in_file: int | None, *, settled: bool) -> str:
    """PAY-12, PAY-17: a payment that was taken out of a run after a file with it was fetched is perhaps gone, until
    somebody says what became of it."""
    if state != "cancelled" or in_file is None:
        return state
    return PERHAPS_GONE if may_have_left(state, in_file, settled=settled) else SAID_NOT_GONE


def may_not_release_what_they_confirmed(payee: UUID, entered_by: UUID | None) -> bool:
    """PAY-10: who confirms an account must not release money into it if only a sign-in of the payee gave it: whoever
    confirms may hold that sign-in. If another of our staff entered it, the confirmer is already a second person, and
    may release."""
    return entered_by is None or entered_by == payee


def who_would_be_missed(
    payee: UUID, entered_by: UUID | None, approvers: frozenset[UUID], finance: frozenset[UUID]
) -> frozenset[UUID]:
    """PAY-10, PAY-13: whoever is the only one of finance able to release money into these bank details, and would
    lose that by confirming them. approvers: of the claims to be paid into them. finance: everybody with that role,
    if known."""
    if not may_not_release_what_they_confirmed(payee, entered_by):
        return frozenset()
    could = finance - approvers - {payee}
    return could if len(could) == 1 else frozenset()


def who_alone_could_send(
    payee: UUID,
    entered_by: UUID | None,
    approvers: frozenset[UUID],
    finance: frozenset[UUID],
    said_failed: frozenset[UUID],
) -> frozenset[UUID]:
    """PAY-12, PAY-13: whoever is the only one of finance able to send money into these bank details alone. If they
    confirm them it takes two, so another of finance is asked to. said_failed: who said that an earlier payment did
    not arrive."""
    if not may_not_release_what_they_confirmed(payee, entered_by):
        return frozenset()
    could = finance - approvers - {payee}
    alone = could - said_failed
    return alone if len(alone) == 1 and could - alone else frozenset()
