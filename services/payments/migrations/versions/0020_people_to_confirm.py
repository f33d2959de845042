"""What finance was told last of people whom somebody must ring or meet (PAY-10)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_to_confirm",
        sa.Column("participant_kind", sa.Text, nullable=False),
        sa.Column("participant_id", sa.Uuid, nullable=False),
        sa.Column("participant_home", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("waiting", sa.Boolean, nullable=False),
        sa.Column("confirm_by", sa.Date, nullable=False),
        sa.Column("not_for", ARRAY(sa.Uuid), nullable=False),
        sa.PrimaryKeyConstraint("participant_id", name="pk_people_to_confirm"),
    )
    op.create_index("ix_people_to_confirm_waiting", "people_to_confirm", ["participant_id"], postgresql_where=sa.text("waiting"))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
