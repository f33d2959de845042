"""What changed about a claim, by whom, with the sums before and after (PAY-14, PAY-17), and what somebody answered about their own limit (PAY-09).

The program before this one runs on what is here: every new column of an old table may be empty or has a default.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.messaging.migrations import refuse_changes_of

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_IN_THE_FIRST = "The register of the day was put right. What you are owed for taking part is in your first claim."


def upgrade() -> None:
    _keep_changes()
    _keep_what_was_known()
    _say_why_nothing_is_paid()
    _keep_answers_about_own_limits()


def _keep_changes() -> None:
    op.create_table(
        "claim_changes",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("claim_id", sa.Uuid, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("changed_by", sa.Uuid),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("was_pence", sa.Integer),
        sa.Column("now_pence", sa.Integer),
        sa.Column("was_minutes", sa.Integer),
        sa.Column("now_minutes", sa.Integer),
        sa.Column("reason", sa.Text),
        sa.Column("lines", postgresql.JSONB),
        sa.CheckConstraint("what IN ('agreed', 'refused', 'taken-back', 'register', 'another-look')", name="ck_claim_changes_what"),
        sa.CheckConstraint("(was_minutes IS NULL) = (now_minutes IS NULL)", name="ck_claim_changes_minutes"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_claim_changes_claim_id_claims"),
        sa.PrimaryKeyConstraint("id", name="pk_claim_changes"),
    )
    op.create_index("ix_claim_changes_claim_id", "claim_changes", ["claim_id"])


def _keep_what_was_known() -> None:
    """Of what was decided before this, the sums were not kept."""
    op.execute(
        "INSERT INTO claim_changes (id, claim_id, what, changed_by, changed_at)"
        " SELECT gen_random_uuid(), claim_id, CASE decision WHEN 'approved' THEN 'agreed' ELSE 'refused' END, approver_id, decided_at FROM approvals"
    )
    op.execute(
        "INSERT INTO claim_changes (id, claim_id, what, changed_by, changed_at, was_pence, reason)"
        " SELECT gen_random_uuid(), claim_id, 'taken-back', withdrawn_by, withdrawn_at, pence, reason FROM withdrawals"
    )
    op.execute(
        "INSERT INTO claim_changes (id, claim_id, what, changed_at, was_minutes, now_minutes)"
        " SELECT gen_random_uuid(), claim_id, 'register', created_at, was_minutes, now_minutes FROM corrections"
    )
    refuse_changes_of("claim_changes")


def _say_why_nothing_is_paid() -> None:
    op.add_column("claims", sa.Column("refused_because", sa.Text))
    refused = sa.text("UPDATE claims SET refused_because = withdrawn_because, looked_again = false WHERE state = 'refused' AND withdrawn_because = :because")
    op.execute(refused.bindparams(because=_IN_THE_FIRST))
    op.execute(
        "UPDATE claims SET withdrawn_because = NULL WHERE withdrawn_because IS NOT NULL AND NOT EXISTS (SELECT FROM withdrawals WHERE claim_id = claims.id)"
    )


def _keep_answers_about_own_limits() -> None:
    op.add_column("own_limits", sa.Column("fees_only", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.create_table(
        "own_limit_answers",
        sa.Column("claim_id", sa.Uuid, nullable=False),
        sa.Column("limit_pence", sa.Integer, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("pence", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_own_limit_answers_claim_id_claims"),
        sa.PrimaryKeyConstraint("claim_id", name="pk_own_limit_answers"),
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
