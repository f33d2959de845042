"""What we owe, the accounts that it goes into, and the payments by which it leaves. Money is integer pence."""

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
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.payments.schema import created, metadata, one_of
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
    Index(
        "uq_payables_pay_12_one_per_claim_and_way",
        "claim_id",
        "method",
        unique=True,
        postgresql_where=text("state <> 'withdrawn'"),
    ),
)
"""was_for: for a withdrawn one, the lines that it paid and the pence of each, so that it can be restored if the bank
paid it after all."""
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
    Index(
        "uq_bank_details_pay_13_one_at_a_time",
        "participant_id",
        unique=True,
        postgresql_where=text("state <> 'replaced'"),
    ),
    Index("ix_bank_details_same_account", "same_account"),
    Index("ix_bank_details_participant_id", "participant_id", "given_at"),
    Index("ix_bank_details_unconfirmed", "given_at", postgresql_where=text("state = 'unconfirmed'")),
    Index("ix_bank_details_set_aside", "participant_id", postgresql_where=text("set_aside_at IS NOT NULL")),
)
"""doubted_because: the code with which a payment into them did not arrive ("" if the bank gives none), until their
owner has answered. confirm_by: the day that finance was told for details that wait to be confirmed. set_aside_by:
the person whom their owner told that they are wrong."""
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
    Column("perhaps_gone_told", Integer),
    CheckConstraint(one_of("state", "made", "sent", "confirmed", "cancelled"), name="state"),
    Index("ix_payment_runs_made", "number", postgresql_where=text("state = 'made'")),
)
"""fetched_at: when a list or file of it first left us; its payments and their accounts no longer change after that.
file_number: 2 or more if the file was made again, under a message id of its own. perhaps_gone_told: how many of its
payments finance was last told to look at; a program before this did not write it down."""
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
    Column("lost_times", Integer, nullable=False, server_default=text("0")),
    Column("said_back", Integer, nullable=False, server_default=text("0")),
    Column("said_back_on", Date),
    CheckConstraint("settled_at IS NULL OR in_file IS NOT NULL", name="pay_12_perhaps_gone"),
    CheckConstraint("lost_times >= 0", name="pay_12_lost_times"),
    CheckConstraint(one_of("state", "made", "sent", "paid", "rejected", "returned", "cancelled"), name="state"),
    CheckConstraint("dropped_because IS NULL OR state = 'cancelled'", name="pay_13_dropped"),
    CheckConstraint("(method = 'bank-transfer') = (bank_detail_id IS NOT NULL)", name="pay_13_account"),
    CheckConstraint("amount_pence >= 0", name="pay_11_not_negative"),
    Index("ix_payments_payable_id", "payable_id"),
    Index(
        "uq_payments_pay_12_one_live_run",
        "payable_id",
        unique=True,
        postgresql_where=text("state NOT IN ('rejected', 'returned', 'cancelled')"),
    ),
    Index("ix_payments_run_id", "run_id"),
    Index("ix_payments_claim_id", "claim_id"),
    Index("ix_payments_sent", "amount_pence", postgresql_where=text("state = 'sent'")),
    Index("ix_payments_not_gone", "amount_pence", postgresql_where=text("state IN ('rejected', 'cancelled')")),
    Index(
        "ix_payments_perhaps_gone",
        "run_id",
        postgresql_where=text("state = 'cancelled' AND in_file IS NOT NULL AND settled_at IS NULL"),
    ),
)
"""state: made, sent, then paid or rejected; returned if it was paid and came back; cancelled if it was taken out of
the run before it was sent. in_file: number of the last fetched file that holds it; the bank may have that file and
any before it. A payment that was taken out after that is perhaps gone until it is settled: the bank, or a second
person (settled_by), says whether it was paid. bank_said: why it was not paid or came back, in the bank's own words,
for finance only. statement_id: the account's statement that ended it. paid_twice_at: it left though we count it as
not paid and it was paid again, or it left more than once; lost_times: how often (a program before this left it 0).
came_back_on: the day on which the account's statement shows it coming back, so that it had left by then; a program
before this did not say it. said_back: how often the bank's answer or a person, rather than the statement, was first
to say that it came back; said_back_on: the last time."""
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
    Column("bookings_kept", Boolean, nullable=False, server_default=text("false")),
    Column("dismissed_by", Uuid),
    Column("not_about", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    Column("may_be_runs", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    CheckConstraint(one_of("state", "near", "chosen", "not-ours"), name="state"),
    CheckConstraint("(state = 'near') = (decided_by IS NULL)", name="decided_by_a_person"),
    CheckConstraint("(state = 'chosen') = (payment_id IS NOT NULL)", name="chosen"),
    Index("ix_bank_entries_chosen", "payment_id", postgresql_where=text("state = 'chosen'")),
    Index("ix_bank_entries_near", "day", "id", postgresql_where=text("state = 'near'")),
    Index("ix_bank_entries_about_payment_id", "about_payment_id", postgresql_where=text("state = 'near'")),
    Index("ix_bank_entries_same_sum", "pence", "day", postgresql_where=text("because IN ('same-sum', 'came-back')")),
    Index("ix_bank_entries_not_kept", "id", postgresql_where=text("state = 'near' AND NOT bookings_kept")),
)
"""Lines of statements that may be payments of ours, among which a person chooses. pence: negative if it left the
account. The words are sealed. about_payment_id: a payment that this line shows leaving and that we do not count as
paid. bookings_kept: bank_bookings has the payments that it names; a program before this did not write them.
not_about: for a line that names nothing, payees whom its words cannot mean. may_be_runs: the runs whose whole sum such
a line had when it was kept. dismissed_by: the first of two people to
say that it is not ours."""
bank_bookings = Table(
    "bank_bookings",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("payment_id", Uuid, ForeignKey("payments.id"), nullable=False),
    Column("went_out", Boolean, nullable=False),
    Column("pence", BigInteger, nullable=False),
    Column("day", Date, nullable=False),
    Column("nth", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("statement_id", Uuid, ForeignKey("bank_statements.id")),
    Column("entry_id", Uuid, ForeignKey("bank_entries.id")),
    Column("file", Text, nullable=False, server_default=text("''")),
    Column("reference", Text, nullable=False, server_default=text("''")),
    CheckConstraint(one_of("state", "counts", "waits", "not-ours"), name="state"),
    CheckConstraint("state <> 'waits' OR entry_id IS NOT NULL", name="waits_for_somebody"),
    UniqueConstraint("payment_id", "went_out", "pence", "day", "nth", name="uq_bank_bookings_pay_12_once"),
    Index("ix_bank_bookings_waits", "payment_id", postgresql_where=text("state = 'waits'")),
    Index("ix_bank_bookings_entry_id", "entry_id"),
)
"""What the bank has booked of each payment, out or back, whichever files show it. The same booking on two files is
one; a day has as many as any one file shows (nth: 1, 2...). waits: somebody has to decide about the line that is
kept (entry_id). not-ours: two people said that it is not this payment. statement_id: the first to show it. file: the
file of its run that the line names, if any. reference: the bank's own of this booking alone, "" if it gave none."""
