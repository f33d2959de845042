"""Other ways to have a say than speaking in the room (OPP-18)."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contributions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, sa.ForeignKey("opportunities.id"), nullable=False),
        sa.Column("participant_kind", sa.Text, nullable=False),
        sa.Column("participant_id", sa.Uuid, nullable=False),
        sa.Column("participant_home", sa.Text, nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.CheckConstraint("way IN ('written', 'voice', 'post', 'phone', 'one-to-one')", name="ck_contributions_opp_18_way"),
    )
    op.create_index("ix_contributions_opportunity", "contributions", ["opportunity_id", "day", "id"])
    op.create_index("ix_contributions_participant", "contributions", ["participant_id"])
    op.create_table(
        "contribution_records",
        sa.Column("contribution_id", sa.Uuid, sa.ForeignKey("contributions.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("counts", sa.Boolean, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("acting_for", sa.Uuid),
        sa.CheckConstraint("minutes >= 0 AND (counts OR minutes = 0)", name="ck_contribution_records_opp_18_minutes"),
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
