"""Whether an organisation signs its public events, and the key that it signed with before."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("keys", sa.Column("signs_since", sa.DateTime(timezone=True)))
    op.add_column("keys", sa.Column("signing_key_before", sa.LargeBinary))
    op.create_check_constraint("ck_keys_key_before_is_32_bytes", "keys", "octet_length(signing_key_before) = 32")
