"""A statement that was read stands, and what a booking came to (PAY-12)."""

from alembic import op

from shared.messaging.migrations import publish_once

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    publish_once()
    op.execute(
        "CREATE TRIGGER bank_statements_stand BEFORE UPDATE OR DELETE ON bank_statements FOR EACH ROW"
        " WHEN (OLD.state = 'read') EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER bank_bookings_are_decided_once BEFORE UPDATE OF state ON bank_bookings FOR EACH ROW"
        " WHEN (OLD.state <> 'waits' AND NEW.state <> OLD.state) EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER bank_bookings_stand BEFORE DELETE ON bank_bookings FOR EACH ROW"
        " WHEN (OLD.state <> 'waits') EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
