"""What an ending waits for, as other services told us (OPP-12)."""

from sqlalchemy import Boolean, CheckConstraint, Column, Integer, Table, Text, Uuid

from services.opportunities.words.tables import meta
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
