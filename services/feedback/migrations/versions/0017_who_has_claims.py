"""Says once more who has the concerns for which claims are set aside: payments asks them about miles (FB-09)."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE concerns SET source_to_say = true WHERE source_id IS NOT NULL AND read_at LIKE '/payments/%'"
        " AND outcome IS DISTINCT FROM 'returned'"
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
