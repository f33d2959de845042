"""Who has the finance role, and what each says by hand of how a payment ended (PAY-12)."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cards", sa.Column("finance", sa.Boolean))
    op.create_index("ix_cards_finance", "cards", ["person_id"], postgresql_where=sa.text("finance"))
    op.create_index("ix_cards_finance_unknown", "cards", ["person_id"], postgresql_where=sa.text("finance IS NULL"))
    op.create_table(
        "words_by_hand",
        sa.Column("payment_id", sa.Uuid, sa.ForeignKey("payments.id"), primary_key=True),
        sa.Column("said_by", sa.Uuid, primary_key=True),
        sa.Column("in_file", sa.Integer, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
