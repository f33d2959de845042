"""People's names, and who took whom in (PAY-10)."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    column,
    table,
    text,
)

from services.payments.schema import metadata, one_of

cards = Table(
    "cards",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("added_by", Uuid),
    Column("email_entered_by", Uuid),
    Column("introductions_known", Boolean, nullable=False, server_default=text("false")),
    Column("told_apart_by", Text),  # NULL: not told yet
    Column("finance", Boolean),  # NULL: not told yet
    Index("ix_cards_introductions_unknown", "person_id", postgresql_where=text("NOT introductions_known")),
    Index("ix_cards_apart_unknown", "person_id", postgresql_where=text("told_apart_by IS NULL")),
    Index("ix_cards_finance", "person_id", postgresql_where=text("finance")),
    Index("ix_cards_finance_unknown", "person_id", postgresql_where=text("finance IS NULL")),
)
"""told_apart_by: for staff, what tells two people of one name apart. finance: whether they have that role, so that
somebody about to act is told whether anybody is left who may say how it ended (PAY-12). added_by, email_entered_by:
who took the person in and entered their first address, if that was somebody else; these count until we know the
person's introductions (PAY-10). We keep nobody's number or address here: we ask for it when somebody has to ring."""

introductions = Table(
    "introductions",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("introduced_by", Uuid, primary_key=True),
    Column("introduced_at", DateTime(timezone=True), nullable=False),
    Column("heard_at", DateTime(timezone=True), nullable=False),
)
"""PAY-10, PAY-13: who took a person in, or entered, changed or removed an address or number of theirs, and when they
last did. heard_at: a confirmation covers this only from then on: whoever confirmed the person before we heard of it
knew nothing of it."""

confirmed_people = Table(
    "confirmed_people",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False, index=True),
    Column("confirmed_by", Uuid, nullable=False),
    Column("confirmed_how", Text, nullable=False),
    Column("confirmed_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("confirmed_by <> person_id", name="pay_10_by_another"),
    CheckConstraint(one_of("confirmed_how", "in-person", "rang-known-number"), name="how"),
)
unconfirmed_introductions = table("unconfirmed_introductions", column("person_id", Uuid), column("introduced_by", Uuid))
"""A view: who may not decide about a person's money, because they took them in and nobody else has confirmed it
(PAY-10)."""
