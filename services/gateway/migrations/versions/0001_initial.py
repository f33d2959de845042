"""Keys of the network's organisations, and sealed letters."""

import sqlalchemy as sa
from alembic import op

from shared.messaging.migrations import create_messaging_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_messaging_tables()
    op.create_table(
        "keys",
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("sealing_key", sa.LargeBinary, nullable=False),
        sa.Column("signing_key", sa.LargeBinary, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
        sa.Column("announced_at", sa.DateTime(timezone=True)),
        sa.Column("removed_version", sa.BigInteger),
        sa.Column("refused_sealing_key", sa.LargeBinary),
        sa.Column("refused_signing_key", sa.LargeBinary),
        sa.Column("refused_version", sa.BigInteger),
        sa.PrimaryKeyConstraint("organisation", name="pk_keys"),
        sa.CheckConstraint("octet_length(sealing_key) = 32 AND octet_length(signing_key) = 32", name="ck_keys_keys_are_32_bytes"),
    )
    op.create_table(
        "letters",
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("aggregate_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
        sa.PrimaryKeyConstraint("origin", "name", "aggregate_id", name="pk_letters"),
    )
    op.create_index("ix_letters_changed_at", "letters", ["changed_at"])
    op.create_index("ix_dead_letters_consumer", "dead_letters", ["consumer", "parked_at"])
