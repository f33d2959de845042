"""What was answered, withdrawn or said of who added somebody stands: no program writes it again (PRI-02, PEO-07)."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_STANDS = {
    "role_requests": "OLD.answer IS NOT NULL",
    "factor_resets": "OLD.answer IS NOT NULL",
    "consents": "OLD.withdrawn_at IS NOT NULL",
    "people": "(OLD.added_by, OLD.joined_at) IS DISTINCT FROM (NEW.added_by, NEW.joined_at)",
}


def upgrade() -> None:
    for table, condition in _STANDS.items():
        op.execute(
            f"CREATE TRIGGER {table}_stand BEFORE UPDATE ON {table} FOR EACH ROW"
            f" WHEN ({condition}) EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in _STANDS:
        op.execute(f"DROP TRIGGER {table}_stand ON {table}")
