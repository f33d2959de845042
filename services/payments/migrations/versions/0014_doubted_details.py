"""Bank details into which a payment did not arrive, until their owner has answered (PAY-12, PAY-13); the bank's own words of a payment; no hold of what is
over (PAY-09); and the recharges that can have to go on a statement (NET-03).

The program before this one runs on what is here: columns may be empty or have a default.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bank_details", sa.Column("doubted_because", sa.Text))
    op.add_column("bank_details", sa.Column("confirm_by", sa.Date))
    op.create_index("ix_bank_details_unconfirmed", "bank_details", ["given_at"], postgresql_where=sa.text("state = 'unconfirmed'"))
    op.add_column("payments", sa.Column("bank_said", sa.Text))
    # What waits for its payee now; and what waited and was taken back before they answered (an answer takes the payable's reason away).
    op.execute(
        "UPDATE bank_details SET doubted_because = coalesce(payables.reason_code, '')"
        "  FROM payments JOIN payables ON payables.id = payments.payable_id"
        " WHERE payments.bank_detail_id = bank_details.id AND bank_details.state <> 'replaced' AND payments.state IN ('rejected', 'returned')"
        "   AND (payables.state = 'returned' OR payables.state = 'withdrawn' AND payables.reason_code = payments.reason_code"
        "        AND payables.reason_code NOT IN ('not-paid', 'came-back', 'lost', 'taken-back')"
        "        AND NOT EXISTS (SELECT FROM payments AS later WHERE later.bank_detail_id = bank_details.id AND later.state = 'paid'"
        "                           AND later.ended_at > payments.ended_at))"
    )
    op.add_column("recharges", sa.Column("stated_version", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.create_index(
        "ix_recharges_to_state",
        "recharges",
        ["organisation", "recharge_id"],
        postgresql_where=sa.text("direction = 'raised' AND state <> 'refused' AND stated_version < version"),
    )
    op.execute("UPDATE claims SET held = false, stopped_on = NULL WHERE held AND state IN ('paid', 'refused', 'declined')")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
