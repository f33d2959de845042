"""The organisation's own figures (PAY-15)."""

from sqlalchemy import CheckConstraint, Column, Date, Integer, Table, Text

from services.payments.schema import created, metadata

rates = Table(
    "rates",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holds_from", Date, primary_key=True),
    Column("value", Integer, nullable=False),
    created(),
    CheckConstraint("value >= 0", name="pay_15_not_negative"),
)
"""Never changed: a new figure is a new row with a later date (PAY-15)."""
