"""Claims, and the limits that people set for themselves."""

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
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.payments.schema import created, metadata, one_of
from shared.db import actor_columns, participant_columns

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
    *actor_columns(),
    Column("recorded_by", Uuid, nullable=False),
    Column("rates", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("recognition", Text),
    Column("expenses_method", Text),
    Column("helped_by", Uuid),
    Column("confirmation", Text),
    Column("paper_came_on", Date),
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
    Column("withdrawn_because", Text),
    Column("refused_because", Text),
    Column("correction_due", Boolean, nullable=False, server_default=text("false")),
    created(),
    CheckConstraint(
        one_of("state", "open", "submitted", "second-approver", "approved", "returned", "paid", "refused", "declined"),
        name="state",
    ),
    CheckConstraint("state = 'open' OR state IN ('declined', 'refused') OR pay_by IS NOT NULL", name="pay_07_clock"),
    CheckConstraint("(state = 'second-approver') = (first_approver IS NOT NULL)", name="pay_11_second_approver"),
    CheckConstraint("(follows IS NULL) = (follows_because IS NULL)", name="follows_because"),
    Index(
        "uq_claims_pay_06_one_claim_per_attendance",
        "attendance_id",
        unique=True,
        postgresql_where=text("follows IS NULL"),
    ),
    Index("ix_claims_participant", "participant_id"),
    Index("ix_claims_queue", "state", "pay_by"),
    Index("ix_claims_aims", "state", "target_day"),
    Index("ix_claims_attendance_id", "attendance_id"),
    Index("ix_claims_correction_due", "id", postgresql_where=text("correction_due")),
)
"""withdrawn_because: why its approval was taken back, until it is decided again (PAY-17). refused_because: why
nothing is paid, if the register says so and not an approver; otherwise each line has its reason (PAY-14).
paper_came_on: the day on which its paper form reached us (PAY-19).
correction_due: its register now gives less than has left for the bank; anything that comes back is decided again."""

claim_helpers = Table(
    "claim_helpers",
    metadata,
    Column("claim_id", Uuid, ForeignKey("claims.id"), primary_key=True),
    Column("person_id", Uuid, primary_key=True),
)
"""Everyone who touched a claim while they helped its owner (PAY-10)."""
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
    Column("cut_to_pence", Integer),
    Column("cut_because", Text),
    Column("looks_at", Uuid, ForeignKey("claim_lines.id")),
    Column("looked_pence", Integer),
    *actor_columns(),
    created(),
    CheckConstraint(one_of("kind", "participation", "mileage", "fare", "other"), name="kind"),
    CheckConstraint(one_of("state", "ready", "waiting", "approved", "refused", "removed"), name="state"),
    CheckConstraint("amount_pence >= 0 AND amount_pence <= full_pence", name="pay_08_lowered_not_raised"),
    CheckConstraint(
        "approved_pence IS NULL OR (approved_pence >= 0 AND approved_pence <= amount_pence)", name="pay_14_not_raised"
    ),
    CheckConstraint("state <> 'refused' OR reason IS NOT NULL", name="pay_14_reason_to_refuse"),
    CheckConstraint(
        "state <> 'approved' OR approved_pence = amount_pence OR reason IS NOT NULL", name="pay_14_reason_to_reduce"
    ),
    CheckConstraint(
        "state <> 'approved' OR kind IN ('participation', 'mileage') OR receipt_id IS NOT NULL", name="pay_05_receipt"
    ),
    CheckConstraint("(state = 'approved') = (approved_pence IS NOT NULL)", name="pay_11_approved_amount"),
    CheckConstraint("(cut_to_pence IS NULL) = (cut_because IS NULL)", name="pay_14_cut"),
    Index("ix_claim_lines_claim_id", "claim_id"),
    Index("ix_claim_lines_receipt_id", "receipt_id"),
    Index("ix_claim_lines_looks_at", "looks_at", postgresql_where=text("looks_at IS NOT NULL")),
    Index("ix_claim_lines_waiting", "claim_id", postgresql_where=text("state = 'waiting'")),
    Index(
        "uq_claim_lines_pay_01_one_fee",
        "claim_id",
        unique=True,
        postgresql_where=text("kind = 'participation' AND state <> 'removed'"),
    ),
)
"""cut_to_pence: what an approver had agreed to, and cut_because why it was less, while the line is decided again for
another reason (PAY-14, PAY-17). looks_at: the line that this is another look at; looked_pence: how many pence of it
(PAY-14). The two lines are one account. A program before this did not say it."""

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
    created(),
    UniqueConstraint("attendance_id", "attendance_version", name="uq_corrections_opp_11_once"),
    CheckConstraint("owed_pence >= 0 AND overpaid_pence >= 0", name="pay_16_written_off"),
)
claim_changes = Table(
    "claim_changes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("claim_id", Uuid, ForeignKey("claims.id"), nullable=False),
    Column("what", Text, nullable=False),
    Column("changed_by", Uuid),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("was_pence", Integer),
    Column("now_pence", Integer),
    Column("was_minutes", Integer),
    Column("now_minutes", Integer),
    Column("reason", Text),
    Column("lines", JSONB),
    CheckConstraint(
        one_of("what", "agreed", "refused", "taken-back", "register", "another-look", "reopened", "bank-paid"),
        name="what",
    ),
    CheckConstraint("(was_minutes IS NULL) = (now_minutes IS NULL)", name="minutes"),
    Index("ix_claim_changes_claim_id", "claim_id"),
)
"""What happened to a claim's sum, for whoever decides it next (PAY-14, PAY-17): who changed it and when, and the sum
before and after. Changes made before we kept these may lack sums. lines: for each that an approver reduced, its id,
both sums in pence and the reason."""

overpayments = Table(
    "overpayments",
    metadata,
    Column("claim_id", Uuid, ForeignKey("claims.id"), primary_key=True),
    Column("attendance_version", Integer, primary_key=True),
    Column("nth", Integer, primary_key=True, server_default=text("1")),
    Column("pence", Integer, nullable=False),
    Column("found_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("pence > 0", name="pay_16_written_off"),
)
"""What was paid too much, and so written off (PAY-16, PAY-17). nth: more may be found under the same version of the
register."""


# A person's own (PAY-09)

own_limits = Table(
    "own_limits",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("period", Text, nullable=False),
    Column("pence", Integer, nullable=False),
    Column("fees_only", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint(one_of("period", "week", "month"), name="period"),
    CheckConstraint("pence >= 0", name="pay_09_not_negative"),
)
"""Shown to nobody but the person, not even a helper. fees_only: costs paid back to them do not count."""

own_limit_answers = Table(
    "own_limit_answers",
    metadata,
    Column("claim_id", Uuid, ForeignKey("claims.id"), primary_key=True),
    Column("limit_pence", Integer, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("pence", Integer, nullable=False),
)
"""Somebody went on though a claim passes their own limit; kept so that they are asked only once: their limit then,
the week or month, and what they would be paid in it. Shown to nobody."""
