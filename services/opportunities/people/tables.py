"""What opportunities knows of people: their cards, and whose age a coordinator must ask."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from services.opportunities.words.tables import meta, moment

people = Table(
    "people",
    meta,
    Column("person_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("age_known", Boolean),  # NULL: not told yet
    Column("reached_by_message", Boolean),  # NULL: not told yet
    Column("by_letter", Boolean, nullable=False, server_default=text("false")),
    Column("told_apart_by", Text),  # NULL: not told yet
    Index("ix_people_reach_unknown", "person_id", postgresql_where=text("reached_by_message IS NULL")),
    Index("ix_people_apart_unknown", "person_id", postgresql_where=text("told_apart_by IS NULL")),
    Index("ix_people_age_unknown", "person_id", postgresql_where=text("age_known IS NULL")),
)
"""The card that `people` gives us: a name for staff pages, and what tells two people of one name apart."""


ages_to_ask = Table(
    "ages_to_ask",
    meta,
    Column("person_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("waiting", Boolean, nullable=False),
    moment("due_at", nullable=True),
)
"""PEO-03: people who walked in before we knew whether they are 18 or over, and whether they must still be asked."""
