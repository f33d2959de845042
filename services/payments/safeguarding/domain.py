"""What staff marked as a safeguarding concern is set aside: it leaves ordinary view (FB-09)."""

from collections.abc import Collection
from typing import Literal
from uuid import UUID

from shared.reasons import Reason

AWAY = Reason("FB-09", "We cannot find out who looks after this just now. Open this page again in a few minutes.")
READS_IT: Literal["approver"] = "approver"
"""The role that opens a claim to decide it."""


def role_that_sets_aside(person_id: UUID, roles: Collection[str], *, written_by: Collection[UUID]) -> str | None:
    """FB-09: the role in which somebody opens a claim, and so may set its words aside; None if they may not, for they
    cannot open it or wrote in it: nobody hides their own words from whoever decides (PAY-02, PAY-10). roles: those in
    which they open pages now. written_by: the claim's owner, and who helped them."""
    return READS_IT if READS_IT in roles and person_id not in written_by else None


def reads_set_aside(person_id: UUID, concerns: Collection[Collection[UUID]]) -> bool:
    """FB-09: only somebody who has every concern about it, because each may be about somebody else. concerns: who has
    each of them now."""
    return person_id in who_read_set_aside(concerns)


def who_read_set_aside(concerns: Collection[Collection[UUID]]) -> frozenset[UUID]:
    """FB-09: everybody who has every concern about it."""
    return frozenset.intersection(*map(frozenset, concerns)) if concerns else frozenset()


def who_may_answer_for(concerns: Collection[Collection[UUID]], *, written_by: Collection[UUID]) -> frozenset[UUID]:
    """FB-09, PAY-10: who reads it, and wrote nothing in the claim."""
    return who_read_set_aside(concerns) - frozenset(written_by)


def reasons_not_to_answer_for(person_id: UUID, *, written_by: Collection[UUID]) -> list[Reason]:
    """PAY-10: nobody answers for what they claim themselves, or helped to claim."""
    if person_id not in written_by:
        return []
    return [Reason("PAY-10", "This is your own claim, or you helped with it. Somebody else must say so.")]
