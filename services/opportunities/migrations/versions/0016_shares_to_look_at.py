"""Which shared opportunities may have filled up or have room again: only those are looked at, not all that are open (NET-01)."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shares", sa.Column("to_look_at", sa.Boolean, nullable=False, server_default=sa.true()))
    op.execute("""
        CREATE FUNCTION share_to_look_at() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_TABLE_NAME = 'places' THEN
                UPDATE shares SET to_look_at = true WHERE opportunity_id = NEW.opportunity_id AND NOT to_look_at;
            ELSE
                UPDATE shares SET to_look_at = true WHERE opportunity_id = NEW.id AND NOT to_look_at;
            END IF;
            RETURN NULL;
        END $$
    """)
    op.execute("CREATE TRIGGER share_to_look_at AFTER INSERT OR UPDATE OF state ON places FOR EACH ROW EXECUTE FUNCTION share_to_look_at()")
    op.execute("CREATE TRIGGER share_to_look_at AFTER UPDATE OF capacity ON opportunities FOR EACH ROW EXECUTE FUNCTION share_to_look_at()")
    op.create_index("ix_shares_to_look_at", "shares", ["opportunity_id"], postgresql_where=sa.text("listed AND to_look_at"))
    op.create_index("ix_shares_said_at", "shares", ["said_at"], postgresql_where=sa.text("listed"))


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
