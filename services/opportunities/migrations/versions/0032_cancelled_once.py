"""An event is published when it happens, and a booking that was cancelled stays so (OPP-07)."""

from alembic import op

from shared.messaging.migrations import publish_when_it_happens

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    publish_when_it_happens()
    op.execute(
        "CREATE TRIGGER bookings_are_cancelled_once BEFORE UPDATE ON bookings_to_cancel FOR EACH ROW WHEN (OLD.done_at IS NOT NULL"
        " AND (OLD.done_at, OLD.done_actor_kind, OLD.done_actor_id, OLD.done_acting_for) IS DISTINCT FROM (NEW.done_at, NEW.done_actor_kind, NEW.done_actor_id, NEW.done_acting_for))"
        " EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
