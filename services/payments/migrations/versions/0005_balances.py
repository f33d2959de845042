"""What is used of each budget, kept with the postings, so that approving costs the same however many there are (PAY-11).

The trigger keeps it whatever writes the postings, the program before this one too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_USED = """
    SELECT {what}, sum(pence) AS pence FROM {postings} AS posting
      JOIN journal ON journal.id = posting.journal_id
      LEFT JOIN claims ON claims.id = journal.claim_id
      LEFT JOIN recharges ON recharges.id = journal.recharge_id
     WHERE account IN ('budget-committed', 'budget-spent'){more}
     GROUP BY {by}"""
_OF_OPPORTUNITIES = {"what": "posting.opportunity_id", "by": "posting.opportunity_id", "more": ""}
_OF_COMMISSIONERS = {
    "what": "posting.commissioner, coalesce(claims.session_date, recharges.session_date) AS session_date",
    "by": "posting.commissioner, coalesce(claims.session_date, recharges.session_date)",
    "more": " AND posting.commissioner <> '' AND coalesce(claims.session_date, recharges.session_date) IS NOT NULL",
}

_KEEP = f"""
CREATE FUNCTION pay_11_keep_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO opportunity_balances (opportunity_id, used_pence){_USED.format(postings="added", **_OF_OPPORTUNITIES)} ORDER BY 1
        ON CONFLICT (opportunity_id) DO UPDATE SET used_pence = opportunity_balances.used_pence + excluded.used_pence;
    INSERT INTO commissioner_balances (commissioner, session_date, used_pence){_USED.format(postings="added", **_OF_COMMISSIONERS)} ORDER BY 1, 2
        ON CONFLICT (commissioner, session_date) DO UPDATE SET used_pence = commissioner_balances.used_pence + excluded.used_pence;
    RETURN NULL;
END $$"""


def upgrade() -> None:
    op.create_table(
        "opportunity_balances",
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("used_pence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("opportunity_id", name="pk_opportunity_balances"),
    )
    op.create_table(
        "commissioner_balances",
        sa.Column("commissioner", sa.Text, nullable=False),
        sa.Column("session_date", sa.Date, nullable=False),
        sa.Column("used_pence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("commissioner", "session_date", name="pk_commissioner_balances"),
    )
    # Nothing is posted between the sum and the trigger.
    op.execute("LOCK TABLE postings IN SHARE ROW EXCLUSIVE MODE")
    op.execute("INSERT INTO opportunity_balances" + _USED.format(postings="postings", **_OF_OPPORTUNITIES))
    op.execute("INSERT INTO commissioner_balances" + _USED.format(postings="postings", **_OF_COMMISSIONERS))
    op.execute(_KEEP)
    op.execute(
        "CREATE TRIGGER pay_11_keep_balances AFTER INSERT ON postings REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pay_11_keep_balances()"
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
