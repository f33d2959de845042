"""Which registers are filled in for good, so that the job that says what waits looks at the others alone."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("register_full", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.create_index("ix_sessions_register_open", "sessions", ["starts_at"], postgresql_where=sa.text("NOT register_full"))
    op.create_index("ix_opportunities_published", "opportunities", ["id"], postgresql_where=sa.text("state = 'published'"))
