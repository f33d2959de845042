"""What we owe and pay, and the ledger. Money is integer pence."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from services.payments.tables.base import created, metadata, one_of
from shared.db import actor_columns, participant_columns

payables = Table(
    "payables",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("claim_id", Uuid, ForeignKey("claims.id"), nullable=False),
    *participant_columns(),
    Column("method", Text, nullable=False),
    Column("amount_pence", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason_code", Text),
    Column("was_for", JSONB),
    created(),
    CheckConstraint("amount_pence >= 0", name="pay_11_not_negative"),
    CheckConstraint(one_of("state", "owed", "in-run", "returned", "paid", "withdrawn"), name="state"),
    Index("ix_payables_state", "state"),
    Index("ix_payables_claim_id", "claim_id"),
    Index("uq_payables_pay_12_one_per_claim_and_way", "claim_id", "method", unique=True, postgresql_where=text("state <> 'withdrawn'")),
)
"""was_for: of one that was withdrawn, the lines that it paid and the pence of each, so that it can stand again if the bank paid it all the same."""

bank_details = Table(
    "bank_details",
    metadata,
    Column("id", Uuid, primary_key=True),
    *participant_columns(),
    *actor_columns(),
    Column("state", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("same_account", LargeBinary, nullable=False),
    Column("ends_with", Text, nullable=False),
    Column("given_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("confirmed_by", Uuid),
    Column("confirmed_how", Text),
    Column("doubted_because", Text),
    Column("confirm_by", Date),
    Column("waits_since", DateTime(timezone=True)),
    Column("set_aside_by", Uuid),
    Column("set_aside_at", DateTime(timezone=True)),
    CheckConstraint(one_of("state", "unconfirmed", "confirmed", "replaced"), name="state"),
    CheckConstraint("length(ends_with) <= 4", name="pay_13_masked"),
    Index("uq_bank_details_pay_13_one_at_a_time", "participant_id", unique=True, postgresql_where=text("state <> 'replaced'")),
    Index("ix_bank_details_same_account", "same_account"),
    Index("ix_bank_details_participant_id", "participant_id", "given_at"),
    Index("ix_bank_details_unconfirmed", "given_at", postgresql_where=text("state = 'unconfirmed'")),
)
"""doubted_because: the code with which a payment into them did not arrive ("" where the bank gives none), until their owner has answered.
confirm_by: the day that finance was told for details that wait to be confirmed. set_aside_by: who was told by their owner that they are wrong."""

unanswered_calls = Table(
    "unanswered_calls",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("details_id", Uuid, ForeignKey("bank_details.id"), nullable=False),
    Column("rung_by", Uuid, nullable=False),
    Column("rung_at", DateTime(timezone=True), nullable=False),
    Index("ix_unanswered_calls_details_id", "details_id", "rung_at"),
)
"""Somebody rang to confirm bank details, and nobody answered: it stays to do (PAY-13)."""

payment_runs = Table(
    "payment_runs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("made_by", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("sent_by", Uuid),
    Column("sent_at", DateTime(timezone=True)),
    Column("message_id", Text, nullable=False, unique=True),
    Column("file_key_id", Text),
    Column("sealed_file", LargeBinary),
    Column("fetched_at", DateTime(timezone=True)),
    Column("file_number", Integer, nullable=False, server_default=text("1")),
    Column("perhaps_gone_version", Integer, nullable=False, server_default=text("0")),
    CheckConstraint(one_of("state", "made", "sent", "confirmed", "cancelled"), name="state"),
)
"""fetched_at: when a list or file of it first left us; from then on its payments and their accounts stand as they were.
file_number: 2 and more where it was made anew, under a message id of its own."""

payments = Table(
    "payments",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("run_id", Uuid, ForeignKey("payment_runs.id"), nullable=False),
    Column("payable_id", Uuid, ForeignKey("payables.id"), nullable=False),
    Column("claim_id", Uuid, ForeignKey("claims.id"), nullable=False),
    *participant_columns(),
    Column("method", Text, nullable=False),
    Column("amount_pence", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("end_to_end_id", Text, nullable=False, unique=True),
    Column("bank_detail_id", Uuid, ForeignKey("bank_details.id")),
    Column("reason_code", Text),
    Column("ended_at", DateTime(timezone=True)),
    Column("dropped_because", Text),
    Column("ended_by", Uuid),
    Column("ended_how", Text),
    Column("in_file", Integer),
    Column("file_fetched_at", DateTime(timezone=True)),
    Column("taken_out_by", Uuid),
    Column("settled_at", DateTime(timezone=True)),
    Column("settled_by", Uuid),
    Column("bank_said", Text),
    Column("statement_id", Uuid, ForeignKey("bank_statements.id")),
    Column("paid_twice_at", DateTime(timezone=True)),
    Column("came_back_on", Date),
    CheckConstraint("settled_at IS NULL OR in_file IS NOT NULL", name="pay_12_perhaps_gone"),
    CheckConstraint(one_of("state", "made", "sent", "paid", "rejected", "returned", "cancelled"), name="state"),
    CheckConstraint("dropped_because IS NULL OR state = 'cancelled'", name="pay_13_dropped"),
    CheckConstraint("(method = 'bank-transfer') = (bank_detail_id IS NOT NULL)", name="pay_13_account"),
    CheckConstraint("amount_pence >= 0", name="pay_11_not_negative"),
    Index("ix_payments_payable_id", "payable_id"),
    Index("uq_payments_pay_12_one_live_run", "payable_id", unique=True, postgresql_where=text("state NOT IN ('rejected', 'returned', 'cancelled')")),
    Index("ix_payments_run_id", "run_id"),
    Index("ix_payments_claim_id", "claim_id"),
    Index("ix_payments_sent", "amount_pence", postgresql_where=text("state = 'sent'")),
    Index("ix_payments_perhaps_gone", "run_id", postgresql_where=text("state = 'cancelled' AND in_file IS NOT NULL AND settled_at IS NULL")),
)
"""made, sent, then paid or rejected; what was paid and came back is returned. cancelled: taken out of the run before it was sent.
in_file: the last file that holds it and was fetched, by its number; the bank may have that one and each before it. One that was taken out all the
same is perhaps gone until it is settled: the bank, or a second person (settled_by), says whether it was paid.
bank_said: why it was not paid or came back, in the bank's own words, for finance alone.
statement_id: the account's statement that ended it. paid_twice_at: it went out though we count it as not paid, and was paid again.
came_back_on: the day on which the account's statement shows it coming back, so that it went out by then. A program before this did not say it."""

