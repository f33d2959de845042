"""What we last told the first pages (PAY-10, PAY-12)."""

from sqlalchemy import Boolean, Column, Date, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from services.payments.schema import metadata

money_waits = Table(
    "money_waits",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("about", Uuid, primary_key=True),
    Column("not_for", ARRAY(Uuid), nullable=False),
    Column("due_on", Date),
    Column("number", Integer),
    Column("nothing_leaves", Boolean, nullable=False, server_default=text("false")),
    Column("people", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
)
"""What we last said of each thing that waits, and who may not do it; or, for the kind "word", who may. Versions come
from the sequence money_waits_version."""
