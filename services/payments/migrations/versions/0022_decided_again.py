"""What an approver made less of a line stays said beside it while it is decided again (PAY-14, PAY-17); who approves second is not who approved first
(PAY-11).

What the program before this one left of claims that were declined, or put right meanwhile, is put right here. It runs on what is new: each column may
be empty, and nothing that it writes is refused but a second approval by who approved first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_NOT_THERE = "The register now says that you were not there. If that is wrong, ask us to put the register right."


def upgrade() -> None:
    op.add_column("claim_lines", sa.Column("cut_to_pence", sa.Integer))
    op.add_column("claim_lines", sa.Column("cut_because", sa.Text))
    op.create_check_constraint("ck_claim_lines_pay_14_cut", "claim_lines", "(cut_to_pence IS NULL) = (cut_because IS NULL)")
    op.add_column("approvals", sa.Column("first_approver", sa.Uuid))
    op.create_check_constraint("ck_approvals_pay_11_two_people", "approvals", "first_approver <> approver_id")
    op.drop_constraint("ck_claim_changes_what", "claim_changes")
    what = "what IN ('agreed', 'refused', 'taken-back', 'register', 'another-look', 'reopened')"
    op.create_check_constraint("ck_claim_changes_what", "claim_changes", what)
    _nobody_has_approved()
    _say_who_was_not_there()


def _nobody_has_approved() -> None:
    """A claim that was declined between two approvals kept the lines that the first approver had agreed to."""
    op.execute("UPDATE claims SET over_budget_pence = 0 WHERE over_budget_pence > 0 AND state NOT IN ('second-approver', 'approved', 'returned', 'paid')")
    op.execute(
        "UPDATE claim_lines SET state = 'ready', approved_pence = NULL, reason = NULL FROM claims"
        " WHERE claims.id = claim_id AND claims.state IN ('open', 'submitted', 'declined') AND claim_lines.state = 'approved'"
    )


def _say_who_was_not_there() -> None:
    """Of who was not there nothing is asked for, nor can be: a declined claim was left out."""
    not_there = "FROM claims JOIN attendances USING (attendance_id) WHERE NOT present AND claims.id = claim_id"
    before = "claims.state IN ('open', 'submitted', 'declined')"
    op.execute(
        f"UPDATE claim_lines SET state = 'removed', approved_pence = NULL {not_there} AND {before} AND claim_lines.kind = 'participation'"
        " AND claim_lines.state <> 'removed'"
    )
    refused = sa.text(f"UPDATE claim_lines SET state = 'refused', reason = :because {not_there} AND {before} AND claim_lines.state IN ('ready', 'waiting')")
    op.execute(refused.bindparams(because=_NOT_THERE))
    refused = sa.text(
        "UPDATE claims SET refused_because = :because FROM attendances WHERE attendances.attendance_id = claims.attendance_id AND NOT present"
        " AND state = 'refused' AND refused_because IS NULL"
        " AND NOT EXISTS (SELECT FROM approvals WHERE approvals.claim_id = claims.id AND decision = 'refused')"
    )
    op.execute(refused.bindparams(because=_NOT_THERE))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
