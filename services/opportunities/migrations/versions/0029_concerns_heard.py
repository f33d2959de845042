"""FB-09: what a safeguarding concern was raised from is set aside, and we keep who has it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "concerns_heard",
        sa.Column("concern_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("has_it", ARRAY(sa.Uuid), nullable=False),
        sa.Column("returned", sa.Boolean, nullable=False),
        sa.CheckConstraint("source IN ('question', 'need')", name="ck_concerns_heard_fb_09_source"),
    )
    op.create_index(
        "ix_concerns_heard_source_id", "concerns_heard", ["source_id"], postgresql_where=sa.text("NOT returned")
    )


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
