"""What a service may delete and change in its own database. Whatever it would do, it cannot take away or rewrite what
must be found again; migrations and erasures run as the owner, who may.

It reads and adds to every table. A right that only the program of a version before needs stays for that version.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

DELETED: Mapping[str, tuple[str, ...]] = {
    "people": (
        "doors",
        "drafts",
        "factors",
        "given_lists",
        "joinings",
        "limit_counts",
        "list_changes",
        "list_questions",
        "notices",
        "passkey_challenges",
        "passkeys",
        "recovery_codes",
        "sessions",
        "sign_in_codes",
    ),
    "opportunities": (
        "answers",
        "guest_needs",
        "limit_counts",
        "listing_sessions",
        "listing_sessions_gone",
        "questions",
        "sessions",
        "withdrawals",
    ),
    "payments": (
        "bank_bookings",
        "bank_statements",
        "limit_counts",
        "money_waits",
        "own_limits",
        "sessions",
        "statement_columns",
        "statement_lines",
    ),
    "feedback": ("drafts", "limit_counts"),
    "notifications": ("calls", "limit_counts", "sessions"),
    "gateway": ("letters", "limit_counts"),
    "operator": ("limit_counts", "span_links", "spans"),
}
"""The tables from which a program deletes rows; from any other it cannot. None of them cascades into another table."""

ONLY: Mapping[str, Mapping[str, str]] = {
    "people": {"sessions": "what has run out"},
    "opportunities": {
        "questions": "answered, or nobody can answer: without an account, and the address too old to keep",
        "sessions": "of a draft",
    },
    "payments": {
        "bank_bookings": "what still waits, as the line turned out to name others",
        "bank_statements": "what nobody has read",
        "statement_lines": "of a statement that is not paid",
    },
    "notifications": {"calls": "what is settled"},
}
"""Of these tables only such rows: a trigger, which its migration made, refuses the others."""

Reasons = Mapping[str, tuple[str, ...]]

MESSAGING: Mapping[str, Reasons] = {
    "outbox": {"whether it has been published": ("attempts", "next_try_at", "last_error", "published_at")},
    "inbox": {},
    "dead_letters": {
        "it was parked again": ("reason", "deliveries", "parked_at"),
        "it was tried again, or replayed": ("tried_at", "replayed_at"),
        "an operator closed it": ("closed_because",),
    },
    "ended_sessions": {},
}

CHANGED: Mapping[str, Mapping[str, Reasons]] = {
    "people": {
        "consents": {"they take it back (PRI-02)": ("withdrawn_at",)},
        "contact_changes": {},
        "role_requests": {
            "a later request takes the place of one that waits": ("give", "take", "filed_at", "asked_by", "version"),
            "a second administrator answers": ("answer", "answered_by", "answered_at"),
        },
        "factor_resets": {"a second administrator answers": ("answer", "answered_by", "answered_at")},
        "sessions": {
            "it is used, helps somebody, and ends": (
                "acting_for",
                "factor_at",
                "last_used_at",
                "ended_at",
                "ended_because",
                "helps_from",
            ),
        },
    },
    "opportunities": {
        "attendances": {"its newest record": ("version",)},
        "contributions": {"its newest record": ("version",)},
        "contribution_records": {},
        "session_moves": {},
        "guest_attendances": {"the host corrects its register": ("version", "present", "minutes")},
        "bookings_to_cancel": {
            "somebody cancelled it": ("done_at", "done_actor_kind", "done_actor_id", "done_acting_for")
        },
    },
    "payments": {
        "unanswered_calls": {},
        "words_by_hand": {"the same person says it of a later file": ("in_file", "how", "said_at")},
        "numbers_shown": {"it is shown again": ("shown_at", "is_held")},
        "introductions": {"a later one by the same person": ("introduced_at", "heard_at")},
        "statement_lines": {},
        "answered_for": {},
    },
    "feedback": {
        "imported": {},
        "responses": {"somebody checks what was said (FB-06)": ("said", "checked_by_kind", "checked_by_id")},
    },
    "notifications": {
        "said": {},
        "messages": {
            "how it went": ("version", "state", "reason", "failures", "queued_at", "settled_at", "read_at"),
            "when it is tried, and by whom": ("due_at", "lease", "lease_until"),
            "from which card it greets": ("card_version",),
        },
    },
    "gateway": {},
    "operator": {},
}
"""Of these tables a program changes the named columns alone, each for a reason; of a message how it went, never what
it says or to whom (NOT-08)."""

FIXED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "opportunities": {
        "places": ("id", "opportunity_id", "participant_kind", "participant_id", "participant_home", "created_at"),
        "guest_places": (
            "id",
            "guest_id",
            "listing_id",
            "host",
            "host_opportunity_id",
            "participant_kind",
            "participant_id",
            "participant_home",
            "agreed_to",
            "agreed_at",
            "created_at",
        ),
        "needs": ("id", "place_id", "need"),
        "questions": ("id", "opportunity_id", "asker_id", "words", "asked_at"),
    },
    "payments": {
        "payments": (
            "id",
            "payable_id",
            "claim_id",
            "participant_kind",
            "participant_id",
            "participant_home",
            "amount_pence",
            "end_to_end_id",
        ),
        "payables": (
            "id",
            "claim_id",
            "participant_kind",
            "participant_id",
            "participant_home",
            "method",
            "amount_pence",
        ),
        "claims": (
            "id",
            "attendance_id",
            "follows",
            "participant_kind",
            "participant_id",
            "participant_home",
            "created_at",
        ),
        "claim_lines": ("id", "kind", "actor_kind", "actor_id", "acting_for", "created_at"),
        "payment_runs": ("id", "number", "made_by", "made_at"),
        "bank_details": (
            "id",
            "participant_kind",
            "participant_id",
            "participant_home",
            "actor_kind",
            "actor_id",
            "acting_for",
            "key_id",
            "sealed",
            "same_account",
            "ends_with",
            "given_at",
        ),
        "bank_bookings": ("id", "payment_id", "went_out", "pence", "day", "nth"),
        "bank_statements": ("id", "kind", "sha256"),
        "recharges": ("id", "direction", "organisation", "recharge_id", "created_at"),
        "statements": ("id", "direction", "organisation", "statement_id", "created_at"),
    },
    "feedback": {
        "concerns": (
            "concern_id",
            "item_id",
            "why",
            "raised_at",
            "raised_by",
            "ending_before",
            "ended_on_before",
        ),
        "items": (
            "item_id",
            "received_on",
            "giver_kind",
            "giver_id",
            "giver_home",
            "given_by_kind",
            "given_by_id",
            "given_for_id",
            "code_hash",
        ),
        "crossings": ("item_id", "host", "host_opportunity_id"),
    },
    "notifications": {
        "calls": ("call_id", "event_id", "message_id", "person_id", "template", "about", "opened_at"),
    },
}
"""Of these it changes any column but the named: what a row is about and how much it is stays as it was written. Another
sum is another row (PAY-11, PAY-12). A trigger lets nobody be written out of whom a concern is about (FB-09)."""


def statements(database: str, columns_by_table: Mapping[str, list[str]], never_changed: Collection[str]) -> list[str]:
    """The SQL that gives the runtime role of a database these rights, whatever it had.

    columns_by_table: of every table there. never_changed: those whose rows stand for ever, by a trigger.
    """
    made = [f'REVOKE DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public FROM "{database}"']
    made += [f'GRANT DELETE ON {table} TO "{database}"' for table in DELETED[database] if table in columns_by_table]
    for table, columns in columns_by_table.items():
        changed = [] if table in never_changed else changeable(database, table, columns)
        if changed == columns:
            made.append(f'GRANT UPDATE ON {table} TO "{database}"')
        else:
            made.append(f'REVOKE UPDATE ON {table} FROM "{database}"')
            made += [f'GRANT UPDATE ({", ".join(changed)}) ON {table} TO "{database}"'] if changed else []
    return [*made, f'REVOKE INSERT, UPDATE ON alembic_version FROM "{database}"']


def changeable(database: str, table: str, columns: list[str]) -> list[str]:
    """Of these columns of the table those that the program may change, as far as `CHANGED` and `FIXED` say it."""
    reasons = {**MESSAGING, **CHANGED[database]}.get(table)
    only = columns if reasons is None else [column for group in reasons.values() for column in group]
    fixed = FIXED.get(database, {}).get(table, ())
    return [column for column in columns if column in only and column not in fixed]
