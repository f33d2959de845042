"""What a list is compared with, what waits to be told to an old address, and lists that wait for answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _person(table: str) -> sa.Column:
    return sa.Column("person_id", sa.Uuid, sa.ForeignKey("people.id", name=f"fk_{table}_person_id_people", ondelete="CASCADE"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "matching_keys",
        _person("matching_keys"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("keys", ARRAY(sa.Text), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_matching_keys"),
    )
    op.create_index("ix_matching_keys_keys", "matching_keys", ["keys"], postgresql_using="gin")
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid, nullable=False),
        _person("notices"),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("what", ARRAY(sa.Text), nullable=False),
        sa.Column("signed_out", sa.Boolean, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
    )
    op.create_index("ix_notices_due_at", "notices", ["due_at"])
    op.create_index("ix_notices_person_id", "notices", ["person_id"])
    op.create_table(
        "waiting_lists",
        sa.Column("id", sa.Uuid, nullable=False),
        _person("waiting_lists"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("choices", JSONB, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_waiting_lists"),
    )
    op.create_index("ix_waiting_lists_expires_at", "waiting_lists", ["expires_at"])


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
