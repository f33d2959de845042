"""How often somebody asks, kept across restarts and processes; doors that coordinators hold open."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "limit_counts",
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("whose", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("what", "whose", "at", name="pk_limit_counts"),
    )
    op.create_index("ix_limit_counts_at", "limit_counts", ["at"])
    op.create_table(
        "doors",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("client", sa.LargeBinary, nullable=False),
        sa.Column("opened_by", sa.Uuid, sa.ForeignKey("people.id", name="fk_doors_opened_by_people", ondelete="CASCADE"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_doors"),
    )
    op.create_index("ix_doors_client_until", "doors", ["client", "until"])


def downgrade() -> None:
    op.drop_table("doors")
    op.drop_table("limit_counts")
