"""Who was asked for bank details again, since theirs were wrong and set aside (PAY-13)."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "details_wanted",
        sa.Column("participant_kind", sa.Text, nullable=False),
        sa.Column("participant_id", sa.Uuid, nullable=False),
        sa.Column("participant_home", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("waiting", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("participant_id", name="pk_details_wanted"),
    )
    op.create_index(
        "ix_details_wanted_waiting", "details_wanted", ["participant_id"], postgresql_where=sa.text("waiting")
    )
    op.create_index(
        "ix_bank_details_set_aside",
        "bank_details",
        ["participant_id"],
        postgresql_where=sa.text("set_aside_at IS NOT NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
