"""Places, what people need, and who was there."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from services.opportunities.words.tables import meta, moment, words
from shared.db import actor_columns, participant_columns

places = Table(
    "places",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("opportunity_id", Uuid, ForeignKey("opportunities.id"), nullable=False),
    *participant_columns(),
    Column("state", Text, nullable=False),
    Column("walk_in", Boolean, nullable=False, server_default="false"),
    Column("queue_number", Integer, nullable=False),
    moment("answer_by", nullable=True),
    words("needs_words"),
    words("speaks_for"),
    Column("guest_code", Text),
    moment("taken_at", nullable=True),
    moment("ended_at", nullable=True),
    Column("only_session_id", Uuid, ForeignKey("sessions.id")),
    moment("created_at"),
    moment("changed_at"),
    *actor_columns(),
    CheckConstraint("state IN ('waiting', 'offered', 'taken', 'left', 'lapsed', 'cancelled')", name="opp_05_state"),
    CheckConstraint("speaks_for IN ('', 'self', 'group', 'both')", name="opp_24_speaks_for"),
    CheckConstraint("(state = 'offered') = (answer_by IS NOT NULL)", name="opp_05_offer_has_time_to_answer"),
    CheckConstraint("(participant_kind = 'guest') = (guest_code IS NOT NULL)", name="net_02_guests_have_a_code"),
    UniqueConstraint("opportunity_id", "queue_number", name="opp_05_one_queue_number_each"),
    Index(
        "opp_05_one_active_place_each",
        "opportunity_id",
        "participant_kind",
        "participant_id",
        "participant_home",
        unique=True,
        postgresql_where=text("state IN ('waiting', 'offered', 'taken')"),
    ),
    Index("ix_places_participant", "participant_id"),
    Index("ix_places_waiting", "opportunity_id", postgresql_where=text("state = 'waiting'")),
)
"""taken_at and ended_at: from when until when somebody had it, kept by a trigger on its state (OPP-11).
speaks_for: "" if they did not say (OPP-24).
only_session_id: for people who came to that session without a place; they have it for that session alone, so its state
is "left" from the start."""

needs = Table(
    "needs",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("place_id", Uuid, ForeignKey("places.id"), nullable=False),
    Column("need", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="asked"),
    words("reason"),
    moment("asked_at"),
    moment("answered_at", nullable=True),
    moment("warned_at", nullable=True),
    CheckConstraint("state IN ('asked', 'promised', 'met', 'not-met', 'withdrawn')", name="opp_07_state"),
    CheckConstraint("state <> 'not-met' OR reason <> ''", name="opp_07_not_met_has_a_reason"),
    UniqueConstraint("place_id", "need", name="opp_07_each_need_once"),
    Index("ix_needs_not_warned", "place_id", postgresql_where=text("state = 'asked' AND warned_at IS NULL")),
)

bookings_to_cancel = Table(
    "bookings_to_cancel",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("opportunity_id", Uuid, ForeignKey("opportunities.id"), nullable=False, index=True),
    Column("place_id", Uuid, ForeignKey("places.id"), nullable=False),
    Column("need_id", Uuid, ForeignKey("needs.id"), nullable=False),
    Column("need", Text, nullable=False),
    words("words"),
    moment("since"),
    moment("done_at", nullable=True),
    *actor_columns("done_", nullable=True),
    Column("session_id", Uuid, ForeignKey("sessions.id")),
    Index(
        "opp_07_one_open_each",
        "need_id",
        "session_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=text("done_at IS NULL"),
    ),
)
"""Something promised or arranged for somebody who no longer needs it (OPP-07). words: what they had asked for, if in
their own words. session_id: it was cancelled for this session alone (OPP-19)."""

attendances = Table(
    "attendances",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("session_id", Uuid, ForeignKey("sessions.id"), nullable=False),
    Column("place_id", Uuid, ForeignKey("places.id"), nullable=False, index=True),
    *participant_columns(),
    UniqueConstraint("session_id", "place_id", name="opp_11_one_attendance_each"),
)
"""The row to lock. Records are in attendance_records; version names the current one."""

attendance_records = Table(
    "attendance_records",
    meta,
    Column("attendance_id", Uuid, ForeignKey("attendances.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("present", Boolean, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("minutes_written", Integer, nullable=False),
    Column("planned_minutes", Integer, nullable=False),
    Column("planned_time_counts", Boolean, nullable=False),
    moment("recorded_at"),
    *actor_columns(),
    CheckConstraint("minutes >= 0 AND (present OR minutes = 0)", name="opp_11_minutes"),
)
"""Never changed: a correction is a row with the next version (OPP-11).

minutes: what counts; minutes_written: from arriving to leaving, as the coordinator wrote it."""
