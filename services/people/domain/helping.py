"""PEO-02: who may help whom."""

from collections.abc import Collection
from uuid import UUID

from shared.reasons import Reason


def reasons_not_to_help(helper_id: UUID, person_id: UUID, roles: Collection[str]) -> list[Reason]:
    """PEO-02: only participants can be helped, and not by themselves. roles: the helped person's; nobody acts for a
    colleague."""
    if helper_id == person_id:
        return [Reason("PEO-02", "This is you. You can change your own details under My details")]
    if set(roles) != {"participant"}:
        return [Reason("PEO-02", "They work here. Only participants can be helped in this way")]
    return []
