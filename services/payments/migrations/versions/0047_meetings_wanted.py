"""Who was asked to get in touch, since we hold no number by which to check their bank details (PAY-13)."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meetings_wanted",
        sa.Column("participant_kind", sa.Text, nullable=False),
        sa.Column("participant_id", sa.Uuid, nullable=False),
        sa.Column("participant_home", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("waiting", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("participant_id", name="pk_meetings_wanted"),
    )
    op.create_index(
        "ix_meetings_wanted_waiting", "meetings_wanted", ["participant_id"], postgresql_where=sa.text("waiting")
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
