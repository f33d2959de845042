"""The tables of payments. Money is integer pence; constraints carry the rule that they keep."""

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
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db import metadata as new_metadata
from shared.db import participant_columns

metadata = new_metadata()


def _one_of(column: str, *values: str) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _created() -> Column:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp())


# What we know of others' matters, from their events

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
)

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", Uuid, primary_key=True),
    Column("opportunity_id", Uuid, ForeignKey("opportunities.opportunity_id"), nullable=False),
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
)

# The organisation's own figures

rates = Table(
    "rates",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holds_from", Date, primary_key=True),
    Column("value", Integer, nullable=False),
    _created(),
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

# Claims

attendances = Table(
    "attendances",
    metadata,
    Column("attendance_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("opportunity_id", Uuid, nullable=False),
    Column("session_id", Uuid, nullable=False),
    Column("session_date", Date, nullable=False),
    Column("place_id", Uuid, nullable=False),
    *participant_columns(),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Uuid),
    Column("acting_for", Uuid),
    Column("present", Boolean, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("planned_minutes", Integer, nullable=False),
    Column("paid", Boolean, nullable=False),
    Column("recorded_by", Uuid, nullable=False),
    Column("no_claim_because", Text),
    CheckConstraint("present OR no_claim_because IS NOT NULL", name="pay_06_reason"),
)

claims = Table(
    "claims",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("attendance_id", Uuid, ForeignKey("attendances.attendance_id"), nullable=False),
    Column("follows", Uuid, ForeignKey("claims.id")),
    Column("follows_because", Text),
    Column("opportunity_id", Uuid, nullable=False),
    Column("session_id", Uuid, nullable=False),
    Column("session_date", Date, nullable=False),
    *participant_columns(),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Uuid),
    Column("acting_for", Uuid),
    Column("recorded_by", Uuid, nullable=False),
    Column("rates", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("recognition", Text),
    Column("expenses_method", Text),
    Column("helped_by", Uuid),
    Column("confirmation", Text),
    Column("submitted_at", DateTime(timezone=True)),
    Column("target_day", Date),
    Column("pay_by", Date),
    Column("stopped_on", Date),
    Column("held", Boolean, nullable=False, server_default=text("false")),
    Column("overdue_since", Date),
    Column("first_approver", Uuid),
    Column("over_budget_pence", BigInteger, nullable=False, server_default=text("0")),
    Column("looked_again", Boolean, nullable=False, server_default=text("false")),
    Column("wish", Text),
    Column("trace_id", Text),
    _created(),
    CheckConstraint(_one_of("state", "open", "submitted", "second-approver", "approved", "returned", "paid", "refused", "declined"), name="state"),
    CheckConstraint("state = 'open' OR state IN ('declined', 'refused') OR pay_by IS NOT NULL", name="pay_07_clock"),
    CheckConstraint("(state = 'second-approver') = (first_approver IS NOT NULL)", name="pay_11_second_approver"),
    CheckConstraint("(follows IS NULL) = (follows_because IS NULL)", name="follows_because"),
    Index("uq_claims_pay_06_one_claim_per_attendance", "attendance_id", unique=True, postgresql_where=text("follows IS NULL")),
    Index("ix_claims_participant", "participant_id"),
    Index("ix_claims_queue", "state", "pay_by"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("id", Uuid, primary_key=True),
    *participant_columns(),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Uuid),
    Column("acting_for", Uuid),
    Column("stored_name", Text, nullable=False, unique=True),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("picture_hash", BigInteger),
    _created(),
    CheckConstraint(_one_of("media_type", "image/jpeg", "application/pdf"), name="pay_05_media_type"),
    Index("ix_receipts_sha256", "sha256"),
)

lines = Table(
    "claim_lines",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("claim_id", Uuid, ForeignKey("claims.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("what", Text, nullable=False, server_default=text("''")),
    Column("minutes", Integer),
    Column("tenths_of_miles", Integer),
    Column("route", Text),
    Column("passed_10000_miles", Boolean),
    Column("rate_pence", Integer),
    Column("full_pence", Integer, nullable=False),
    Column("amount_pence", Integer, nullable=False),
    Column("lowered_pence", Integer),
    Column("approved_pence", Integer),
    Column("reason", Text),
    Column("receipt_id", Uuid, ForeignKey("receipts.id")),
    Column("says_no_receipt", Boolean, nullable=False, server_default=text("false")),
    Column("payable_id", Uuid, ForeignKey("payables.id")),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Uuid),
    Column("acting_for", Uuid),
    _created(),
    CheckConstraint(_one_of("kind", "participation", "mileage", "fare", "other"), name="kind"),
    CheckConstraint(_one_of("state", "ready", "waiting", "approved", "refused", "removed"), name="state"),
    CheckConstraint("amount_pence >= 0 AND amount_pence <= full_pence", name="pay_08_lowered_not_raised"),
    CheckConstraint("approved_pence IS NULL OR (approved_pence >= 0 AND approved_pence <= amount_pence)", name="pay_14_not_raised"),
    CheckConstraint("state <> 'refused' OR reason IS NOT NULL", name="pay_14_reason_to_refuse"),
    CheckConstraint("state <> 'approved' OR approved_pence = amount_pence OR reason IS NOT NULL", name="pay_14_reason_to_reduce"),
    CheckConstraint("state <> 'approved' OR kind IN ('participation', 'mileage') OR receipt_id IS NOT NULL", name="pay_05_receipt"),
    CheckConstraint("(state = 'approved') = (approved_pence IS NOT NULL)", name="pay_11_approved_amount"),
    Index("ix_claim_lines_claim_id", "claim_id"),
    Index("ix_claim_lines_receipt_id", "receipt_id"),
    Index("uq_claim_lines_pay_01_one_fee", "claim_id", unique=True, postgresql_where=text("kind = 'participation' AND state <> 'removed'")),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("attendance_id", Uuid, ForeignKey("attendances.attendance_id"), nullable=False),
    Column("attendance_version", Integer, nullable=False),
    Column("claim_id", Uuid, ForeignKey("claims.id"), nullable=False),
    *participant_columns(),
    Column("was_present", Boolean, nullable=False),
    Column("was_minutes", Integer, nullable=False),
    Column("now_present", Boolean, nullable=False),
    Column("now_minutes", Integer, nullable=False),
    Column("owed_pence", Integer, nullable=False),
    Column("overpaid_pence", Integer, nullable=False),
    _created(),
    UniqueConstraint("attendance_id", "attendance_version", name="uq_corrections_opp_11_once"),
    CheckConstraint("owed_pence >= 0 AND overpaid_pence >= 0", name="pay_16_written_off"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("claim_id", Uuid, ForeignKey("claims.id"), nullable=False),
    Column("approver_id", Uuid, nullable=False),
    Column("decision", Text, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    CheckConstraint(_one_of("decision", "approved", "refused"), name="decision"),
    Index("ix_approvals_claim_id", "claim_id"),
)

# Money

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
    _created(),
    UniqueConstraint("claim_id", "method", name="uq_payables_pay_12_one_per_claim_and_way"),
    CheckConstraint("amount_pence >= 0", name="pay_11_not_negative"),
    CheckConstraint(_one_of("state", "owed", "in-run", "returned", "paid"), name="state"),
    Index("ix_payables_state", "state"),
)

bank_details = Table(
    "bank_details",
    metadata,
    Column("id", Uuid, primary_key=True),
    *participant_columns(),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Uuid),
    Column("acting_for", Uuid),
    Column("state", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("same_account", LargeBinary, nullable=False),
    Column("ends_with", Text, nullable=False),
    Column("given_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("confirmed_by", Uuid),
    Column("confirmed_how", Text),
    CheckConstraint(_one_of("state", "unconfirmed", "confirmed", "replaced"), name="state"),
    CheckConstraint("length(ends_with) <= 4", name="pay_13_masked"),
    Index("uq_bank_details_pay_13_one_at_a_time", "participant_id", unique=True, postgresql_where=text("state <> 'replaced'")),
    Index("ix_bank_details_same_account", "same_account"),
)

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
    CheckConstraint(_one_of("state", "made", "sent", "confirmed", "cancelled"), name="state"),
)

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
    CheckConstraint(_one_of("state", "made", "sent", "paid", "rejected", "cancelled"), name="state"),
    CheckConstraint("(method = 'bank-transfer') = (bank_detail_id IS NOT NULL)", name="pay_13_account"),
    CheckConstraint("amount_pence >= 0", name="pay_11_not_negative"),
    Index("uq_payments_pay_12_one_live_run", "payable_id", unique=True, postgresql_where=text("state NOT IN ('rejected', 'cancelled')")),
    Index("ix_payments_run_id", "run_id"),
    Index("ix_payments_claim_id", "claim_id"),
)

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
    UniqueConstraint("run_id", "sha256", name="uq_bank_answers_pay_12_once"),
)

# The ledger (PAY-11): never changed, only reversed; triggers in the migration

journal = Table(
    "journal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("what", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("claim_id", Uuid, ForeignKey("claims.id"), nullable=False),
    Column("payment_id", Uuid, ForeignKey("payments.id")),
    Column("reverses", Uuid, ForeignKey("journal.id"), unique=True),
    Column("cause", Uuid, nullable=False),
    Column("trace_id", Text),
    _created(),
    CheckConstraint(_one_of("what", "approved", "sent", "confirmed", "reversed"), name="what"),
    CheckConstraint("(what = 'reversed') = (reverses IS NOT NULL)", name="pay_11_reversal"),
    CheckConstraint("(what = 'approved') = (payment_id IS NULL)", name="payment"),
    Index("uq_journal_pay_11_approved_once", "claim_id", unique=True, postgresql_where=text("what = 'approved'")),
    Index("uq_journal_pay_12_once_per_payment", "payment_id", "what", unique=True, postgresql_where=text("payment_id IS NOT NULL")),
)

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

# A person's own (PAY-09)

own_limits = Table(
    "own_limits",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("period", Text, nullable=False),
    Column("pence", Integer, nullable=False),
    CheckConstraint(_one_of("period", "week", "month"), name="period"),
    CheckConstraint("pence >= 0", name="pay_09_not_negative"),
)
"""Shown to nobody but the person, a helper neither."""
