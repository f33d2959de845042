"""What feedback told us of safeguarding concerns that were raised from a claim (FB-09)."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid, text

from services.payments.schema import metadata

concerns_heard = Table(
    "concerns_heard",
    metadata,
    Column("concern_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("claim_id", Uuid, nullable=False),
    Column("returned", Boolean, nullable=False),
    Column("marked_as", Text, nullable=False, server_default=""),
    Index("ix_concerns_heard_claim_id", "claim_id", postgresql_where=text("NOT returned")),
)
"""claim_id: of the claim whose words are set aside until the concern is returned. marked_as: the role in which they
were set aside; none if nobody asked then."""

answered_for = Table(
    "answered_for",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("claim_id", Uuid, nullable=False),
    Column("answered_by", Uuid, nullable=False),
    Column("answered_at", DateTime(timezone=True), nullable=False),
)
"""id: of a line of miles whose way somebody who reads what is set aside says is right (PAY-02), or of a receipt that
approvers see again."""
