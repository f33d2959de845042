"""What opportunities keeps of other services' facts."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from services.opportunities.tables.columns import meta
from shared.db import participant_columns

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
    Column("age_known", Boolean),  # NULL: not told yet
    Column("reached_by_message", Boolean),  # NULL: not told yet
    Column("told_apart_by", Text),  # NULL: not told yet
    Index("ix_people_reach_unknown", "person_id", postgresql_where=text("reached_by_message IS NULL")),
    Index("ix_people_apart_unknown", "person_id", postgresql_where=text("told_apart_by IS NULL")),
    Index("ix_people_age_unknown", "person_id", postgresql_where=text("age_known IS NULL")),
)
"""The card that people may show us: a name for staff pages, and what tells two of one name apart."""
