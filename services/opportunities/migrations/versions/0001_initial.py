"""Everything that opportunities keeps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.messaging.migrations import create_messaging_tables, refuse_changes_of

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _words(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _actor() -> list[sa.Column]:
    return [sa.Column("actor_kind", sa.Text, nullable=False), sa.Column("actor_id", sa.Uuid), sa.Column("acting_for", sa.Uuid)]


def _participant() -> list[sa.Column]:
    return [
        sa.Column("participant_kind", sa.Text, nullable=False),
        sa.Column("participant_id", sa.Uuid, nullable=False),
        sa.Column("participant_home", sa.Text, nullable=False),
    ]


def upgrade() -> None:
    create_messaging_tables()
    _create_opportunities()
    _create_places()
    _create_attendance()
    _create_what_was_heard()


def _create_opportunities() -> None:
    op.create_table(
        "opportunities",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("state", sa.Text, nullable=False, server_default="draft"),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False, server_default=""),
        _words("area"),
        _words("background"),
        _words("expected"),
        _words("time_needed"),
        sa.Column("paid", sa.Boolean),
        _words("payment"),
        sa.Column("budget_pence", sa.Integer),
        _words("commissioner"),
        _words("contact_role"),
        _words("contact_how"),
        _words("accessibility"),
        _words("result"),
        _words("summary"),
        _words("notice_reason"),
        sa.Column("notice_days_given", sa.Integer),
        sa.Column("notice_days_expected", sa.Integer),
        sa.Column("capacity", sa.Integer),
        _words("outcome"),
        sa.Column("reference", sa.Text),
        sa.Column("imported_row", sa.Text),
        _moment("created_at"),
        _moment("published_at", nullable=True),
        _moment("finished_at", nullable=True),
        _moment("thanked_at", nullable=True),
        _moment("asked_to_stay_at", nullable=True),
        _moment("closed_at", nullable=True),
        *_actor(),
        sa.PrimaryKeyConstraint("id", name="pk_opportunities"),
        sa.UniqueConstraint("reference", name="uq_opportunities_reference"),
        sa.CheckConstraint("state IN ('draft', 'published', 'finished', 'closed')", name=op.f("ck_opportunities_opp_12_state")),
        sa.CheckConstraint("mode IN ('', 'in-person', 'online', 'both')", name=op.f("ck_opportunities_opp_01_mode")),
        sa.CheckConstraint("capacity IS NULL OR capacity > 0", name=op.f("ck_opportunities_opp_05_capacity")),
        sa.CheckConstraint("budget_pence IS NULL OR budget_pence >= 0", name=op.f("ck_opportunities_pay_11_budget")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        _moment("starts_at"),
        _moment("ends_at"),
        sa.Column("venue", sa.Text, nullable=False),
        _words("joining"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunities.id"], name="fk_sessions_opportunity_id_opportunities"),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_sessions_opp_02_ends_after_start")),
    )
    op.create_index("ix_sessions_opportunity_id", "sessions", ["opportunity_id"])


def _create_places() -> None:
    op.create_table(
        "places",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        *_participant(),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("walk_in", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("queue_number", sa.Integer, nullable=False),
        _moment("answer_by", nullable=True),
        _words("needs_words"),
        _moment("created_at"),
        _moment("changed_at"),
        *_actor(),
        sa.PrimaryKeyConstraint("id", name="pk_places"),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunities.id"], name="fk_places_opportunity_id_opportunities"),
        sa.CheckConstraint("state IN ('waiting', 'offered', 'taken', 'left', 'lapsed')", name=op.f("ck_places_opp_05_state")),
        sa.CheckConstraint("(state = 'offered') = (answer_by IS NOT NULL)", name=op.f("ck_places_opp_05_offer_has_time_to_answer")),
        sa.UniqueConstraint("opportunity_id", "queue_number", name="opp_05_one_queue_number_each"),
    )
    op.create_index(
        "opp_05_one_active_place_each",
        "places",
        ["opportunity_id", "participant_kind", "participant_id", "participant_home"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'offered', 'taken')"),
    )
    op.create_index("ix_places_participant", "places", ["participant_id"])
    op.create_table(
        "needs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("place_id", sa.Uuid, nullable=False),
        sa.Column("need", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="asked"),
        _words("reason"),
        _moment("asked_at"),
        _moment("answered_at", nullable=True),
        _moment("warned_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_needs"),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name="fk_needs_place_id_places"),
        sa.CheckConstraint("state IN ('asked', 'promised', 'met', 'not-met', 'withdrawn')", name=op.f("ck_needs_opp_07_state")),
        sa.CheckConstraint("state <> 'not-met' OR reason <> ''", name=op.f("ck_needs_opp_07_not_met_has_a_reason")),
        sa.UniqueConstraint("place_id", "need", name="opp_07_each_need_once"),
    )


def _create_attendance() -> None:
    op.create_table(
        "attendances",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("place_id", sa.Uuid, nullable=False),
        *_participant(),
        sa.PrimaryKeyConstraint("id", name="pk_attendances"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_attendances_session_id_sessions"),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name="fk_attendances_place_id_places"),
        sa.UniqueConstraint("session_id", "place_id", name="opp_11_one_attendance_each"),
    )
    op.create_index("ix_attendances_place_id", "attendances", ["place_id"])
    op.create_table(
        "attendance_records",
        sa.Column("attendance_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("present", sa.Boolean, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("minutes_written", sa.Integer, nullable=False),
        sa.Column("planned_minutes", sa.Integer, nullable=False),
        sa.Column("planned_time_counts", sa.Boolean, nullable=False),
        _moment("recorded_at"),
        *_actor(),
        sa.PrimaryKeyConstraint("attendance_id", "version", name="pk_attendance_records"),
        sa.ForeignKeyConstraint(["attendance_id"], ["attendances.id"], name="fk_attendance_records_attendance_id_attendances"),
        sa.CheckConstraint("minutes >= 0 AND (present OR minutes = 0)", name=op.f("ck_attendance_records_opp_11_minutes")),
    )
    refuse_changes_of("attendance_records")


def _create_what_was_heard() -> None:
    op.create_table(
        "claims_heard",
        sa.Column("claim_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("session_id", sa.Uuid, nullable=False),
        *_participant(),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("claim_id", name="pk_claims_heard"),
        sa.CheckConstraint("state IN ('open', 'paid', 'refused', 'declined')", name=op.f("ck_claims_heard_opp_12_claim_state")),
    )
    op.create_index("ix_claims_heard_opportunity_id", "claims_heard", ["opportunity_id"])
    op.create_table(
        "feedback_heard",
        sa.Column("item_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("opportunity_id", sa.Uuid),
        sa.Column("waiting", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("item_id", name="pk_feedback_heard"),
    )
    op.create_index("ix_feedback_heard_opportunity_id", "feedback_heard", ["opportunity_id"])
    op.create_table(
        "people",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_people"),
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
