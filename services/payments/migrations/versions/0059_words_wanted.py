"""FB-09: who has the concern for which a claim is set aside is asked if its miles are right, and may say that they are
too many."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("concerns_heard", sa.Column("has_it", ARRAY(sa.Uuid)))
    op.add_column("answered_for", sa.Column("too_many", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.add_column("money_waits", sa.Column("people", ARRAY(sa.Uuid), nullable=False, server_default=sa.text("'{}'")))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
