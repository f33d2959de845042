"""What staff marked as a safeguarding concern is set aside: it leaves ordinary view (FB-09)."""

from collections.abc import Collection
from typing import Literal
from uuid import UUID

READS_IT: Literal["approver"] = "approver"
"""The role that opens a claim to decide it."""


def role_that_sets_aside(person_id: UUID, roles: Collection[str], *, written_by: Collection[UUID]) -> str | None:
    """FB-09: the role in which somebody opens a claim, and so may set its words aside; None if they may not, for they
    cannot open it or wrote in it: nobody hides their own words from whoever decides (PAY-02, PAY-10). roles: those in
    which they open pages now. written_by: the claim's owner, and who helped them."""
    return READS_IT if READS_IT in roles and person_id not in written_by else None
