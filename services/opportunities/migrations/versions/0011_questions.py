"""Questions that somebody asks about an opportunity or a listing, and their answers (OPP-22). They never leave this database but to who asked."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "questions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("asker_id", sa.Uuid),
        sa.Column("reach", sa.Text, nullable=False, server_default=""),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text, nullable=False, server_default=""),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("answered_by", sa.Uuid),
        sa.CheckConstraint("asker_id IS NOT NULL OR reach <> ''", name="ck_questions_opp_22_can_be_answered"),
        sa.CheckConstraint("(answered_at IS NULL) = (answer = '')", name="ck_questions_opp_22_answered_in_words"),
    )
    op.create_index("ix_questions_open", "questions", ["due_at", "id"], postgresql_where=sa.text("answered_at IS NULL"))
    op.create_index("ix_questions_answered", "questions", ["answered_at"], postgresql_where=sa.text("answered_at IS NOT NULL"))
    op.create_index("ix_questions_asker_id", "questions", ["asker_id"])
