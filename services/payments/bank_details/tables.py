"""People whom somebody has to ring or meet before they are paid, and calls that nobody answered (PAY-10, PAY-13)."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.payments.schema import metadata
from shared.db import participant_columns

people_to_confirm = Table(
    "people_to_confirm",
    metadata,
    *participant_columns(),
    Column("version", Integer, nullable=False),
    Column("waiting", Boolean, nullable=False),
    Column("confirm_by", Date, nullable=False),
    Column("not_for", ARRAY(Uuid), nullable=False),
    PrimaryKeyConstraint("participant_id", name="pk_people_to_confirm"),
    Index("ix_people_to_confirm_waiting", "participant_id", postgresql_where=text("waiting")),
)
"""What finance was last told about people whom somebody must ring or meet (PAY-10): by when, and who may not."""
details_wanted = Table(
    "details_wanted",
    metadata,
    *participant_columns(),
    Column("version", Integer, nullable=False),
    Column("waiting", Boolean, nullable=False),
    PrimaryKeyConstraint("participant_id", name="pk_details_wanted"),
    Index("ix_details_wanted_waiting", "participant_id", postgresql_where=text("waiting")),
)
"""What was last said about people whose bank details were set aside and who are asked for new ones (PAY-13)."""
meetings_wanted = Table(
    "meetings_wanted",
    metadata,
    *participant_columns(),
    Column("version", Integer, nullable=False),
    Column("waiting", Boolean, nullable=False),
    PrimaryKeyConstraint("participant_id", name="pk_meetings_wanted"),
    Index("ix_meetings_wanted_waiting", "participant_id", postgresql_where=text("waiting")),
)
"""What was last said about people whom we cannot ring about their bank details, and who are asked to get in touch
(PAY-13)."""
numbers_shown = Table(
    "numbers_shown",
    metadata,
    Column("about", Uuid, nullable=False),
    Column("shown_to", Uuid, nullable=False),
    Column("shown_at", DateTime(timezone=True), nullable=False),
    Column("is_held", Boolean, nullable=False),
    PrimaryKeyConstraint("about", "shown_to", name="pk_numbers_shown"),
)
"""Who last opened the number to ring about bank details or a person (about), and whether there was one (PAY-13). The
number itself is kept nowhere."""
unanswered_calls = Table(
    "unanswered_calls",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("details_id", Uuid, ForeignKey("bank_details.id"), nullable=False),
    Column("rung_by", Uuid, nullable=False),
    Column("rung_at", DateTime(timezone=True), nullable=False),
    Index("ix_unanswered_calls_details_id", "details_id", "rung_at"),
)
"""Somebody rang to confirm bank details and nobody answered, so it is still to do (PAY-13)."""
