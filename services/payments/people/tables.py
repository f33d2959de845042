"""What we know of others' matters, from their events; and the organisation's own figures."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    column,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.payments.tables.base import created, metadata, one_of
from shared.db import participant_columns

opportunities = Table(
    "opportunities",
    metadata,
    Column("opportunity_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("commissioner", Text, nullable=False),
    Column("budget_pence", BigInteger),
    Column("paid", Boolean, nullable=False),
    Column("contact_role", Text, nullable=False),
    Column("mode", Text, nullable=False, server_default=text("''")),
    Column("host", Text, nullable=False, server_default=text("''")),
    Column("host_name", Text, nullable=False, server_default=text("''")),
    Column("rate_pence", Integer),
    Column("funding", Text, nullable=False, server_default=text("'none'")),
    Column("expenses_cap_pence", Integer, nullable=False, server_default=text("0")),
    CheckConstraint(one_of("funding", "none", "fees", "fees-and-expenses"), name="net_03_funding"),
    CheckConstraint(one_of("mode", "", "in-person", "online", "both"), name="pay_02_mode"),
    Index("ix_opportunities_host", "host", postgresql_where=text("host_name <> ''")),
)
"""host, "" for our own: the organisation whose listing it is, with what it advertised (NET-03)."""

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", Uuid, primary_key=True),
    Column("opportunity_id", Uuid, ForeignKey("opportunities.opportunity_id"), nullable=False, index=True),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("venue", Text, nullable=False),
)

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
"""told_apart_by: for staff, what tells two of one name apart. finance: whether they have that role, so that who is about to do something hears
whether anybody is left who may say how it ended (PAY-12).
added_by, email_entered_by: who took the person in and entered their first address, if it was not they themselves, as counts until the
introductions of this person are known (PAY-10). Nobody's number or address is kept here: it is asked for when somebody has to ring."""

introductions = Table(
    "introductions",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("introduced_by", Uuid, primary_key=True),
    Column("introduced_at", DateTime(timezone=True), nullable=False),
    Column("heard_at", DateTime(timezone=True), nullable=False),
)
"""PAY-10, PAY-13: who took a person in, or entered, changed or took away an address or number of theirs, and when they last did. heard_at: from
when a confirmation covers it: whoever confirmed the person before we heard of it knew nothing of it."""

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

people_to_confirm = Table(
    "people_to_confirm",
    metadata,
    *participant_columns(),
    Column("version", Integer, nullable=False),
    Column("waiting", Boolean, nullable=False),
    Column("confirm_by", Date, nullable=False),
    Column("not_for", ARRAY(Uuid), nullable=False),
    PrimaryKeyConstraint("participant_id", name="pk_people_to_confirm"),
    Index("ix_people_to_confirm_waiting", "participant_id", postgresql_where=text("waiting")),
)
"""What finance was told last of people whom somebody must ring or meet (PAY-10): by which day, and who may not."""

unconfirmed_introductions = table("unconfirmed_introductions", column("person_id", Uuid), column("introduced_by", Uuid))
"""A view: who may not decide about a person's money, because they took them in and nobody else has confirmed it (PAY-10)."""

organisations = Table(
    "organisations",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("removed", Boolean, nullable=False, server_default=text("false")),
)
"""The others in the network, as they call themselves. removed: the hub's operator took them out of it."""

# The organisation's own figures

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

budgets = Table(
    "budgets",
    metadata,
    Column("commissioner", Text, primary_key=True),
    Column("holds_from", Date, primary_key=True),
    Column("holds_until", Date, nullable=False),
    Column("amount_pence", BigInteger, nullable=False),
    CheckConstraint("holds_until >= holds_from", name="pay_11_period"),
    CheckConstraint("amount_pence >= 0", name="pay_11_not_negative"),
)
