"""FB-09: what somebody wrote in a claim is set aside while it is a safeguarding concern."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "concerns_heard",
        sa.Column("concern_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("claim_id", sa.Uuid, nullable=False),
        sa.Column("returned", sa.Boolean, nullable=False),
    )
    op.create_index(
        "ix_concerns_heard_claim_id", "concerns_heard", ["claim_id"], postgresql_where=sa.text("NOT returned")
    )


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
