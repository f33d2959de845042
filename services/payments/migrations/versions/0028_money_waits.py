"""What the first pages were told last of what waits for somebody who approves, pays or confirms, and of who may not be the one (PAY-10, PAY-12)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "money_waits",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("about", sa.Uuid, nullable=False),
        sa.Column("not_for", ARRAY(sa.Uuid), nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("number", sa.Integer),
        sa.PrimaryKeyConstraint("kind", "about", name="pk_money_waits"),
    )
    op.execute("CREATE SEQUENCE money_waits_version AS integer")


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
