"""What is said by the way that somebody had before another entered a new one (PAY-13)."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE calls DROP CONSTRAINT ck_calls_why")
    op.execute("ALTER TABLE calls ADD CONSTRAINT ck_calls_why CHECK (why IN ('no-address', 'failed', 'held-before'))")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
