"""The organisation's own statements, as its bank gives them (PAY-12)."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.payments.schema import metadata, one_of

bank_statements = Table(
    "bank_statements",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("given_by", Uuid, nullable=False),
    Column("given_at", DateTime(timezone=True), nullable=False),
    Column("key_id", Text),
    Column("sealed_file", LargeBinary),
    Column("paid", Integer, nullable=False, server_default=text("0")),
    Column("returned", Integer, nullable=False, server_default=text("0")),
    Column("others", Integer, nullable=False, server_default=text("0")),
    Column("columns_by", Uuid),
    Column("holds", JSONB),
    UniqueConstraint("sha256", name="uq_bank_statements_pay_12_once"),
    CheckConstraint(one_of("kind", "camt.053", "csv", "pain.002"), name="kind"),
    CheckConstraint(one_of("state", "to-map", "read"), name="state"),
    CheckConstraint("(state = 'to-map') = (sealed_file IS NOT NULL)", name="kept_until_read"),
    Index("ix_bank_statements_not_looked_at", "given_at", postgresql_where=text("state = 'to-map'")),
)
"""The file is kept, sealed, only until the person who brought it has looked at what we read in it (state to-map):
most of a statement is none of our business. pain.002: the bank's answer to a run, where somebody has to decide about
something in it. columns_by: who had named its columns when it was read.
holds: Holds of domain.reading, as long as the file is kept."""
statement_columns = Table(
    "statement_columns",
    metadata,
    Column("headings", Text, primary_key=True),
    Column("columns", JSONB, nullable=False),
    Column("chosen_by", Uuid, nullable=False),
    Column("chosen_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_by", Uuid),
)
"""What the columns of a bank's CSV mean, by its headings. confirmed_by: a second person who saw what they give and
found it right. Whoever brings a statement still looks at what is read in it."""
