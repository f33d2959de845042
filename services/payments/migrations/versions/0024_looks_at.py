"""Which line a line of another look looks at, so that both are one account (PAY-12, PAY-14); and more than one overpayment at one version of a
register (PAY-16).

Both columns may be empty: the program before this one adds lines without them, and those count as they did. Of the lines of before, the pence that
were asked to be looked at are what the look asks for: nothing is asked for anew. Where the bank paid a cost whole and its look is agreed to as well,
the claim of the look is looked at again before it is paid, or written off.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_LINK = """
WITH looks AS (
    SELECT line.id, look.follows, line.kind, line.full_pence, (line.what, line.receipt_id, line.tenths_of_miles, line.route)::text AS told,
           row_number() OVER (PARTITION BY look.id, line.kind, line.what, line.receipt_id, line.tenths_of_miles, line.route
                              ORDER BY line.created_at, line.id) AS nth
      FROM claim_lines AS line JOIN claims AS look ON look.id = line.claim_id
     WHERE look.follows_because = 'another-look'),
looked_at AS (
    SELECT line.id, line.claim_id, line.kind, (line.what, line.receipt_id, line.tenths_of_miles, line.route)::text AS told,
           row_number() OVER (PARTITION BY line.claim_id, line.kind, line.what, line.receipt_id, line.tenths_of_miles, line.route
                              ORDER BY (line.state = 'refused' OR line.approved_pence < line.amount_pence) DESC, line.created_at, line.id) AS nth
      FROM claim_lines AS line
     WHERE line.state IN ('ready', 'approved', 'refused') AND EXISTS (SELECT FROM claims WHERE follows = line.claim_id AND follows_because = 'another-look'))
UPDATE claim_lines SET looks_at = looked_at.id, looked_pence = looks.full_pence
  FROM looks JOIN looked_at ON looked_at.claim_id = looks.follows AND (looked_at.kind, looked_at.told, looked_at.nth) = (looks.kind, looks.told, looks.nth)
 WHERE claim_lines.id = looks.id
"""
_PAID_BESIDE = """
WITH over AS (
    SELECT first.id AS cost FROM claim_lines AS first JOIN claim_lines AS every ON first.id IN (every.id, every.looks_at)
     WHERE first.kind <> 'participation' AND every.state = 'approved' GROUP BY first.id HAVING sum(every.approved_pence) > first.full_pence)
UPDATE claims SET correction_due = true FROM claim_lines JOIN over ON over.cost = looks_at
 WHERE claims.id = claim_id AND claim_lines.state = 'approved' AND claims.state IN ('approved', 'returned', 'paid')
"""


def upgrade() -> None:
    op.add_column("claim_lines", sa.Column("looks_at", sa.Uuid, sa.ForeignKey("claim_lines.id")))
    op.add_column("claim_lines", sa.Column("looked_pence", sa.Integer))
    op.create_index("ix_claim_lines_looks_at", "claim_lines", ["looks_at"], postgresql_where=sa.text("looks_at IS NOT NULL"))
    op.drop_constraint("ck_claim_changes_what", "claim_changes")
    what = "what IN ('agreed', 'refused', 'taken-back', 'register', 'another-look', 'reopened', 'bank-paid')"
    op.create_check_constraint("ck_claim_changes_what", "claim_changes", what)
    # The program before this one writes the first alone, once; its conflict is the same.
    op.add_column("overpayments", sa.Column("nth", sa.Integer, nullable=False, server_default=sa.text("1")))
    op.drop_constraint("pk_overpayments", "overpayments", type_="primary")
    op.create_primary_key("pk_overpayments", "overpayments", ["claim_id", "attendance_version", "nth"])
    op.execute(_LINK)
    op.execute(_PAID_BESIDE)


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
