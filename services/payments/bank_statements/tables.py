"""What the bank says (PAY-12): in its answers, and on the organisation's own statements."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from services.payments.tables.base import created, metadata, one_of

bank_words = Table(
    "bank_words",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("answer_id", Uuid, ForeignKey("bank_answers.id"), nullable=False),
    Column("run_id", Uuid, ForeignKey("payment_runs.id"), nullable=False),
    Column("payment_id", Uuid, ForeignKey("payments.id")),
    Column("level", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("proprietary", Text, nullable=False),
    Column("information", Text, nullable=False),
    created(),
    CheckConstraint(one_of("level", "file", "batch", "payment"), name="level"),
    Index("ix_bank_words_run_id", "run_id"),
)
"""Status and reason as the bank wrote them, for finance alone: banks have codes and sentences of their own."""

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
    UniqueConstraint("sha256", name="uq_bank_statements_pay_12_once"),
    CheckConstraint(one_of("kind", "camt.053", "csv"), name="kind"),
    CheckConstraint(one_of("state", "to-map", "read"), name="state"),
    CheckConstraint("(state = 'to-map') = (sealed_file IS NOT NULL)", name="kept_until_read"),
    Index("ix_bank_statements_not_looked_at", "given_at", postgresql_where=text("state = 'to-map'")),
)
"""The file itself is kept, sealed, only until who brought it has looked at what we read in it (state to-map): most of a statement is not our business.
columns_by: who had said what its columns mean, as it was read."""

bank_entries = Table(
    "bank_entries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("statement_id", Uuid, ForeignKey("bank_statements.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("pence", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("payment_id", Uuid, ForeignKey("payments.id")),
    Column("code", Text, nullable=False, server_default=text("''")),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("decided_by", Uuid),
    Column("about_payment_id", Uuid, ForeignKey("payments.id")),
    CheckConstraint(one_of("state", "near", "chosen", "not-ours"), name="state"),
    CheckConstraint("(state = 'near') = (decided_by IS NULL)", name="decided_by_a_person"),
    CheckConstraint("(state = 'chosen') = (payment_id IS NOT NULL)", name="chosen"),
    Index("ix_bank_entries_near", "day", "id", postgresql_where=text("state = 'near'")),
    Index("ix_bank_entries_about_payment_id", "about_payment_id", postgresql_where=text("state = 'near'")),
)
"""Lines of statements that may be payments of ours: a person chooses. pence: below nothing went out. The words are sealed.
about_payment_id: a payment that we do not count as paid, and that went out by this line."""

statement_columns = Table(
    "statement_columns",
    metadata,
    Column("headings", Text, primary_key=True),
    Column("columns", JSONB, nullable=False),
    Column("chosen_by", Uuid, nullable=False),
    Column("chosen_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_by", Uuid),
)
"""What the columns of a bank's CSV mean, by its headings. confirmed_by: the second person who saw what is read with them, and that it is right;
whoever brings a statement is shown what is read in it all the same."""
