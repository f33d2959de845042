"""The ledger, and the budgets that it tracks (PAY-11). Money is integer pence."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, Text, Uuid, text

from services.payments.schema import created, metadata, one_of

# The ledger (PAY-11): never changed, only reversed; triggers in the migration

journal = Table(
    "journal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("what", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("claim_id", Uuid, ForeignKey("claims.id")),
    Column("payment_id", Uuid, ForeignKey("payments.id")),
    Column("recharge_id", Uuid, ForeignKey("recharges.id")),
    Column("recharge_version", Integer),
    Column("statement_id", Uuid, ForeignKey("statements.id")),
    Column("reverses", Uuid, ForeignKey("journal.id"), unique=True),
    Column("nth", Integer, nullable=False, server_default=text("1")),
    Column("cause", Uuid, nullable=False),
    Column("trace_id", Text),
    created(),
    CheckConstraint(
        one_of(
            "what", "approved", "sent", "confirmed", "recharged", "accepted", "settled", "received", "reversed", "lost"
        ),
        name="what",
    ),
    CheckConstraint("(what = 'reversed') = (reverses IS NOT NULL)", name="pay_11_reversal"),
    CheckConstraint("num_nonnulls(claim_id, recharge_id, statement_id) = 1", name="about_one_thing"),
    CheckConstraint(
        "CASE what WHEN 'approved' THEN payment_id IS NULL WHEN 'reversed' THEN payment_id IS NULL OR claim_id IS NOT "
        "NULL"
        " ELSE (payment_id IS NOT NULL) = (claim_id IS NOT NULL) END",
        name="payment",
    ),
    CheckConstraint("(recharge_id IS NULL) = (recharge_version IS NULL)", name="recharge_version"),
    CheckConstraint("recharge_id IS NULL OR what IN ('recharged', 'accepted', 'reversed')", name="recharge"),
    CheckConstraint("(statement_id IS NOT NULL) = (what IN ('settled', 'received'))", name="statement"),
    Index("ix_journal_claim_id", "claim_id"),
    Index(
        "uq_journal_pay_12_once_per_payment",
        "payment_id",
        "what",
        "nth",
        unique=True,
        postgresql_where=text("payment_id IS NOT NULL AND what <> 'reversed'"),
    ),
    Index(
        "uq_journal_net_03_once_per_version",
        "recharge_id",
        "recharge_version",
        unique=True,
        postgresql_where=text("what IN ('recharged', 'accepted')"),
    ),
    Index(
        "uq_journal_net_03_settled_once", "statement_id", unique=True, postgresql_where=text("statement_id IS NOT NULL")
    ),
)
"""Each entry is about a claim, a recharge or a statement. nth: counts the losses of one payment."""

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

# Kept with the postings by triggers: the balance of each account, and what is used of each budget (committed and spent)

account_balances = Table(
    "account_balances",
    metadata,
    Column("account", Text, primary_key=True),
    Column("opportunity_id", Uuid, primary_key=True),
    Column("pence", BigInteger, nullable=False),
    Index("ix_account_balances_open", "account", postgresql_include=["pence"], postgresql_where=text("pence <> 0")),
)
"""Split by opportunity, so that two transactions wait for each other no more than they do for its budget."""

opportunity_balances = Table(
    "opportunity_balances",
    metadata,
    Column("opportunity_id", Uuid, primary_key=True),
    Column("used_pence", BigInteger, nullable=False),
)

commissioner_balances = Table(
    "commissioner_balances",
    metadata,
    Column("commissioner", Text, primary_key=True),
    Column("session_date", Date, primary_key=True),
    Column("used_pence", BigInteger, nullable=False),
)
"""Split by the session's day, so that a budget's period may change without counting again: a year is 366 rows at
most."""
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
