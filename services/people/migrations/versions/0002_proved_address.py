"""A code proves the address that it was mailed to, and no other."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in_codes", sa.Column("mailed_to", sa.Text))  # NULL: by an earlier program, or to an address we do not know
    op.create_index("ix_sign_in_codes_joining_id", "sign_in_codes", ["joining_id"])


def downgrade() -> None:
    raise NotImplementedError("Codes must not go back to proving any address. Restore a backup instead.")
