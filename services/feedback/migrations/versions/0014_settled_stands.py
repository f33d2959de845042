"""An event is published when it happens, and how a concern was settled stands (FB-09)."""

from alembic import op

from shared.messaging.migrations import publish_when_it_happens

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    publish_when_it_happens()
    op.execute(
        "CREATE TRIGGER concerns_are_settled_once BEFORE UPDATE ON concerns FOR EACH ROW WHEN (OLD.settled_at IS NOT NULL"
        " AND (OLD.settled_at, OLD.settled_by, OLD.outcome, OLD.note) IS DISTINCT FROM (NEW.settled_at, NEW.settled_by, NEW.outcome, NEW.note))"
        " EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
