"""What people do in their own time has a closing day instead of a session (OPP-01)."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_NOTE_CHANGE = """
CREATE OR REPLACE FUNCTION note_feed_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_listing boolean := TG_TABLE_NAME = 'listings';
    starts_now jsonb;
    ends_now timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    IF is_listing THEN
        SELECT jsonb_object_agg(id, starts_at), max(ends_at) INTO starts_now, ends_now FROM listing_sessions WHERE listing_id = NEW.id;
    ELSE
        SELECT jsonb_object_agg(id, starts_at), max(ends_at) INTO starts_now, ends_now FROM sessions WHERE opportunity_id = NEW.id;
        ends_now := coalesce(ends_now, ((SELECT closes_on FROM opportunities WHERE id = NEW.id) + 1)::timestamp AT TIME ZONE 'Europe/London');
    END IF;
    INSERT INTO feed_changes AS known (opportunity_id, listing, number, version, last_ends_at, starts)
    VALUES (NEW.id, is_listing, nextval('feed_numbers'), NEW.version, ends_now, coalesce(starts_now, '{{}}'))
    ON CONFLICT (opportunity_id) DO UPDATE SET
        number = excluded.number,
        changed_at = CASE WHEN known.version = excluded.version THEN known.changed_at ELSE excluded.changed_at END,
        version = excluded.version,
        last_ends_at = excluded.last_ends_at,
        starts = excluded.starts,
        previous_starts = known.previous_starts || coalesce(
            (SELECT jsonb_object_agg(before.key, before.value) FROM jsonb_each(known.starts) before
              WHERE excluded.starts -> before.key <> before.value), '{{}}'),
        ended = false;
    RETURN NULL;
END $$
"""
LOCK = 0x464545445321  # as in 0004: whoever numbers a change holds it until its commit


def upgrade() -> None:
    op.add_column("opportunities", sa.Column("closes_on", sa.Date))
    op.add_column("opportunities", sa.Column("joining", sa.Text, nullable=False, server_default=""))
    op.alter_column("notice_counts", "session_id", nullable=True)
    op.execute(_NOTE_CHANGE.format(lock=LOCK))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
