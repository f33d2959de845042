"""Our own copies of opportunities, their sessions, and the sessions' registers."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)

from services.payments.schema import metadata, one_of
from shared.db import actor_columns, participant_columns

ATTENDANCE, CANCELLED_SESSION, CONTRIBUTION = "attendance", "cancelled-session", "contribution"

opportunities = Table(
    "opportunities",
    metadata,
    Column("opportunity_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("commissioner", Text, nullable=False),
    Column("budget_pence", BigInteger),
    Column("paid", Boolean, nullable=False),
    Column("contact_role", Text, nullable=False),
    Column("mode", Text, nullable=False, server_default=text("''")),
    Column("host", Text, nullable=False, server_default=text("''")),
    Column("host_name", Text, nullable=False, server_default=text("''")),
    Column("rate_pence", Integer),
    Column("funding", Text, nullable=False, server_default=text("'none'")),
    Column("expenses_cap_pence", Integer, nullable=False, server_default=text("0")),
    CheckConstraint(one_of("funding", "none", "fees", "fees-and-expenses"), name="net_03_funding"),
    CheckConstraint(one_of("mode", "", "in-person", "online", "both"), name="pay_02_mode"),
    Index("ix_opportunities_host", "host", postgresql_where=text("host_name <> ''")),
)
"""host: the organisation whose listing it is, "" for our own; with what it advertised (NET-03)."""
sessions = Table(
    "sessions",
    metadata,
    Column("session_id", Uuid, primary_key=True),
    Column("opportunity_id", Uuid, ForeignKey("opportunities.opportunity_id"), nullable=False, index=True),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("venue", Text, nullable=False),
    Column("moved_late_from", DateTime(timezone=True)),
)
"""moved_late_from: when it was to start before it was moved so shortly before that fares may be lost (PAY-16)."""
attendances = Table(
    "attendances",
    metadata,
    Column("attendance_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("opportunity_id", Uuid, nullable=False),
    Column("session_id", Uuid, nullable=False),
    Column("session_date", Date, nullable=False),
    Column("place_id", Uuid, nullable=False),
    *participant_columns(),
    *actor_columns(),
    Column("present", Boolean, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("planned_minutes", Integer, nullable=False),
    Column("paid", Boolean, nullable=False),
    Column("recorded_by", Uuid, nullable=False),
    Column("no_claim_because", Text),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("host", Text, nullable=False, server_default=text("''")),
    Column("guest_id", Uuid),
    Column("host_attendance_id", Uuid),
    Column("host_opportunity_id", Uuid),
    Column("rate_pence", Integer),
    Column("funding", Text, nullable=False, server_default=text("'none'")),
    Column("expenses_cap_pence", Integer, nullable=False, server_default=text("0")),
    Column("ground", Text, nullable=False, server_default=text("'attendance'")),
    Column("way", Text, nullable=False, server_default=text("''")),
    CheckConstraint(one_of("ground", ATTENDANCE, CANCELLED_SESSION, CONTRIBUTION), name="pay_18_ground"),
    CheckConstraint(one_of("funding", "none", "fees", "fees-and-expenses"), name="net_03_funding"),
    CheckConstraint(
        "host = '' OR num_nulls(guest_id, host_attendance_id, host_opportunity_id) = 0", name="net_03_ids_of_the_host"
    ),
    CheckConstraint("present OR no_claim_because IS NOT NULL", name="pay_06_reason"),
    Index("ix_attendances_session_id", "session_id"),
)
"""recorded_at: business time at which we first heard of it. host: the organisation whose register it was, "" for our
own; after it come that organisation's ids and what it advertised then, which is what our participant is paid and
what we ask back (NET-03). ground: what claims of it are for. "cancelled-session" is no line of a register: the minutes
are the planned ones, and recorded_by cancelled it (PAY-16). "contribution": another way to have a say, which has no
session and no place, so that its own id stands there (OPP-18, PAY-18); way: which way."""
attendance_recorders = Table(
    "attendance_recorders",
    metadata,
    Column("attendance_id", Uuid, ForeignKey("attendances.attendance_id"), primary_key=True),
    Column("person_id", Uuid, primary_key=True),
)
"""Everyone who recorded or corrected an attendance (PAY-10, PAY-17)."""
