"""What is shared with the network, and what the network was told."""

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, Table, Text, Uuid, text

from services.opportunities.listings.tables import FUNDING
from services.opportunities.words.tables import meta, moment
from shared.db import actor_columns

shares = Table(
    "shares",
    meta,
    Column("opportunity_id", Uuid, ForeignKey("opportunities.id"), primary_key=True),
    Column("wanted", Boolean, nullable=False),
    Column("funding", Text, nullable=False),
    Column("expenses_cap_pence", Integer, nullable=False),
    Column("listed", Boolean, nullable=False, server_default="false"),
    Column("said_version", Integer),
    Column("said_waiting_list", Boolean),
    Column("said_at", DateTime(timezone=True)),
    Column("to_look_at", Boolean, nullable=False, server_default="true"),
    moment("decided_at"),
    *actor_columns(),
    CheckConstraint(f"funding IN {FUNDING}", name="net_03_funding"),
    CheckConstraint(
        "expenses_cap_pence >= 0 AND (funding = 'fees-and-expenses' OR expenses_cap_pence = 0)", name="net_03_cap"
    ),
    CheckConstraint("NOT listed OR said_version IS NOT NULL", name="net_01_listed_was_said"),
    Index("ix_shares_listed", "opportunity_id", postgresql_where=text("listed")),
    Index("ix_shares_to_look_at", "opportunity_id", postgresql_where=text("listed AND to_look_at")),
    Index("ix_shares_said_at", "said_at", postgresql_where=text("listed")),
)
"""wanted: the coordinator's choice. listed: the network was last told that it is open, not that it was withdrawn.
said_at is machine time, like the streams that forget what was said. to_look_at: a trigger notes that a place or the
number of places has changed since the job last looked."""
