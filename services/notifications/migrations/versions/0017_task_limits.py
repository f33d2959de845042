"""Who may not do a task that something else opens, and what a payment run is called by (PAY-10, PAY-12)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("number", sa.Integer))
    op.create_table(
        "task_limits",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("about", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("not_for", ARRAY(sa.Uuid), nullable=False),
        sa.Column("blocked", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("kind", "about", name="pk_task_limits"),
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
