"""Who opened the number to ring about bank details or a person, and whether there was one (PAY-13)."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "numbers_shown",
        sa.Column("about", sa.Uuid, nullable=False),
        sa.Column("shown_to", sa.Uuid, nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_held", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("about", "shown_to", name="pk_numbers_shown"),
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
