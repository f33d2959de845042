"""An event is published when it happens, and a sign-in that ended stays so (PEO-05)."""

from alembic import op

from shared.messaging.migrations import publish_when_it_happens

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    publish_when_it_happens()
    op.execute(
        "CREATE TRIGGER sign_ins_end_once BEFORE UPDATE ON sessions FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL"
        " AND (OLD.ended_at, OLD.ended_because) IS DISTINCT FROM (NEW.ended_at, NEW.ended_because))"
        " EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
