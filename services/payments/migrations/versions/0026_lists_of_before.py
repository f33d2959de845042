"""Lists and files that a program before 0010 gave out count as fetched (PAY-12); and what an approval that was taken back was over its budget by is
not what the next one is over (PAY-11).

Where it cannot be known which file a payment stood in, it counts as in the newest that it can have stood in: somebody looks before it goes again.
What was paid since, or has nothing more to be paid of its attendance, is left as it is: nothing can go twice.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

FETCHED = """
UPDATE payments SET in_file = CASE WHEN fetched_at IS NULL THEN greatest(file_number - 1, 1) ELSE file_number END, file_fetched_at = given.at
  FROM payment_runs, (SELECT about, what, max(business_at) AS at FROM steps
                       WHERE what IN ('voucher-list-fetched', 'bank-file-fetched', 'bank-csv-fetched') GROUP BY about, what) AS given
 WHERE payment_runs.id = run_id AND given.about = run_id AND in_file IS NULL AND settled_at IS NULL
   AND (given.what = 'voucher-list-fetched') = (method <> 'bank-transfer')
   AND (payments.state = 'made'
        OR (payments.state = 'cancelled' AND (ended_at IS NULL OR given.at <= ended_at)
            AND EXISTS (SELECT FROM claims AS its JOIN claims AS beside USING (attendance_id) JOIN payables ON payables.claim_id = beside.id
                         WHERE its.id = payments.claim_id AND payables.state IN ('owed', 'returned'))
            AND NOT EXISTS (SELECT FROM claims AS its JOIN claims AS beside USING (attendance_id) JOIN payments AS later ON later.claim_id = beside.id
                             WHERE its.id = payments.claim_id AND later.id <> payments.id AND later.state IN ('made', 'sent', 'paid'))))
"""
NOT_OVER = """
UPDATE claims SET over_budget_pence = 0
 WHERE state IN ('approved', 'returned', 'paid') AND over_budget_pence > 0
   AND (SELECT count(DISTINCT approver_id) FROM approvals WHERE claim_id = claims.id AND decision = 'approved') < 2
   AND EXISTS (SELECT FROM steps WHERE about = claims.id AND at >= coalesce((SELECT max(at) FROM steps
                 WHERE about = claims.id AND what = 'second-approver-needed'), '-infinity')
                 AND what IN ('claim-declined', 'approval-withdrawn', 'attendance-corrected', 'claim-refused', 'claim-reopened'))
"""
"""Between the first of two approvals and this one it was decided anew: the program asked for a second person where that was over, too."""


def upgrade() -> None:
    op.execute(sa.text(FETCHED))
    op.execute(sa.text(NOT_OVER))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