words_by_hand = Table(
    "words_by_hand",
    metadata,
    Column("payment_id", Uuid, ForeignKey("payments.id"), primary_key=True),
    Column("said_by", Uuid, primary_key=True),
    Column("in_file", Integer, nullable=False),
    Column("how", Text, nullable=False),
    Column("said_at", DateTime(timezone=True), nullable=False),
)
"""What each person last said by hand of how a payment ended, and of which file that holds it (0: of none). Where nobody is left who may say it
alone, two who say the same count (PAY-12)."""

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

# The ledger (PAY-11): never changed, only reversed; triggers in the migration

journal = Table(
    "journal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("what", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("claim_id", Uuid, ForeignKey("claims.id")),
    Column("payment_id", Uuid, ForeignKey("payments.id")),
    Column("recharge_id", Uuid, ForeignKey("recharges.id")),
    Column("recharge_version", Integer),
    Column("statement_id", Uuid, ForeignKey("statements.id")),
    Column("reverses", Uuid, ForeignKey("journal.id"), unique=True),
    Column("cause", Uuid, nullable=False),
    Column("trace_id", Text),
    created(),
    CheckConstraint(one_of("what", "approved", "sent", "confirmed", "recharged", "accepted", "settled", "received", "reversed", "lost"), name="what"),
    CheckConstraint("(what = 'reversed') = (reverses IS NOT NULL)", name="pay_11_reversal"),
    CheckConstraint("num_nonnulls(claim_id, recharge_id, statement_id) = 1", name="about_one_thing"),
    CheckConstraint(
        "CASE what WHEN 'approved' THEN payment_id IS NULL WHEN 'reversed' THEN payment_id IS NULL OR claim_id IS NOT NULL"
        " ELSE (payment_id IS NOT NULL) = (claim_id IS NOT NULL) END",
        name="payment",
    ),
    CheckConstraint("(recharge_id IS NULL) = (recharge_version IS NULL)", name="recharge_version"),
    CheckConstraint("recharge_id IS NULL OR what IN ('recharged', 'accepted', 'reversed')", name="recharge"),
    CheckConstraint("(statement_id IS NOT NULL) = (what IN ('settled', 'received'))", name="statement"),
    Index("ix_journal_claim_id", "claim_id"),
    Index("uq_journal_pay_12_once_per_payment", "payment_id", "what", unique=True, postgresql_where=text("payment_id IS NOT NULL AND what <> 'reversed'")),
    Index("uq_journal_net_03_once_per_version", "recharge_id", "recharge_version", unique=True, postgresql_where=text("what IN ('recharged', 'accepted')")),
    Index("uq_journal_net_03_settled_once", "statement_id", unique=True, postgresql_where=text("statement_id IS NOT NULL")),
)
"""Each entry is about a claim, a recharge or a statement."""

postings = Table(
    "postings",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("journal_id", Uuid, ForeignKey("journal.id"), nullable=False),
    Column("account", Text, nullable=False),
    Column("pence", BigInteger, nullable=False),
    Column("opportunity_id", Uuid, nullable=False),
    Column("commissioner", Text, nullable=False),
    CheckConstraint("pence <> 0", name="pay_11_moves_something"),
    Index("ix_postings_journal_id", "journal_id"),
    Index("ix_postings_budget", "commissioner", "account"),
    Index("ix_postings_opportunity", "opportunity_id", "account"),
)

# Kept with the postings by triggers: what stands on each account, and what is used of each budget (committed and spent)

account_balances = Table(
    "account_balances",
    metadata,
    Column("account", Text, primary_key=True),
    Column("opportunity_id", Uuid, primary_key=True),
    Column("pence", BigInteger, nullable=False),
    Index("ix_account_balances_open", "account", postgresql_include=["pence"], postgresql_where=text("pence <> 0")),
)
"""Of each opportunity, so that two transactions wait for each other no more than they do for its budget."""

opportunity_balances = Table(
    "opportunity_balances",
    metadata,
    Column("opportunity_id", Uuid, primary_key=True),
    Column("used_pence", BigInteger, nullable=False),
)

commissioner_balances = Table(
    "commissioner_balances",
    metadata,
    Column("commissioner", Text, primary_key=True),
    Column("session_date", Date, primary_key=True),
    Column("used_pence", BigInteger, nullable=False),
)
"""By the session's day, so that a budget's period may change without counting anew: a year is 366 rows at most."""
