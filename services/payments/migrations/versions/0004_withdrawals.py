"""Approvals that are taken back, everyone who recorded an attendance, and everyone who helped with a claim (PAY-10, PAY-17).

The program before this one runs on what is here: columns have defaults, and constraints are only widened.
"""

import sqlalchemy as sa
from alembic import op

from shared.messaging.migrations import refuse_changes_of

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_APPROVED_ONCE = """
CREATE FUNCTION pay_11_approved_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM claims WHERE id = NEW.claim_id FOR UPDATE;
    IF EXISTS (SELECT FROM journal AS entry WHERE entry.claim_id = NEW.claim_id AND entry.what = 'approved'
                  AND NOT EXISTS (SELECT FROM journal AS undone WHERE undone.reverses = entry.id)) THEN
        RAISE EXCEPTION 'PAY-11: the claim % is entered as approved already', NEW.claim_id USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $$"""


def upgrade() -> None:
    _let_approvals_be_taken_back()
    _keep_who_recorded_and_helped()


def _let_approvals_be_taken_back() -> None:
    op.add_column("claims", sa.Column("withdrawn_because", sa.Text))
    op.add_column("claims", sa.Column("correction_due", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.create_index("ix_claims_correction_due", "claims", ["id"], postgresql_where=sa.text("correction_due"))
    op.create_index("ix_claims_attendance_id", "claims", ["attendance_id"])
    op.create_index("ix_payables_claim_id", "payables", ["claim_id"])
    op.drop_constraint("ck_payables_state", "payables", type_="check")
    op.create_check_constraint("ck_payables_state", "payables", "state IN ('owed', 'in-run', 'returned', 'paid', 'withdrawn')")
    op.drop_constraint("uq_payables_pay_12_one_per_claim_and_way", "payables", type_="unique")
    op.create_index(
        "uq_payables_pay_12_one_per_claim_and_way", "payables", ["claim_id", "method"], unique=True, postgresql_where=sa.text("state <> 'withdrawn'")
    )
    op.drop_constraint("ck_journal_payment", "journal", type_="check")
    op.create_check_constraint(
        "ck_journal_payment",
        "journal",
        "CASE what WHEN 'approved' THEN payment_id IS NULL WHEN 'reversed' THEN payment_id IS NULL OR claim_id IS NOT NULL"
        " ELSE (payment_id IS NOT NULL) = (claim_id IS NOT NULL) END",
    )
    # An approval that was taken back can be followed by another: no index can see what was reversed.
    op.drop_index("uq_journal_pay_11_approved_once", "journal")
    op.create_index("ix_journal_claim_id", "journal", ["claim_id"])
    op.execute(_APPROVED_ONCE)
    op.execute("CREATE TRIGGER pay_11_approved_once BEFORE INSERT ON journal FOR EACH ROW WHEN (NEW.what = 'approved') EXECUTE FUNCTION pay_11_approved_once()")
    op.create_table(
        "withdrawals",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("claim_id", sa.Uuid, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("pence", sa.Integer, nullable=False),
        sa.Column("withdrawn_by", sa.Uuid),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("because IN ('register', 'mistake')", name="ck_withdrawals_because"),
        sa.CheckConstraint("(because = 'register') = (withdrawn_by IS NULL)", name="ck_withdrawals_pay_17_by_whom"),
        sa.CheckConstraint("reason <> ''", name="ck_withdrawals_pay_17_reason"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_withdrawals_claim_id_claims"),
        sa.PrimaryKeyConstraint("id", name="pk_withdrawals"),
    )
    op.create_index("ix_withdrawals_claim_id", "withdrawals", ["claim_id"])
    op.create_table(
        "overpayments",
        sa.Column("claim_id", sa.Uuid, nullable=False),
        sa.Column("attendance_version", sa.Integer, nullable=False),
        sa.Column("pence", sa.Integer, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("pence > 0", name="ck_overpayments_pay_16_written_off"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_overpayments_claim_id_claims"),
        sa.PrimaryKeyConstraint("claim_id", "attendance_version", name="pk_overpayments"),
    )
    refuse_changes_of("withdrawals")
    refuse_changes_of("overpayments")


def _keep_who_recorded_and_helped() -> None:
    op.create_table(
        "attendance_recorders",
        sa.Column("attendance_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(["attendance_id"], ["attendances.attendance_id"], name="fk_attendance_recorders_attendance_id_attendances"),
        sa.PrimaryKeyConstraint("attendance_id", "person_id", name="pk_attendance_recorders"),
    )
    op.execute("INSERT INTO attendance_recorders SELECT attendance_id, recorded_by FROM attendances UNION SELECT attendance_id, recorded_by FROM claims")
    op.create_table(
        "claim_helpers",
        sa.Column("claim_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_claim_helpers_claim_id_claims"),
        sa.PrimaryKeyConstraint("claim_id", "person_id", name="pk_claim_helpers"),
    )
    op.execute(
        """
        INSERT INTO claim_helpers
        SELECT id, helped_by FROM claims WHERE helped_by IS NOT NULL
         UNION SELECT steps.about, steps.actor_id FROM steps JOIN claims ON claims.id = about
         WHERE steps.acting_for IS NOT NULL AND steps.actor_id IS NOT NULL"""
    )
    refuse_changes_of("attendance_recorders")
    refuse_changes_of("claim_helpers")


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
