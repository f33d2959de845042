"""The tables of payments. Money is integer pence; each constraint names the rule that it enforces."""

from services.payments.approving.tables import approvals, withdrawals
from services.payments.asking.tables import money_waits
from services.payments.bank_details.tables import (
    details_wanted,
    meetings_wanted,
    numbers_shown,
    people_to_confirm,
    unanswered_calls,
)
from services.payments.bank_statements.tables import bank_statements, statement_columns
from services.payments.claims.tables import (
    claim_changes,
    claim_helpers,
    claims,
    corrections,
    lines,
    overpayments,
    own_limit_answers,
    own_limits,
)
from services.payments.ledger.tables import (
    account_balances,
    budgets,
    commissioner_balances,
    journal,
    opportunity_balances,
    postings,
)
from services.payments.owing.tables import bank_bookings, bank_details, bank_entries, payables, payment_runs, payments
from services.payments.paying.tables import bank_answers, bank_words, words_by_hand
from services.payments.people.tables import cards, confirmed_people, introductions, unconfirmed_introductions
from services.payments.policy.tables import rates
from services.payments.receipts.tables import receipts
from services.payments.recharging.tables import funding_terms, organisations, recharges, statement_lines, statements
from services.payments.register.tables import attendance_recorders, attendances, opportunities, sessions
from services.payments.safeguarding.tables import answered_for, concerns_heard
from services.payments.schema import metadata

__all__ = [
    "account_balances",
    "answered_for",
    "approvals",
    "attendance_recorders",
    "attendances",
    "bank_answers",
    "bank_bookings",
    "bank_details",
    "bank_entries",
    "bank_statements",
    "bank_words",
    "budgets",
    "cards",
    "claim_changes",
    "claim_helpers",
    "claims",
    "commissioner_balances",
    "concerns_heard",
    "confirmed_people",
    "corrections",
    "details_wanted",
    "funding_terms",
    "introductions",
    "journal",
    "lines",
    "meetings_wanted",
    "metadata",
    "money_waits",
    "numbers_shown",
    "opportunities",
    "opportunity_balances",
    "organisations",
    "overpayments",
    "own_limit_answers",
    "own_limits",
    "payables",
    "payment_runs",
    "payments",
    "people_to_confirm",
    "postings",
    "rates",
    "receipts",
    "recharges",
    "sessions",
    "statement_columns",
    "statement_lines",
    "statements",
    "unanswered_calls",
    "unconfirmed_introductions",
    "withdrawals",
    "words_by_hand",
]
