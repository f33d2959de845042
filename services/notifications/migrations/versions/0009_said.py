"""What was true when a message was written: one row for all who were told the same (NOT-08)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table("said", sa.Column("said_id", sa.Uuid, primary_key=True), sa.Column("facts", JSONB, nullable=False))
    op.add_column("messages", sa.Column("said_id", sa.Uuid))
