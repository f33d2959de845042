"""Whether a message can reach somebody at all, so that staff read truly who is told (NOT-08)."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("people", sa.Column("reached_by_message", sa.Boolean))
    op.create_index("ix_people_reach_unknown", "people", ["person_id"], postgresql_where=sa.text("reached_by_message IS NULL"))
