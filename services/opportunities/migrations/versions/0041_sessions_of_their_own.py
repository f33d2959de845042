"""A session has a version of its own, and remembers when and where it was to be before it was moved (OPP-16, OPP-19).

A program of before writes sessions without either: their next event begins to count.
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("version", sa.Integer, nullable=False, server_default="0"))
    op.execute(
        "UPDATE sessions SET version = 1 FROM opportunities"
        " WHERE opportunities.id = sessions.opportunity_id AND opportunities.state <> 'draft'"
    )
    op.create_table(
        "session_moves",
        sa.Column("session_id", sa.Uuid, sa.ForeignKey("sessions.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("acting_for", sa.Uuid),
    )


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
