"""Where to post a letter to somebody who wants one."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

CHANGES = "ck_contact_changes_kind"


def upgrade() -> None:
    op.add_column("people", sa.Column("postal_address", sa.Text, nullable=False, server_default=""))
    op.drop_constraint(CHANGES, "contact_changes", type_="check")
    op.create_check_constraint(CHANGES, "contact_changes", "kind IN ('email', 'phone', 'postal_address')")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
