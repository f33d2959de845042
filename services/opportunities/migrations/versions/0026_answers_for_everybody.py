"""OPP-22: the answer goes to the group too, without who asked; and who asked hears that we are finding out.

What other organisations say of theirs has a column among a listing's texts. Answers of before stay with who asked.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("questions", sa.Column("finding_out_at", sa.DateTime(timezone=True)))
    op.add_column("listings", sa.Column("answers", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "answers",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("question_id", sa.Uuid, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("question_id", name="opp_22_shown_once"),
    )
    op.create_index("ix_answers_opportunity_id", "answers", ["opportunity_id", "shown_at"])


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
