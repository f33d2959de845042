"""What was done lately, so that telling what waits costs what it touched (PEO-05)."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from shared.db import Transaction


@dataclass(frozen=True, slots=True)
class Touched:
    """people: whose claims, payments or bank details. runs: payment runs, or those with a payment of such a claim."""

    people: frozenset[UUID]
    runs: frozenset[UUID]


_TOUCHED = text("""
WITH done AS MATERIALIZED (
    SELECT DISTINCT about FROM steps WHERE id >= :since AND kind = 'change' AND what NOT LIKE '%-read'
), found AS (
    SELECT about, c.participant_id AS person, NULL::uuid AS run FROM done JOIN claims c ON c.id = about
    UNION ALL
    SELECT about, c.participant_id, NULL FROM done JOIN claims c ON c.attendance_id = about
    UNION ALL
    SELECT about, about, NULL FROM done WHERE EXISTS (SELECT FROM claims c WHERE c.participant_id = about)
    UNION ALL
    SELECT about, about, NULL FROM done WHERE EXISTS (SELECT FROM bank_details d WHERE d.participant_id = about)
    UNION ALL
    SELECT about, p.participant_id, p.run_id FROM done JOIN payments p ON p.claim_id = about
    UNION ALL
    SELECT about, p.participant_id, p.run_id FROM done JOIN payments p ON p.run_id = about
)
SELECT DISTINCT done.about, person, run FROM done LEFT JOIN found ON found.about = done.about
""")


async def touched(tx: Transaction, since: UUID) -> Touched | None:
    """By the steps from this id on. None if one is about something else, such as a statement of the bank or a rate:
    that may touch anything."""
    found = await tx.all(_TOUCHED, {"since": since})
    if any(row.person is None for row in found):
        return None
    return Touched(frozenset(row.person for row in found), frozenset(row.run for row in found if row.run))
