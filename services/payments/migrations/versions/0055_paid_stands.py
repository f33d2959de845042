"""An event is published when it happens; what was paid or decided of statements stands (NET-03, PAY-12)."""

from alembic import op

from shared.messaging.migrations import publish_when_it_happens

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

_KEEP_LINES = """
CREATE FUNCTION net_03_keep_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM statements WHERE id IN (OLD.statement_id, NEW.statement_id)
             AND state IN ('settled', 'received')) THEN
    RAISE EXCEPTION 'lines of a statement that was paid stay' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$
"""


def upgrade() -> None:
    publish_when_it_happens()
    op.execute(_KEEP_LINES)
    op.execute(
        "CREATE TRIGGER statement_lines_stand BEFORE INSERT OR UPDATE OR DELETE ON statement_lines FOR EACH ROW"
        " EXECUTE FUNCTION net_03_keep_lines()"
    )
    op.execute(
        "CREATE TRIGGER statements_are_paid_once BEFORE UPDATE OF state ON statements FOR EACH ROW"
        " WHEN (NEW.state <> OLD.state AND (OLD.state = 'received' OR OLD.state = 'settled' AND NEW.state <> 'received'))"
        " EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER bank_entries_are_decided_once BEFORE UPDATE ON bank_entries FOR EACH ROW WHEN (OLD.state <> 'near'"
        " AND (OLD.state, OLD.payment_id, OLD.decided_by) IS DISTINCT FROM (NEW.state, NEW.payment_id, NEW.decided_by))"
        " EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
