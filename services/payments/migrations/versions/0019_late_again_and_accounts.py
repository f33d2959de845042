"""What stands on each account, kept with the postings; and what is late while its clock stands still counts as late no more.

As with budgets (0005), the trigger keeps it whatever writes the postings, the program before this one too. By opportunity, so that two
transactions wait for each other no more than they do for its budget.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_SUMS = "SELECT account, opportunity_id, sum(pence) FROM {postings} GROUP BY account, opportunity_id"
_KEEP = f"""
CREATE FUNCTION pay_11_keep_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO account_balances (account, opportunity_id, pence) {_SUMS.format(postings="added")} ORDER BY opportunity_id, account
        ON CONFLICT (account, opportunity_id) DO UPDATE SET pence = account_balances.pence + excluded.pence;
    RETURN NULL;
END $$"""


def upgrade() -> None:
    op.create_table(
        "account_balances",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("pence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "opportunity_id", name="pk_account_balances"),
    )
    op.create_index("ix_account_balances_open", "account_balances", ["account"], postgresql_include=["pence"], postgresql_where=sa.text("pence <> 0"))
    # Nothing is posted between the sum and the trigger.
    op.execute("LOCK TABLE postings IN SHARE ROW EXCLUSIVE MODE")
    op.execute("INSERT INTO account_balances " + _SUMS.format(postings="postings"))
    op.execute(_KEEP)
    op.execute(
        "CREATE TRIGGER pay_11_keep_accounts AFTER INSERT ON postings REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pay_11_keep_accounts()"
    )
    for table, column in (("recharges", "raised_at"), ("statements", "month")):  # their lists come in pages, of one direction and of both
        op.create_index(f"ix_{table}_{column}", table, [column, "id"])
        op.create_index(f"ix_{table}_direction_{column}", table, ["direction", column, "id"])
    op.execute("UPDATE claims SET overdue_since = NULL WHERE stopped_on IS NOT NULL AND overdue_since IS NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
