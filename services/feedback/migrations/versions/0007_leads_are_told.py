"""Who was named to look after safeguarding is said to the others, once for each naming (FB-09)."""

from alembic import op
from sqlalchemy import Column, Uuid

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("watch", Column("naming_id", Uuid, comment="the naming that was last said"))


def downgrade() -> None:
    op.drop_column("watch", "naming_id")
