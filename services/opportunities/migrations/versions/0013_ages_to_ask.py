"""Who walked in before we knew whether they are 18 or over, until a coordinator has asked them (PEO-03)."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ages_to_ask",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("waiting", sa.Boolean, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("person_id", name="pk_ages_to_ask"),
    )
    op.create_index("ix_people_age_unknown", "people", ["person_id"], postgresql_where=sa.text("age_known IS NULL"))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
