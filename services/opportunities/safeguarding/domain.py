"""What staff marked as a safeguarding concern is set aside: it leaves ordinary view (FB-09)."""

from collections.abc import Collection, Sequence
from typing import Literal
from uuid import UUID

from shared.reasons import Reason

ONLY_THEIRS = Reason("FB-09", "Somebody else here looks after this.")
"""It says neither that it is a concern nor who has it: whom it is about may read this."""


AWAY = Reason("FB-09", "We cannot find out who looks after this just now. Open this page again in a few minutes.")
READS_IT: Literal["coordinator"] = "coordinator"
"""The role that reads what people ask and need."""


def role_that_sets_aside(person_id: UUID, roles: Collection[str], *, written_by: UUID | None) -> str | None:
    """FB-09: the role in which somebody opens the page with it, and so may set it aside; None if they may not, for they
    cannot open it or wrote it. roles: those in which they open pages now."""
    return READS_IT if READS_IT in roles and person_id != written_by else None


def sees_set_aside(person_id: UUID | None, concerns: Sequence[Collection[UUID]]) -> bool:
    """FB-09: only somebody who has every concern about it, because each may be about somebody else. concerns: who has
    each of them."""
    return person_id in who_answers(concerns)


def reasons_not_to_act_on(person_id: UUID | None, concerns: Sequence[Collection[UUID]]) -> list[Reason]:
    """FB-09: whoever has what is set aside acts on it, and nobody else."""
    return [ONLY_THEIRS] if concerns and not sees_set_aside(person_id, concerns) else []


def who_answers(concerns: Sequence[Collection[UUID]]) -> tuple[UUID, ...]:
    """FB-09: those who have every concern about it; nobody by name if it is not set aside."""
    return tuple(sorted(frozenset.intersection(*map(frozenset, concerns)))) if concerns else ()
