"""The key that signs the links by which someone switches a kind of message off without signing in (NOT-02)."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    keys = op.create_table(
        "unsubscribe_keys",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
    )
    op.bulk_insert(keys, [{"key": secrets.token_bytes(32)}])
