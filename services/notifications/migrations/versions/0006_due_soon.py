"""Whose a task is hear of it before it is late (FB-03)."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("tasks", sa.Column("reminded_for", sa.Date))
