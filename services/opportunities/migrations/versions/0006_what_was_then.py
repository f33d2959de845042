"""What was so at a moment that is past: who had a place, how much notice was given, what was booked, what waited for staff.

Expands only. taken_at and ended_at are kept by a trigger, so that the program before this one keeps them, too.
"""

import sqlalchemy as sa
from alembic import op

from shared.messaging.migrations import refuse_changes_of

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEEP_MOMENTS = """
CREATE FUNCTION keep_moments_of_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'taken' AND NEW.taken_at IS NULL THEN
        NEW.taken_at := NEW.changed_at;
    END IF;
    IF NEW.state <> 'taken' AND NEW.taken_at IS NOT NULL AND NEW.ended_at IS NULL THEN
        NEW.ended_at := NEW.changed_at;
    END IF;
    RETURN NEW;
END $$
"""

# A walk-in of before had every session, and its place was written down after it began. Whose place was never said to be taken never had one.
_TAKEN = """
UPDATE places p SET taken_at = CASE WHEN p.walk_in THEN coalesce(o.published_at, p.created_at) ELSE coalesce(
           (SELECT min(s.business_at) FROM steps s WHERE s.about = p.id AND s.what = 'place-taken'), p.created_at) END
  FROM opportunities o
 WHERE o.id = p.opportunity_id
   AND (p.state = 'taken' OR (p.state IN ('left', 'cancelled') AND EXISTS (SELECT FROM steps s WHERE s.about = p.id AND s.what = 'place-taken')))
"""

# Words beside a tick were never answered by themselves.
_WORDS = """
INSERT INTO needs (id, place_id, need, asked_at)
SELECT gen_random_uuid(), p.id, 'other', p.changed_at FROM places p
 WHERE p.needs_words <> '' AND p.participant_kind = 'person' AND p.state IN ('waiting', 'offered', 'taken')
   AND NOT EXISTS (SELECT FROM needs n WHERE n.place_id = p.id AND n.need = 'other')
"""


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _words(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _actor(before: str = "", *, nullable: bool = False) -> list[sa.Column]:
    kind = sa.Column(f"{before}actor_kind", sa.Text, nullable=nullable)
    return [kind, sa.Column(f"{before}actor_id", sa.Uuid), sa.Column(f"{before}acting_for", sa.Uuid)]


def upgrade() -> None:
    op.add_column("places", _moment("taken_at", nullable=True))
    op.add_column("places", _moment("ended_at", nullable=True))
    op.add_column("places", sa.Column("only_session_id", sa.Uuid, sa.ForeignKey("sessions.id", name="fk_places_only_session_id_sessions")))
    op.execute(_TAKEN)
    op.execute("UPDATE places SET ended_at = changed_at WHERE taken_at IS NOT NULL AND state <> 'taken'")
    op.execute(_KEEP_MOMENTS)
    op.execute("CREATE TRIGGER opp_11_keep_moments BEFORE INSERT OR UPDATE ON places FOR EACH ROW EXECUTE FUNCTION keep_moments_of_place()")
    op.execute(_WORDS)
    op.add_column("sessions", _moment("cancelled_at", nullable=True))
    op.add_column("sessions", _words("cancelled_because"))
    op.create_table(
        "bookings_to_cancel",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, sa.ForeignKey("opportunities.id"), nullable=False),
        sa.Column("place_id", sa.Uuid, sa.ForeignKey("places.id"), nullable=False),
        sa.Column("need_id", sa.Uuid, sa.ForeignKey("needs.id"), nullable=False),
        sa.Column("need", sa.Text, nullable=False),
        _words("words"),
        _moment("since"),
        _moment("done_at", nullable=True),
        *_actor("done_", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_bookings_to_cancel"),
    )
    op.create_index("ix_bookings_to_cancel_opportunity_id", "bookings_to_cancel", ["opportunity_id"])
    op.create_index("opp_07_one_open_each", "bookings_to_cancel", ["need_id"], unique=True, postgresql_where=sa.text("done_at IS NULL"))
    op.create_table(
        "notice_counts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, sa.ForeignKey("opportunities.id"), nullable=False),
        sa.Column("session_id", sa.Uuid, sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("days_given", sa.Integer, nullable=False),
        sa.Column("days_expected", sa.Integer, nullable=False),
        _words("reason"),
        _moment("counted_at"),
        *_actor(),
        sa.PrimaryKeyConstraint("id", name="pk_notice_counts"),
        sa.CheckConstraint("because IN ('published', 'moved', 'added')", name="ck_notice_counts_opp_03_because"),
        sa.CheckConstraint("days_given >= days_expected OR reason <> ''", name="ck_notice_counts_opp_03_has_a_reason"),
    )
    op.create_index("ix_notice_counts_opportunity_id", "notice_counts", ["opportunity_id"])
    refuse_changes_of("notice_counts")
    op.create_table(
        "work_said",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("about", sa.Uuid, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("session_id", sa.Uuid),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("waiting", sa.Boolean, nullable=False),
        _moment("due_at", nullable=True),
        sa.PrimaryKeyConstraint("kind", "about", name="pk_work_said"),
    )
    op.create_index("ix_work_said_waiting", "work_said", ["opportunity_id"], postgresql_where=sa.text("waiting"))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
