"""Payment runs: what dropped out and why, money that came back, what banks say in whole, and their statements (PAY-12, PAY-13).

The program before this one runs on what is here: columns have defaults, and constraints are only widened.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.messaging.migrations import refuse_changes_of

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_WHAT = "'approved', 'sent', 'confirmed', 'recharged', 'accepted', 'settled', 'received', 'reversed', 'lost'"


def upgrade() -> None:
    _widen_payments()
    _widen_answers()
    _create_statements()
    for band in range(5):  # "seen before" (PAY-13) compares with the few receipts that agree in a band of their picture's bits
        op.execute(f"CREATE INDEX ix_receipts_picture_{band} ON receipts (((picture_hash >> {band * 13}) & 8191)) WHERE picture_hash IS NOT NULL")


def _widen_payments() -> None:
    op.add_column("payments", sa.Column("dropped_because", sa.Text))
    op.add_column("payments", sa.Column("ended_by", sa.Uuid))
    op.add_column("payments", sa.Column("ended_how", sa.Text))
    op.drop_constraint("ck_payments_state", "payments", type_="check")
    op.create_check_constraint("ck_payments_state", "payments", "state IN ('made', 'sent', 'paid', 'rejected', 'returned', 'cancelled')")
    op.create_check_constraint("ck_payments_pay_13_dropped", "payments", "dropped_because IS NULL OR state = 'cancelled'")
    op.drop_index("uq_payments_pay_12_one_live_run", "payments")
    op.create_index(
        "uq_payments_pay_12_one_live_run",
        "payments",
        ["payable_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('rejected', 'returned', 'cancelled')"),
    )
    op.create_index("ix_payments_sent", "payments", ["amount_pence"], postgresql_where=sa.text("state = 'sent'"))
    op.add_column("payment_runs", sa.Column("fetched_at", sa.DateTime(timezone=True)))
    op.add_column("payment_runs", sa.Column("file_number", sa.Integer, nullable=False, server_default=sa.text("1")))
    # A file that was made before this version was made with the run: it may have been fetched.
    op.execute("UPDATE payment_runs SET fetched_at = made_at WHERE state = 'made' AND sealed_file IS NOT NULL")
    op.drop_constraint("ck_journal_what", "journal", type_="check")
    op.create_check_constraint("ck_journal_what", "journal", f"what IN ({_WHAT})")
    # Money that comes back after it was confirmed has two entries to undo; each is undone once (uq_journal_reverses).
    op.drop_index("uq_journal_pay_12_once_per_payment", "journal")
    op.create_index(
        "uq_journal_pay_12_once_per_payment",
        "journal",
        ["payment_id", "what"],
        unique=True,
        postgresql_where=sa.text("payment_id IS NOT NULL AND what <> 'reversed'"),
    )


def _widen_answers() -> None:
    op.add_column("bank_answers", sa.Column("returned", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column("bank_answers", sa.Column("pending", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column("bank_answers", sa.Column("written_at", sa.Text, nullable=False, server_default=sa.text("''")))
    op.create_table(
        "bank_words",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("answer_id", sa.Uuid, nullable=False),
        sa.Column("run_id", sa.Uuid, nullable=False),
        sa.Column("payment_id", sa.Uuid),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("proprietary", sa.Text, nullable=False),
        sa.Column("information", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("level IN ('file', 'batch', 'payment')", name="ck_bank_words_level"),
        sa.ForeignKeyConstraint(["answer_id"], ["bank_answers.id"], name="fk_bank_words_answer_id_bank_answers"),
        sa.ForeignKeyConstraint(["run_id"], ["payment_runs.id"], name="fk_bank_words_run_id_payment_runs"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_bank_words_payment_id_payments"),
        sa.PrimaryKeyConstraint("id", name="pk_bank_words"),
    )
    op.create_index("ix_bank_words_run_id", "bank_words", ["run_id"])
    refuse_changes_of("bank_words")


def _create_statements() -> None:
    op.create_table(
        "bank_statements",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("given_by", sa.Uuid, nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.Text),
        sa.Column("sealed_file", sa.LargeBinary),
        sa.Column("paid", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("returned", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("others", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.CheckConstraint("kind IN ('camt.053', 'csv')", name="ck_bank_statements_kind"),
        sa.CheckConstraint("state IN ('to-map', 'read')", name="ck_bank_statements_state"),
        sa.CheckConstraint("(state = 'to-map') = (sealed_file IS NOT NULL)", name="ck_bank_statements_kept_until_read"),
        sa.PrimaryKeyConstraint("id", name="pk_bank_statements"),
        sa.UniqueConstraint("sha256", name="uq_bank_statements_pay_12_once"),
    )
    op.create_table(
        "bank_entries",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("statement_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("pence", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("payment_id", sa.Uuid),
        sa.Column("code", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("decided_by", sa.Uuid),
        sa.CheckConstraint("state IN ('near', 'chosen', 'not-ours')", name="ck_bank_entries_state"),
        sa.CheckConstraint("(state = 'near') = (decided_by IS NULL)", name="ck_bank_entries_decided_by_a_person"),
        sa.CheckConstraint("(state = 'chosen') = (payment_id IS NOT NULL)", name="ck_bank_entries_chosen"),
        sa.ForeignKeyConstraint(["statement_id"], ["bank_statements.id"], name="fk_bank_entries_statement_id_bank_statements"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_bank_entries_payment_id_payments"),
        sa.PrimaryKeyConstraint("id", name="pk_bank_entries"),
    )
    op.create_index("ix_bank_entries_near", "bank_entries", ["day", "id"], postgresql_where=sa.text("state = 'near'"))
    op.create_table(
        "statement_columns",
        sa.Column("headings", sa.Text, nullable=False),
        sa.Column("columns", postgresql.JSONB, nullable=False),
        sa.Column("chosen_by", sa.Uuid, nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("headings", name="pk_statement_columns"),
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
