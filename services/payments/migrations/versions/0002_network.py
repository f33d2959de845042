"""Listings of other hosts, guests, and what hosts pay back (NET-03): terms, recharges, statements, and their entries in the journal."""

import sqlalchemy as sa
from alembic import op

from shared.messaging.migrations import refuse_changes_of

revision = "0002"
down_revision = "0001"

_FUNDING = "funding IN ('none', 'fees', 'fees-and-expenses')"


def upgrade() -> None:
    _widen_copies()
    _create_recharges()
    _create_statements()
    _widen_journal()
    refuse_changes_of("funding_terms")


def _terms() -> list[sa.Column]:
    return [
        sa.Column("rate_pence", sa.Integer),
        sa.Column("funding", sa.Text, server_default=sa.text("'none'"), nullable=False),
        sa.Column("expenses_cap_pence", sa.Integer, server_default=sa.text("0"), nullable=False),
    ]


def _host() -> sa.Column:
    return sa.Column("host", sa.Text, server_default=sa.text("''"), nullable=False)


def _widen_copies() -> None:
    for column in [_host(), sa.Column("host_name", sa.Text, server_default=sa.text("''"), nullable=False), *_terms()]:
        op.add_column("opportunities", column)
    op.create_check_constraint("ck_opportunities_net_03_funding", "opportunities", _FUNDING)
    # What was recorded before the network came: now is as good a moment as any, for none of it is a guest's of a shared opportunity.
    op.add_column("attendances", sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False))
    op.alter_column("attendances", "recorded_at", server_default=None)
    ids = [sa.Column(name, sa.Uuid) for name in ("guest_id", "host_attendance_id", "host_opportunity_id")]
    for column in [_host(), *ids, *_terms()]:
        op.add_column("attendances", column)
    op.create_check_constraint("ck_attendances_net_03_funding", "attendances", _FUNDING)
    op.create_check_constraint(
        "ck_attendances_net_03_ids_of_the_host", "attendances", "host = '' OR num_nulls(guest_id, host_attendance_id, host_opportunity_id) = 0"
    )
    op.create_table(
        "organisations",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_organisations"),
    )
    op.create_table(
        "funding_terms",
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("holds_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rate_pence", sa.Integer),
        sa.Column("funding", sa.Text, nullable=False),
        sa.Column("expenses_cap_pence", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(_FUNDING, name="ck_funding_terms_net_03_funding"),
        sa.PrimaryKeyConstraint("opportunity_id", "version", name="pk_funding_terms"),
    )


def _create_recharges() -> None:
    op.create_table(
        "recharges",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("recharge_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("attendance_id", sa.Uuid, nullable=False),
        sa.Column("guest_id", sa.Uuid, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("session_date", sa.Date, nullable=False),
        sa.Column("fee_pence", sa.Integer, nullable=False),
        sa.Column("expenses_pence", sa.Integer, nullable=False),
        sa.Column("most_fee_pence", sa.BigInteger, nullable=False),
        sa.Column("most_expenses_pence", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("because", sa.Text, server_default=sa.text("''"), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("direction IN ('raised', 'received')", name="ck_recharges_direction"),
        sa.CheckConstraint("state IN ('accepted', 'refused') OR (direction = 'raised' AND state = 'raised')", name="ck_recharges_state"),
        sa.CheckConstraint("(state = 'refused') = (because <> '')", name="ck_recharges_net_03_reason_to_refuse"),
        sa.CheckConstraint("fee_pence >= 0 AND expenses_pence >= 0", name="ck_recharges_net_03_not_negative"),
        sa.CheckConstraint(
            "state = 'refused' OR (fee_pence <= most_fee_pence AND expenses_pence <= most_expenses_pence)", name="ck_recharges_net_03_what_was_agreed"
        ),
        sa.ForeignKeyConstraint(["attendance_id"], ["attendances.attendance_id"], name="fk_recharges_attendance_id_attendances"),
        sa.PrimaryKeyConstraint("id", name="pk_recharges"),
        sa.UniqueConstraint("direction", "organisation", "recharge_id", name="uq_recharges_net_03_known_once"),
    )
    op.create_index("uq_recharges_net_03_raised_once", "recharges", ["attendance_id"], unique=True, postgresql_where=sa.text("direction = 'raised'"))
    op.create_index(
        "uq_recharges_net_03_accepted_once",
        "recharges",
        ["attendance_id"],
        unique=True,
        postgresql_where=sa.text("direction = 'received' AND state = 'accepted' AND fee_pence + expenses_pence > 0"),
    )


def _create_statements() -> None:
    op.create_table(
        "statements",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("statement_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("answer_version", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("direction IN ('issued', 'received')", name="ck_statements_direction"),
        sa.CheckConstraint(
            "state IN ('agreed', 'differs', 'settled') OR (direction = 'issued' AND state IN ('issued', 'received'))", name="ck_statements_state"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_statements"),
        sa.UniqueConstraint("direction", "organisation", "statement_id", name="uq_statements_net_03_known_once"),
    )
    op.create_table(
        "statement_lines",
        sa.Column("statement_id", sa.Uuid, nullable=False),
        sa.Column("recharge_id", sa.Uuid, nullable=False),
        sa.Column("ours_pence", sa.BigInteger, nullable=False),
        sa.Column("theirs_pence", sa.BigInteger),
        sa.CheckConstraint("ours_pence >= 0 AND (theirs_pence IS NULL OR theirs_pence >= 0)", name="ck_statement_lines_net_03_not_negative"),
        sa.ForeignKeyConstraint(["statement_id"], ["statements.id"], name="fk_statement_lines_statement_id_statements"),
        sa.PrimaryKeyConstraint("statement_id", "recharge_id", name="pk_statement_lines"),
    )
    op.create_index("ix_statement_lines_recharge_id", "statement_lines", ["recharge_id"])


_WHAT = "'approved', 'sent', 'confirmed', 'recharged', 'accepted', 'settled', 'received', 'reversed'"


def _widen_journal() -> None:
    """An entry was about a claim; now it may be about a recharge or a statement instead. What stands in the journal keeps every constraint."""
    op.alter_column("journal", "claim_id", nullable=True)
    op.add_column("journal", sa.Column("recharge_id", sa.Uuid))
    op.add_column("journal", sa.Column("recharge_version", sa.Integer))
    op.add_column("journal", sa.Column("statement_id", sa.Uuid))
    op.create_foreign_key("fk_journal_recharge_id_recharges", "journal", "recharges", ["recharge_id"], ["id"])
    op.create_foreign_key("fk_journal_statement_id_statements", "journal", "statements", ["statement_id"], ["id"])
    op.drop_constraint("ck_journal_what", "journal", type_="check")
    op.drop_constraint("ck_journal_payment", "journal", type_="check")
    checks = {
        "what": f"what IN ({_WHAT})",
        "about_one_thing": "num_nonnulls(claim_id, recharge_id, statement_id) = 1",
        "payment": "(payment_id IS NOT NULL) = (claim_id IS NOT NULL AND what <> 'approved')",
        "recharge_version": "(recharge_id IS NULL) = (recharge_version IS NULL)",
        "recharge": "recharge_id IS NULL OR what IN ('recharged', 'accepted', 'reversed')",
        "statement": "(statement_id IS NOT NULL) = (what IN ('settled', 'received'))",
    }
    for name, condition in checks.items():
        op.create_check_constraint(f"ck_journal_{name}", "journal", condition)
    op.create_index(
        "uq_journal_net_03_once_per_version",
        "journal",
        ["recharge_id", "recharge_version"],
        unique=True,
        postgresql_where=sa.text("what IN ('recharged', 'accepted')"),
    )
    op.create_index("uq_journal_net_03_settled_once", "journal", ["statement_id"], unique=True, postgresql_where=sa.text("statement_id IS NOT NULL"))
