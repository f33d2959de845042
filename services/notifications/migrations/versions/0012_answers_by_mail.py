"""Answers to people without an account are mailed to the address that they left; ids alone are kept here (OPP-22)."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answer_mails",
        sa.Column("question_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("caused_by", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("state IN ('queued', 'handing-over', 'sent', 'failed', 'unknown')", name="ck_answer_mails_not_06_state"),
    )
    op.create_index("ix_answer_mails_due", "answer_mails", ["due_at"], postgresql_where=sa.text("state = 'queued'"))
    op.create_index("ix_answer_mails_handing_over", "answer_mails", ["lease_until"], postgresql_where=sa.text("state = 'handing-over'"))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
