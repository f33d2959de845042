"""A number for every change of what is public, in the order of commits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NOTE_CHANGE = """
CREATE FUNCTION note_feed_change() RETURNS trigger LANGUAGE plpgsql AS $$
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

_ON_COMMIT = """
CREATE CONSTRAINT TRIGGER {table}_{verb}_is_numbered AFTER {verb} ON {table}
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION note_feed_change()
"""

LOCK = 0x464545445321  # "FEEDS!": whoever numbers a change holds it until its commit


def upgrade() -> None:
    op.create_table(
        "feed_changes",
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("listing", sa.Boolean, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
        sa.Column("last_ends_at", sa.DateTime(timezone=True)),
        sa.Column("starts", postgresql.JSONB, nullable=False, server_default="{}"),
        sa.Column("previous_starts", postgresql.JSONB, nullable=False, server_default="{}"),
        sa.Column("ended", sa.Boolean, nullable=False, server_default="false"),
        sa.PrimaryKeyConstraint("opportunity_id", name="pk_feed_changes"),
        sa.UniqueConstraint("number", name="uq_feed_changes_number"),
    )
    op.create_index("ix_feed_changes_own", "feed_changes", ["number"], postgresql_where=sa.text("NOT listing"))
    op.create_index("ix_feed_changes_to_come", "feed_changes", ["last_ends_at"])
    op.execute("CREATE SEQUENCE feed_numbers")
    op.execute(_NOTE_CHANGE.format(lock=LOCK))
    op.execute(_ON_COMMIT.format(table="opportunities", verb="INSERT", condition="NEW.state <> 'draft'"))
    op.execute(_ON_COMMIT.format(table="opportunities", verb="UPDATE", condition="NEW.state <> 'draft' AND NEW.* IS DISTINCT FROM OLD.*"))
    op.execute(_ON_COMMIT.format(table="listings", verb="INSERT", condition="true"))
    op.execute(_ON_COMMIT.format(table="listings", verb="UPDATE", condition="NEW.* IS DISTINCT FROM OLD.*"))
    _number_what_is_there("opportunities", "sessions", "opportunity_id", listing=False, condition="state <> 'draft'")
    _number_what_is_there("listings", "listing_sessions", "listing_id", listing=True, condition="true")


def _number_what_is_there(table: str, sessions: str, key: str, *, listing: bool, condition: str) -> None:
    """What was public before there were feeds; ids are UUIDv7 or come with their host's: any order will do."""
    op.execute(
        f"""
        INSERT INTO feed_changes (opportunity_id, listing, number, version, last_ends_at, starts)
        SELECT known.id, {str(listing).lower()}, nextval('feed_numbers'), known.version, of_it.ends_at, coalesce(of_it.starts, '{{}}')
          FROM {table} known CROSS JOIN LATERAL
               (SELECT max(ends_at) AS ends_at, jsonb_object_agg(id, starts_at) AS starts FROM {sessions} WHERE {key} = known.id) of_it
         WHERE {condition}
        """
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
