"""Who looks after safeguarding, so that they find their concerns from their first page (FB-09)."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "safeguarding_leads",
        sa.Column("leads_id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Uuid()),
        sa.Column("deputy_id", sa.Uuid()),
        comment="FB-09: who looks after safeguarding, as feedback said it last.",
    )


def downgrade() -> None:
    op.drop_table("safeguarding_leads")
