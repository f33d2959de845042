"""What feedback told us of safeguarding concerns that were raised from a claim (FB-09)."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from services.payments.schema import metadata

concerns_heard = Table(
    "concerns_heard",
    metadata,
    Column("concern_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("claim_id", Uuid, nullable=False),
    Column("returned", Boolean, nullable=False),
    Column("marked_as", Text, nullable=False, server_default=""),
    Column("has_it", ARRAY(Uuid)),
    Index("ix_concerns_heard_claim_id", "claim_id", postgresql_where=text("NOT returned")),
)
"""claim_id: of the claim whose words are set aside until the concern is returned. marked_as: the role in which they
were set aside; none if nobody asked then. has_it: who has the concern; none until an event says it."""

answered_for = Table(
    "answered_for",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("claim_id", Uuid, nullable=False),
    Column("answered_by", Uuid, nullable=False),
    Column("answered_at", DateTime(timezone=True), nullable=False),
    Column("too_many", Boolean, nullable=False, server_default=text("false")),
)
"""id: of a line of miles of which somebody who reads what is set aside said if they are right (PAY-02), or of a receipt
that approvers see again. too_many: fewer miles are right."""
