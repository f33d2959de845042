"""A call stands until somebody told them, or nobody needs to, and how it ended stands too (NOT-08, PRI-04)."""

from alembic import op

from shared.messaging.migrations import publish_once

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    publish_once()
    # Those of a message that goes, go with it: that is a cascade, and no direct delete.
    op.execute(
        "CREATE TRIGGER calls_are_settled_first BEFORE DELETE ON calls FOR EACH ROW"
        " WHEN (OLD.settled_at IS NULL AND pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER calls_stand BEFORE UPDATE ON calls FOR EACH ROW WHEN (OLD.settled_at IS NOT NULL"
        " AND (OLD.settled_at, OLD.settled_by, OLD.settled_because)"
        " IS DISTINCT FROM (NEW.settled_at, NEW.settled_by, NEW.settled_because)) EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
