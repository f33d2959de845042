"""A sign-in, ended or not, is found until it has run out: no program takes it away before (PRI-03)."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Those of somebody who is erased go with them: that is a cascade, and no direct delete.
    op.execute(
        "CREATE TRIGGER sign_ins_run_out_first BEFORE DELETE ON sessions FOR EACH ROW"
        " WHEN (OLD.expires_at > clock_timestamp() AND pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER sign_ins_run_out_first ON sessions")
