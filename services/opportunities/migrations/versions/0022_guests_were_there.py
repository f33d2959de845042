"""What hosts' registers say of our guests is kept, so that their own pages can say it (OPP-11). Of earlier lines whether they were there is known."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("guest_attendances", sa.Column("present", sa.Boolean))
    op.add_column("guest_attendances", sa.Column("minutes", sa.Integer))
    op.execute("""
        UPDATE guest_attendances a SET present = (s.facts ->> 'present')::boolean
          FROM steps s
         WHERE s.what = 'guest-attendance-heard' AND s.about = a.id AND (s.facts ->> 'version')::integer = a.version
    """)


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
