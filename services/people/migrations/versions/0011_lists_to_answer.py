"""Lists of people given on a page, and what is asked about their rows: kept until they are taken in, a week at most."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "given_lists",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("given_by", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("file", sa.LargeBinary),
        sa.Column("problems", JSONB, nullable=False),
        sa.Column("counts", JSONB),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_given_lists"),
        sa.CheckConstraint("state IN ('waiting', 'asking', 'wrong', 'done')", name="ck_given_lists_state"),
        sa.CheckConstraint("(file IS NULL) = (state = 'done')", name="ck_given_lists_kept_until_done"),
    )
    op.create_index("ix_given_lists_expires_at", "given_lists", ["expires_at"])
    op.create_index("ix_given_lists_waiting", "given_lists", ["id"], postgresql_where=sa.text("state = 'waiting'"))
    op.create_table(
        "list_questions",
        sa.Column("list_id", sa.Uuid, sa.ForeignKey("given_lists.id", name="fk_list_questions_list_id_given_lists", ondelete="CASCADE"), nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("like_row", sa.Integer, nullable=False),
        sa.Column("told", JSONB, nullable=False),
        sa.Column("near", ARRAY(sa.Uuid), nullable=False),
        sa.Column("by_address", sa.Boolean, nullable=False),
        sa.Column("said_not", ARRAY(sa.Uuid), nullable=False),
        sa.Column("said_no_address", sa.Boolean, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("person_id", sa.Uuid),
        sa.PrimaryKeyConstraint("list_id", "row", "like_row", name="pk_list_questions"),
        sa.CheckConstraint("answer IN ('same', 'new')", name="ck_list_questions_answer"),
        sa.CheckConstraint("person_id IS NULL OR (answer = 'same' AND like_row = 0 AND person_id = ANY (near))", name="ck_list_questions_one_of_the_near"),
    )


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
