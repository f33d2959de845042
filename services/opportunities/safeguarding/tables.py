"""What feedback told us of safeguarding concerns that were raised from something here (FB-09)."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from services.opportunities.words.tables import meta

concerns_heard = Table(
    "concerns_heard",
    meta,
    Column("concern_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_id", Uuid, nullable=False),
    Column("has_it", ARRAY(Uuid), nullable=False),
    Column("returned", Boolean, nullable=False),
    CheckConstraint("source IN ('question', 'need')", name="fb_09_source"),
    Index("ix_concerns_heard_source_id", "source_id", postgresql_where=text("NOT returned")),
)
"""source_id: of the question or the need that is set aside until the concern is returned. has_it: who may read it."""
