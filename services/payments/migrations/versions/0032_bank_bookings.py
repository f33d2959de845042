"""What the bank has booked of each payment (PAY-12), and which lines of before are to be read for it.

The program before this one keeps lines without saying which payments they name: bookings_kept is false, and a job reads them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bank_bookings",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("payment_id", sa.Uuid, sa.ForeignKey("payments.id"), nullable=False),
        sa.Column("went_out", sa.Boolean, nullable=False),
        sa.Column("pence", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("nth", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("statement_id", sa.Uuid, sa.ForeignKey("bank_statements.id")),
        sa.Column("entry_id", sa.Uuid, sa.ForeignKey("bank_entries.id")),
        sa.CheckConstraint("state IN ('counts', 'waits', 'not-ours')", name="ck_bank_bookings_state"),
        sa.CheckConstraint("state <> 'waits' OR entry_id IS NOT NULL", name="ck_bank_bookings_waits_for_somebody"),
        sa.UniqueConstraint(
            "payment_id", "went_out", "pence", "day", "nth", name="uq_bank_bookings_pay_12_once"
        ),
    )
    op.create_index("ix_bank_bookings_waits", "bank_bookings", ["payment_id"], postgresql_where=sa.text("state = 'waits'"))
    op.create_index("ix_bank_bookings_entry_id", "bank_bookings", ["entry_id"])
    op.add_column("bank_entries", sa.Column("bookings_kept", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.create_index(
        "ix_bank_entries_not_kept", "bank_entries", ["id"], postgresql_where=sa.text("state = 'near' AND NOT bookings_kept")
    )
    op.add_column("payment_runs", sa.Column("perhaps_gone_told", sa.Integer))
    # What a person chose a line for, and what is known to have come back: once a day.
    op.execute(
        "INSERT INTO bank_bookings (id, payment_id, went_out, pence, day, nth, state, statement_id, entry_id)"
        " SELECT gen_random_uuid(), payment_id, pence < 0, abs(pence), day, 1, 'counts', min(statement_id::text)::uuid, min(id::text)::uuid"
        " FROM bank_entries WHERE state = 'chosen' GROUP BY payment_id, pence, day"
    )
    op.execute(
        "INSERT INTO bank_bookings (id, payment_id, went_out, pence, day, nth, state, statement_id)"
        " SELECT gen_random_uuid(), id, false, amount_pence, came_back_on, 1, 'counts', statement_id FROM payments"
        " WHERE came_back_on IS NOT NULL ON CONFLICT DO NOTHING"
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
