"""Who approved what, and which approvals were taken back (PAY-11, PAY-17)."""

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, Table, Text, Uuid

from services.payments.schema import metadata, one_of

approvals = Table(
    "approvals",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("claim_id", Uuid, ForeignKey("claims.id"), nullable=False),
    Column("approver_id", Uuid, nullable=False),
    Column("decision", Text, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("first_approver", Uuid),
    CheckConstraint(one_of("decision", "approved", "refused"), name="decision"),
    CheckConstraint("first_approver <> approver_id", name="pay_11_two_people"),
    Index("ix_approvals_claim_id", "claim_id"),
)
"""first_approver: who had approved it first, if this is the second approver's word (PAY-11)."""
withdrawals = Table(
    "withdrawals",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("claim_id", Uuid, ForeignKey("claims.id"), nullable=False),
    Column("because", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("pence", Integer, nullable=False),
    Column("withdrawn_by", Uuid),
    Column("withdrawn_at", DateTime(timezone=True), nullable=False),
    CheckConstraint(one_of("because", "register", "mistake"), name="because"),
    CheckConstraint("(because = 'register') = (withdrawn_by IS NULL)", name="pay_17_by_whom"),
    CheckConstraint("reason <> ''", name="pay_17_reason"),
    Index("ix_withdrawals_claim_id", "claim_id"),
)
"""Approvals that were taken back before they were paid, with the reason that the owner reads (PAY-17)."""
