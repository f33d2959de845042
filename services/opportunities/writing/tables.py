"""Opportunities and their sessions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
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
    cast,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.opportunities.words.domain import IN_THE_ROOM
from services.opportunities.words.tables import meta, moment, words
from services.opportunities.writing.domain import drafts
from shared.clock import end_of_day
from shared.db import actor_columns

opportunities = Table(
    "opportunities",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False, server_default="draft"),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("mode", Text, nullable=False, server_default=""),
    words("area"),
    words("background"),
    words("expected"),
    words("time_needed"),
    Column("paid", Boolean),
    words("payment"),
    Column("budget_pence", Integer),
    words("commissioner"),
    words("contact_role"),
    words("contact_how"),
    words("accessibility"),
    words("result"),
    *map(words, IN_THE_ROOM),
    words("summary"),
    words("notice_reason"),
    Column("notice_days_given", Integer),
    Column("notice_days_expected", Integer),
    Column("capacity", Integer),
    Column("closes_on", Date),
    words("joining"),
    words("outcome"),
    Column("reference", Text),
    Column("imported_row", Text),
    moment("created_at"),
    moment("published_at", nullable=True),
    moment("finished_at", nullable=True),
    moment("thanked_at", nullable=True),
    moment("asked_to_stay_at", nullable=True),
    moment("closed_at", nullable=True),
    moment("cancelled_at", nullable=True),
    words("cancelled_because"),
    *actor_columns(),
    CheckConstraint("state IN ('draft', 'published', 'finished', 'closed', 'cancelled')", name="opp_12_state"),
    CheckConstraint(
        "(state = 'cancelled') = (cancelled_at IS NOT NULL) AND (state <> 'cancelled' OR cancelled_because <> '')",
        name="opp_16_cancelled",
    ),
    CheckConstraint("mode IN ('', 'in-person', 'online', 'both')", name="opp_01_mode"),
    CheckConstraint("capacity IS NULL OR capacity > 0", name="opp_05_capacity"),
    CheckConstraint("budget_pence IS NULL OR budget_pence >= 0", name="pay_11_budget"),
    UniqueConstraint("reference"),
    Index("ix_opportunities_published", "id", postgresql_where=text("state = 'published'")),
    Index("ix_opportunities_finished", "id", postgresql_where=text("state = 'finished'")),
)
"""reference: the name that an imported file gives it; imported_row: the digest of its row. notice_days_*: as they were
when it was published (OPP-03). closes_on: the last day to do it, of what people do in their own time, without a session
(OPP-01); joining: how they do it then, for people with a place alone."""

sessions = Table(
    "sessions",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("opportunity_id", Uuid, ForeignKey("opportunities.id"), nullable=False, index=True),
    moment("starts_at"),
    moment("ends_at"),
    Column("venue", Text, nullable=False),
    words("joining"),
    moment("cancelled_at", nullable=True),
    words("cancelled_because"),
    Column("register_full", Boolean, nullable=False, server_default="false"),
    CheckConstraint("ends_at > starts_at", name="opp_02_ends_after_start"),
    Index("ix_sessions_starts_at", "starts_at"),
    Index("ix_sessions_register_open", "starts_at", postgresql_where=text("NOT register_full")),
)
"""version: of its own events; 0 in a draft. joining: a link or a telephone number for people with a place; it is never
public. cancelled_at: it will not happen (OPP-12). register_full: its register is complete for good, so the job that
says what waits skips it."""

session_moves = Table(
    "session_moves",
    meta,
    Column("session_id", Uuid, ForeignKey("sessions.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    moment("starts_at"),
    moment("ends_at"),
    Column("venue", Text, nullable=False),
    moment("moved_at"),
    *actor_columns(),
)
"""When and where a published session was to be before it was moved (OPP-16). Never changed. version: of the session
since then."""

notice_counts = Table(
    "notice_counts",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("opportunity_id", Uuid, ForeignKey("opportunities.id"), nullable=False, index=True),
    Column("session_id", Uuid, ForeignKey("sessions.id")),
    Column("because", Text, nullable=False),
    Column("days_given", Integer, nullable=False),
    Column("days_expected", Integer, nullable=False),
    words("reason"),
    moment("counted_at"),
    *actor_columns(),
    CheckConstraint("because IN ('published', 'moved', 'added')", name="opp_03_because"),
    CheckConstraint("days_given >= days_expected OR reason <> ''", name="opp_03_has_a_reason"),
)
"""How much notice people had of a session: counted when it was published, and again when it was moved nearer (OPP-03).
Never changed. session_id: NULL for a closing day."""

changes = Table(
    "changes",
    meta,
    Column("opportunity_id", Uuid, ForeignKey("opportunities.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("changed", ARRAY(Text), nullable=False),
    Column("reason", Text, nullable=False),
    Column("differences", JSONB, nullable=False, server_default="[]"),
    moment("changed_at"),
    *actor_columns(),
    CheckConstraint("reason <> ''", name="opp_16_has_a_reason"),
)
"""Changes of a published opportunity, with the reason that everyone with a place reads (OPP-16). Never changed.
changed: keys of `WHAT_CHANGED`; differences: what was and what is, each a `Difference`."""


def last_ends_at(row: Row[Any], planned: Iterable[Row[Any]]) -> datetime | None:
    """When the last of an opportunity's sessions ends, or its closing day is over; None for a draft without either."""
    ends = [session.ends_at for session in planned]
    return max(ends, default=None if row.closes_on is None else end_of_day(row.closes_on))


def draft_of(row: Row[Any], sessions_of_it: Iterable[Row[Any]]) -> drafts.Draft:
    """The facts for the rules of publishing."""
    return drafts.Draft(
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
        closes_on=row.closes_on,
        joining=row.joining,
        sessions=tuple(drafts.PlannedSession(each.starts_at, each.ends_at, each.venue) for each in sessions_of_it),
    )


def sessions_of(opportunity_id: UUID) -> Select[Any]:
    """Its sessions that are not cancelled, earliest first."""
    return (
        select(sessions)
        .where(sessions.c.opportunity_id == opportunity_id, sessions.c.cancelled_at.is_(None))
        .order_by(sessions.c.starts_at, sessions.c.id)
    )


def closes_at() -> ColumnElement[Any]:
    """When the closing day of an opportunity is over (`clock.end_of_day`); NULL if it has none."""
    return func.timezone("Europe/London", cast(opportunities.c.closes_on + 1, DateTime))
