"""What opportunities keeps."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.opportunities import domain
from shared.db import metadata, participant_columns

meta = metadata()


def _moment(name: str, *, nullable: bool = False) -> Column:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _words(name: str) -> Column:
    return Column(name, Text, nullable=False, server_default="")


def _actor_columns() -> list[Column]:
    """Who did it, and for whom if someone was helped (PEO-02)."""
    return [Column("actor_kind", Text, nullable=False), Column("actor_id", Uuid), Column("acting_for", Uuid)]


opportunities = Table(
    "opportunities",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False, server_default="draft"),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("mode", Text, nullable=False, server_default=""),
    _words("area"),
    _words("background"),
    _words("expected"),
    _words("time_needed"),
    Column("paid", Boolean),
    _words("payment"),
    Column("budget_pence", Integer),
    _words("commissioner"),
    _words("contact_role"),
    _words("contact_how"),
    _words("accessibility"),
    _words("result"),
    _words("summary"),
    _words("notice_reason"),
    Column("notice_days_given", Integer),
    Column("notice_days_expected", Integer),
    Column("capacity", Integer),
    _words("outcome"),
    Column("reference", Text),
    Column("imported_row", Text),
    _moment("created_at"),
    _moment("published_at", nullable=True),
    _moment("finished_at", nullable=True),
    _moment("thanked_at", nullable=True),
    _moment("asked_to_stay_at", nullable=True),
    _moment("closed_at", nullable=True),
    *_actor_columns(),
    CheckConstraint("state IN ('draft', 'published', 'finished', 'closed')", name="opp_12_state"),
    CheckConstraint("mode IN ('', 'in-person', 'online', 'both')", name="opp_01_mode"),
    CheckConstraint("capacity IS NULL OR capacity > 0", name="opp_05_capacity"),
    CheckConstraint("budget_pence IS NULL OR budget_pence >= 0", name="pay_11_budget"),
    UniqueConstraint("reference"),
)
"""reference: the name that an imported file gives it; imported_row: the digest of its row. notice_days_*: as they were when it was published (OPP-03)."""

sessions = Table(
    "sessions",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("opportunity_id", Uuid, ForeignKey("opportunities.id"), nullable=False, index=True),
    _moment("starts_at"),
    _moment("ends_at"),
    Column("venue", Text, nullable=False),
    _words("joining"),
    CheckConstraint("ends_at > starts_at", name="opp_02_ends_after_start"),
)
"""joining: a link or a telephone number for those with a place; it is never public."""

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
    _moment("answer_by", nullable=True),
    _words("needs_words"),
    _moment("created_at"),
    _moment("changed_at"),
    *_actor_columns(),
    CheckConstraint("state IN ('waiting', 'offered', 'taken', 'left', 'lapsed')", name="opp_05_state"),
    CheckConstraint("(state = 'offered') = (answer_by IS NOT NULL)", name="opp_05_offer_has_time_to_answer"),
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
)

needs = Table(
    "needs",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("place_id", Uuid, ForeignKey("places.id"), nullable=False),
    Column("need", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="asked"),
    _words("reason"),
    _moment("asked_at"),
    _moment("answered_at", nullable=True),
    _moment("warned_at", nullable=True),
    CheckConstraint("state IN ('asked', 'promised', 'met', 'not-met', 'withdrawn')", name="opp_07_state"),
    CheckConstraint("state <> 'not-met' OR reason <> ''", name="opp_07_not_met_has_a_reason"),
    UniqueConstraint("place_id", "need", name="opp_07_each_need_once"),
)

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
"""The row to lock. What was recorded stands in attendance_records; version names the one that holds now."""

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
    _moment("recorded_at"),
    *_actor_columns(),
    CheckConstraint("minutes >= 0 AND (present OR minutes = 0)", name="opp_11_minutes"),
)
"""Never changed: a correction is a row with the next version (OPP-11).

minutes: what counts; minutes_written: from arriving to leaving, as the coordinator wrote it.
"""

claims_heard = Table(
    "claims_heard",
    meta,
    Column("claim_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("opportunity_id", Uuid, nullable=False, index=True),
    Column("session_id", Uuid, nullable=False),
    *participant_columns(),
    Column("state", Text, nullable=False),
    CheckConstraint("state IN ('open', 'paid', 'refused', 'declined')", name="opp_12_claim_state"),
)
"""What payments told us of a claim, for the ending (OPP-12)."""

feedback_heard = Table(
    "feedback_heard",
    meta,
    Column("item_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("opportunity_id", Uuid, index=True),
    Column("waiting", Boolean, nullable=False),
)
"""What feedback told us of an item, for the ending (OPP-12)."""

people = Table(
    "people",
    meta,
    Column("person_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
)
"""The card that people may show us: a name for staff pages."""


def draft_of(row: Row[Any], sessions_of_it: Iterable[Row[Any]]) -> domain.Draft:
    """What the rules of publishing look at."""
    return domain.Draft(
        title=row.title,
        kind=row.kind,
        background=row.background,
        expected=row.expected,
        time_needed=row.time_needed,
        mode=row.mode,
        area=row.area,
        paid=row.paid,
        payment=row.payment,
        contact_role=row.contact_role,
        contact_how=row.contact_how,
        accessibility=row.accessibility,
        result=row.result,
        summary=row.summary,
        notice_reason=row.notice_reason,
        sessions=tuple(domain.PlannedSession(each.starts_at, each.ends_at, each.venue) for each in sessions_of_it),
    )


def sessions_of(opportunity_id: UUID) -> Select[Any]:
    """Its sessions, the first one first."""
    return select(sessions).where(sessions.c.opportunity_id == opportunity_id).order_by(sessions.c.starts_at, sessions.c.id)
