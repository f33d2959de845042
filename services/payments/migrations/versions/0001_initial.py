"""What we know of others' matters, the organisation's figures, claims, money and the ledger."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.messaging.migrations import create_messaging_tables, refuse_changes_of

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_messaging_tables()
    _create_copies()
    _create_figures()
    _create_claims()
    _create_payables_and_lines()
    _create_runs()
    _create_ledger()
    _guard_the_ledger()
    for table in ("rates", "approvals", "corrections", "receipts", "bank_answers", "journal", "postings"):
        refuse_changes_of(table)


def _participant() -> list[sa.Column]:
    return [
        sa.Column("participant_kind", sa.Text, nullable=False),
        sa.Column("participant_id", sa.Uuid, nullable=False),
        sa.Column("participant_home", sa.Text, nullable=False),
    ]


def _actor() -> list[sa.Column]:
    return [sa.Column("actor_kind", sa.Text, nullable=False), sa.Column("actor_id", sa.Uuid), sa.Column("acting_for", sa.Uuid)]


def _create_copies() -> None:
    op.create_table(
        "opportunities",
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("commissioner", sa.Text, nullable=False),
        sa.Column("budget_pence", sa.BigInteger),
        sa.Column("paid", sa.Boolean, nullable=False),
        sa.Column("contact_role", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("opportunity_id", name="pk_opportunities"),
    )
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunities.opportunity_id"], name="fk_sessions_opportunity_id_opportunities"),
        sa.PrimaryKeyConstraint("session_id", name="pk_sessions"),
    )
    op.create_table(
        "cards",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_cards"),
    )
    op.create_table(
        "attendances",
        sa.Column("attendance_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("session_date", sa.Date, nullable=False),
        sa.Column("place_id", sa.Uuid, nullable=False),
        *_participant(),
        *_actor(),
        sa.Column("present", sa.Boolean, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("planned_minutes", sa.Integer, nullable=False),
        sa.Column("paid", sa.Boolean, nullable=False),
        sa.Column("recorded_by", sa.Uuid, nullable=False),
        sa.Column("no_claim_because", sa.Text),
        sa.CheckConstraint("present OR no_claim_because IS NOT NULL", name="ck_attendances_pay_06_reason"),
        sa.PrimaryKeyConstraint("attendance_id", name="pk_attendances"),
    )


def _create_figures() -> None:
    op.create_table(
        "rates",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("holds_from", sa.Date, nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("value >= 0", name="ck_rates_pay_15_not_negative"),
        sa.PrimaryKeyConstraint("name", "holds_from", name="pk_rates"),
    )
    op.create_table(
        "budgets",
        sa.Column("commissioner", sa.Text, nullable=False),
        sa.Column("holds_from", sa.Date, nullable=False),
        sa.Column("holds_until", sa.Date, nullable=False),
        sa.Column("amount_pence", sa.BigInteger, nullable=False),
        sa.CheckConstraint("amount_pence >= 0", name="ck_budgets_pay_11_not_negative"),
        sa.CheckConstraint("holds_until >= holds_from", name="ck_budgets_pay_11_period"),
        sa.PrimaryKeyConstraint("commissioner", "holds_from", name="pk_budgets"),
    )
    op.create_table(
        "own_limits",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("pence", sa.Integer, nullable=False),
        sa.CheckConstraint("period IN ('week', 'month')", name="ck_own_limits_period"),
        sa.CheckConstraint("pence >= 0", name="ck_own_limits_pay_09_not_negative"),
        sa.PrimaryKeyConstraint("person_id", name="pk_own_limits"),
    )


def _create_claims() -> None:
    op.create_table(
        "claims",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("attendance_id", sa.Uuid, nullable=False),
        sa.Column("follows", sa.Uuid),
        sa.Column("follows_because", sa.Text),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("session_date", sa.Date, nullable=False),
        *_participant(),
        *_actor(),
        sa.Column("recorded_by", sa.Uuid, nullable=False),
        sa.Column("rates", postgresql.JSONB, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("recognition", sa.Text),
        sa.Column("expenses_method", sa.Text),
        sa.Column("helped_by", sa.Uuid),
        sa.Column("confirmation", sa.Text),
        sa.Column("submitted_at", sa.DateTime(timezone=True)),
        sa.Column("target_day", sa.Date),
        sa.Column("pay_by", sa.Date),
        sa.Column("stopped_on", sa.Date),
        sa.Column("held", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("overdue_since", sa.Date),
        sa.Column("first_approver", sa.Uuid),
        sa.Column("over_budget_pence", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("looked_again", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("wish", sa.Text),
        sa.Column("trace_id", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("(state = 'second-approver') = (first_approver IS NOT NULL)", name="ck_claims_pay_11_second_approver"),
        sa.CheckConstraint("state = 'open' OR state IN ('declined', 'refused') OR pay_by IS NOT NULL", name="ck_claims_pay_07_clock"),
        sa.CheckConstraint("state IN ('open', 'submitted', 'second-approver', 'approved', 'returned', 'paid', 'refused', 'declined')", name="ck_claims_state"),
        sa.CheckConstraint("(follows IS NULL) = (follows_because IS NULL)", name="ck_claims_follows_because"),
        sa.ForeignKeyConstraint(["attendance_id"], ["attendances.attendance_id"], name="fk_claims_attendance_id_attendances"),
        sa.ForeignKeyConstraint(["follows"], ["claims.id"], name="fk_claims_follows_claims"),
        sa.PrimaryKeyConstraint("id", name="pk_claims"),
    )
    op.create_index("ix_claims_participant", "claims", ["participant_id"])
    op.create_index("ix_claims_queue", "claims", ["state", "pay_by"])
    op.create_index("uq_claims_pay_06_one_claim_per_attendance", "claims", ["attendance_id"], unique=True, postgresql_where=sa.text("follows IS NULL"))
    op.create_table(
        "receipts",
        sa.Column("id", sa.Uuid, nullable=False),
        *_participant(),
        *_actor(),
        sa.Column("stored_name", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("picture_hash", sa.BigInteger),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("media_type IN ('image/jpeg', 'application/pdf')", name="ck_receipts_pay_05_media_type"),
        sa.PrimaryKeyConstraint("id", name="pk_receipts"),
        sa.UniqueConstraint("stored_name", name="uq_receipts_stored_name"),
    )
    op.create_index("ix_receipts_sha256", "receipts", ["sha256"])
    op.create_table(
        "approvals",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("claim_id", sa.Uuid, nullable=False),
        sa.Column("approver_id", sa.Uuid, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("decision IN ('approved', 'refused')", name="ck_approvals_decision"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_approvals_claim_id_claims"),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
    )
    op.create_index("ix_approvals_claim_id", "approvals", ["claim_id"])
    op.create_table(
        "corrections",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("attendance_id", sa.Uuid, nullable=False),
        sa.Column("attendance_version", sa.Integer, nullable=False),
        sa.Column("claim_id", sa.Uuid, nullable=False),
        *_participant(),
        sa.Column("was_present", sa.Boolean, nullable=False),
        sa.Column("was_minutes", sa.Integer, nullable=False),
        sa.Column("now_present", sa.Boolean, nullable=False),
        sa.Column("now_minutes", sa.Integer, nullable=False),
        sa.Column("owed_pence", sa.Integer, nullable=False),
        sa.Column("overpaid_pence", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("owed_pence >= 0 AND overpaid_pence >= 0", name="ck_corrections_pay_16_written_off"),
        sa.ForeignKeyConstraint(["attendance_id"], ["attendances.attendance_id"], name="fk_corrections_attendance_id_attendances"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_corrections_claim_id_claims"),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
        sa.UniqueConstraint("attendance_id", "attendance_version", name="uq_corrections_opp_11_once"),
    )


def _create_payables_and_lines() -> None:
    op.create_table(
        "payables",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("claim_id", sa.Uuid, nullable=False),
        *_participant(),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("amount_pence", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason_code", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("state IN ('owed', 'in-run', 'returned', 'paid')", name="ck_payables_state"),
        sa.CheckConstraint("amount_pence >= 0", name="ck_payables_pay_11_not_negative"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_payables_claim_id_claims"),
        sa.PrimaryKeyConstraint("id", name="pk_payables"),
        sa.UniqueConstraint("claim_id", "method", name="uq_payables_pay_12_one_per_claim_and_way"),
    )
    op.create_index("ix_payables_state", "payables", ["state"])
    op.create_table(
        "claim_lines",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("claim_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("what", sa.Text, server_default=sa.text("''"), nullable=False),
        sa.Column("minutes", sa.Integer),
        sa.Column("tenths_of_miles", sa.Integer),
        sa.Column("route", sa.Text),
        sa.Column("passed_10000_miles", sa.Boolean),
        sa.Column("rate_pence", sa.Integer),
        sa.Column("full_pence", sa.Integer, nullable=False),
        sa.Column("amount_pence", sa.Integer, nullable=False),
        sa.Column("lowered_pence", sa.Integer),
        sa.Column("approved_pence", sa.Integer),
        sa.Column("reason", sa.Text),
        sa.Column("receipt_id", sa.Uuid),
        sa.Column("says_no_receipt", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("payable_id", sa.Uuid),
        *_actor(),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("(state = 'approved') = (approved_pence IS NOT NULL)", name="ck_claim_lines_pay_11_approved_amount"),
        sa.CheckConstraint("kind IN ('participation', 'mileage', 'fare', 'other')", name="ck_claim_lines_kind"),
        sa.CheckConstraint("state <> 'approved' OR approved_pence = amount_pence OR reason IS NOT NULL", name="ck_claim_lines_pay_14_reason_to_reduce"),
        sa.CheckConstraint("state <> 'approved' OR kind IN ('participation', 'mileage') OR receipt_id IS NOT NULL", name="ck_claim_lines_pay_05_receipt"),
        sa.CheckConstraint("state <> 'refused' OR reason IS NOT NULL", name="ck_claim_lines_pay_14_reason_to_refuse"),
        sa.CheckConstraint("state IN ('ready', 'waiting', 'approved', 'refused', 'removed')", name="ck_claim_lines_state"),
        sa.CheckConstraint("amount_pence >= 0 AND amount_pence <= full_pence", name="ck_claim_lines_pay_08_lowered_not_raised"),
        sa.CheckConstraint("approved_pence IS NULL OR (approved_pence >= 0 AND approved_pence <= amount_pence)", name="ck_claim_lines_pay_14_not_raised"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_claim_lines_claim_id_claims"),
        sa.ForeignKeyConstraint(["payable_id"], ["payables.id"], name="fk_claim_lines_payable_id_payables"),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name="fk_claim_lines_receipt_id_receipts"),
        sa.PrimaryKeyConstraint("id", name="pk_claim_lines"),
    )
    op.create_index("ix_claim_lines_claim_id", "claim_lines", ["claim_id"])
    op.create_index("ix_claim_lines_receipt_id", "claim_lines", ["receipt_id"])
    op.create_index(
        "uq_claim_lines_pay_01_one_fee", "claim_lines", ["claim_id"], unique=True, postgresql_where=sa.text("kind = 'participation' AND state <> 'removed'")
    )


def _create_runs() -> None:
    op.create_table(
        "bank_details",
        sa.Column("id", sa.Uuid, nullable=False),
        *_participant(),
        *_actor(),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("same_account", sa.LargeBinary, nullable=False),
        sa.Column("ends_with", sa.Text, nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("confirmed_by", sa.Uuid),
        sa.Column("confirmed_how", sa.Text),
        sa.CheckConstraint("state IN ('unconfirmed', 'confirmed', 'replaced')", name="ck_bank_details_state"),
        sa.CheckConstraint("length(ends_with) <= 4", name="ck_bank_details_pay_13_masked"),
        sa.PrimaryKeyConstraint("id", name="pk_bank_details"),
    )
    op.create_index("ix_bank_details_same_account", "bank_details", ["same_account"])
    op.create_index("uq_bank_details_pay_13_one_at_a_time", "bank_details", ["participant_id"], unique=True, postgresql_where=sa.text("state <> 'replaced'"))
    op.create_table(
        "payment_runs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.Uuid),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("file_key_id", sa.Text),
        sa.Column("sealed_file", sa.LargeBinary),
        sa.CheckConstraint("state IN ('made', 'sent', 'confirmed', 'cancelled')", name="ck_payment_runs_state"),
        sa.PrimaryKeyConstraint("id", name="pk_payment_runs"),
        sa.UniqueConstraint("message_id", name="uq_payment_runs_message_id"),
        sa.UniqueConstraint("number", name="uq_payment_runs_number"),
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("run_id", sa.Uuid, nullable=False),
        sa.Column("payable_id", sa.Uuid, nullable=False),
        sa.Column("claim_id", sa.Uuid, nullable=False),
        *_participant(),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("amount_pence", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("end_to_end_id", sa.Text, nullable=False),
        sa.Column("bank_detail_id", sa.Uuid),
        sa.Column("reason_code", sa.Text),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("(method = 'bank-transfer') = (bank_detail_id IS NOT NULL)", name="ck_payments_pay_13_account"),
        sa.CheckConstraint("state IN ('made', 'sent', 'paid', 'rejected', 'cancelled')", name="ck_payments_state"),
        sa.CheckConstraint("amount_pence >= 0", name="ck_payments_pay_11_not_negative"),
        sa.ForeignKeyConstraint(["bank_detail_id"], ["bank_details.id"], name="fk_payments_bank_detail_id_bank_details"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_payments_claim_id_claims"),
        sa.ForeignKeyConstraint(["payable_id"], ["payables.id"], name="fk_payments_payable_id_payables"),
        sa.ForeignKeyConstraint(["run_id"], ["payment_runs.id"], name="fk_payments_run_id_payment_runs"),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
        sa.UniqueConstraint("end_to_end_id", name="uq_payments_end_to_end_id"),
    )
    op.create_index("ix_payments_claim_id", "payments", ["claim_id"])
    op.create_index("ix_payments_run_id", "payments", ["run_id"])
    op.create_index(
        "uq_payments_pay_12_one_live_run", "payments", ["payable_id"], unique=True, postgresql_where=sa.text("state NOT IN ('rejected', 'cancelled')")
    )
    op.create_table(
        "bank_answers",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("run_id", sa.Uuid, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("taken_by", sa.Uuid, nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid", sa.Integer, nullable=False),
        sa.Column("rejected", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["payment_runs.id"], name="fk_bank_answers_run_id_payment_runs"),
        sa.PrimaryKeyConstraint("id", name="pk_bank_answers"),
        sa.UniqueConstraint("run_id", "sha256", name="uq_bank_answers_pay_12_once"),
    )


def _create_ledger() -> None:
    op.create_table(
        "journal",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("claim_id", sa.Uuid, nullable=False),
        sa.Column("payment_id", sa.Uuid),
        sa.Column("reverses", sa.Uuid),
        sa.Column("cause", sa.Uuid, nullable=False),
        sa.Column("trace_id", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("(what = 'approved') = (payment_id IS NULL)", name="ck_journal_payment"),
        sa.CheckConstraint("(what = 'reversed') = (reverses IS NOT NULL)", name="ck_journal_pay_11_reversal"),
        sa.CheckConstraint("what IN ('approved', 'sent', 'confirmed', 'reversed')", name="ck_journal_what"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_journal_claim_id_claims"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_journal_payment_id_payments"),
        sa.ForeignKeyConstraint(["reverses"], ["journal.id"], name="fk_journal_reverses_journal"),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
        sa.UniqueConstraint("reverses", name="uq_journal_reverses"),
    )
    op.create_index("uq_journal_pay_11_approved_once", "journal", ["claim_id"], unique=True, postgresql_where=sa.text("what = 'approved'"))
    op.create_index("uq_journal_pay_12_once_per_payment", "journal", ["payment_id", "what"], unique=True, postgresql_where=sa.text("payment_id IS NOT NULL"))
    op.create_table(
        "postings",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("journal_id", sa.Uuid, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("pence", sa.BigInteger, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("commissioner", sa.Text, nullable=False),
        sa.CheckConstraint("pence <> 0", name="ck_postings_pay_11_moves_something"),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"], name="fk_postings_journal_id_journal"),
        sa.PrimaryKeyConstraint("id", name="pk_postings"),
    )
    op.create_index("ix_postings_budget", "postings", ["commissioner", "account"])
    op.create_index("ix_postings_journal_id", "postings", ["journal_id"])
    op.create_index("ix_postings_opportunity", "postings", ["opportunity_id", "account"])


_BALANCED = """
CREATE FUNCTION pay_11_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(pence) FROM postings WHERE journal_id = NEW.journal_id) <> 0 THEN
        RAISE EXCEPTION 'PAY-11: the entry % does not balance', NEW.journal_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$"""


def _guard_the_ledger() -> None:
    """The trigger is on the postings: one on the journal would let a later, unbalanced posting in. It looks when all are there."""
    op.execute(_BALANCED)
    op.execute(
        "CREATE CONSTRAINT TRIGGER pay_11_balanced AFTER INSERT ON postings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pay_11_balanced()"
    )
