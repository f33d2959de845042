"""What the bank and people say of payments (PAY-12)."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from services.payments.schema import created, metadata, one_of

words_by_hand = Table(
    "words_by_hand",
    metadata,
    Column("payment_id", Uuid, ForeignKey("payments.id"), primary_key=True),
    Column("said_by", Uuid, primary_key=True),
    Column("in_file", Integer, nullable=False),
    Column("how", Text, nullable=False),
    Column("said_at", DateTime(timezone=True), nullable=False),
)
"""What each person last said by hand about how a payment ended, and which file held it then (0: none). If nobody is
left who may say it alone, two who say the same count (PAY-12)."""
bank_answers = Table(
    "bank_answers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("run_id", Uuid, ForeignKey("payment_runs.id"), nullable=False),
    Column("sha256", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("taken_by", Uuid, nullable=False),
    Column("taken_at", DateTime(timezone=True), nullable=False),
    Column("paid", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("returned", Integer, nullable=False, server_default=text("0")),
    Column("pending", Integer, nullable=False, server_default=text("0")),
    Column("written_at", Text, nullable=False, server_default=text("''")),
    UniqueConstraint("run_id", "sha256", name="uq_bank_answers_pay_12_once"),
)
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
"""Status and reason as the bank wrote them, for finance only: banks have codes and sentences of their own."""
