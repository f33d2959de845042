"""The answer to somebody without an account is mailed to the address that they left; address or number go when they are answered (OPP-22, PRI-04).

Rows of before keep what they say: version 2 is above every event about them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("questions", sa.Column("version", sa.Integer, nullable=False, server_default="2"))
    op.add_column("questions", sa.Column("mailing", sa.Text, nullable=False, server_default=""))
    op.add_column("questions", sa.Column("title_then", sa.Text, nullable=False, server_default=""))
    op.drop_constraint("ck_questions_opp_22_can_be_answered", "questions")
    op.create_check_constraint("ck_questions_opp_22_can_be_answered_or_was", "questions", "asker_id IS NOT NULL OR reach <> '' OR answered_at IS NOT NULL")
    op.create_check_constraint("ck_questions_opp_22_mailing", "questions", "mailing IN ('', 'queued', 'sent', 'failed', 'unknown', 'given-up')")
    op.execute("UPDATE questions SET reach = '' WHERE answered_at IS NOT NULL")
    op.drop_index("ix_questions_open", "questions")
    waiting = sa.text("answered_at IS NULL OR mailing IN ('failed', 'unknown')")
    op.create_index("ix_questions_waiting", "questions", ["due_at", "id"], postgresql_where=waiting)
    op.create_index("ix_questions_reach", "questions", [sa.text("lower(reach)")], postgresql_where=sa.text("reach <> ''"))
    op.create_index("ix_questions_reach_kept", "questions", ["asked_at"], postgresql_where=sa.text("reach <> ''"))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
