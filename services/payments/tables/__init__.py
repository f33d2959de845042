"""The tables of payments. Money is integer pence; constraints carry the rule that they keep."""

from services.payments.tables.base import metadata
from services.payments.tables.claiming import (
    approvals,
    attendance_recorders,
    attendances,
    claim_helpers,
    claims,
    corrections,
    lines,
    overpayments,
    own_limits,
    receipts,
    withdrawals,
)
from services.payments.tables.known import budgets, cards, opportunities, organisations, rates, sessions
from services.payments.tables.money import (
    bank_answers,
    bank_details,
    commissioner_balances,
    journal,
    opportunity_balances,
    payables,
    payment_runs,
    payments,
    postings,
)
from services.payments.tables.recharging import funding_terms, recharges, statement_lines, statements

__all__ = [
    "approvals",
    "attendance_recorders",
    "attendances",
    "bank_answers",
    "bank_details",
    "budgets",
    "cards",
    "claim_helpers",
    "claims",
    "commissioner_balances",
    "corrections",
    "funding_terms",
    "journal",
    "lines",
    "metadata",
    "opportunities",
    "opportunity_balances",
    "organisations",
    "overpayments",
    "own_limits",
    "payables",
    "payment_runs",
    "payments",
    "postings",
    "rates",
    "receipts",
    "recharges",
    "sessions",
    "statement_lines",
    "statements",
    "withdrawals",
]
