"""What feedback told us of safeguarding concerns that were raised from a claim (FB-09)."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, Uuid, text

from services.payments.schema import metadata

concerns_heard = Table(
    "concerns_heard",
    metadata,
    Column("concern_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("claim_id", Uuid, nullable=False),
    Column("returned", Boolean, nullable=False),
    Index("ix_concerns_heard_claim_id", "claim_id", postgresql_where=text("NOT returned")),
)
"""claim_id: of the claim whose words are set aside until the concern is returned."""
