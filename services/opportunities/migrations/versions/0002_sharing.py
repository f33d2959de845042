"""The network: what is shared, the listings of others; changing and cancelling what is published."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.messaging.migrations import refuse_changes_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_FUNDING = "('none', 'fees', 'fees-and-expenses')"


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False)


def _actor() -> list[sa.Column]:
    return [sa.Column("actor_kind", sa.Text, nullable=False), sa.Column("actor_id", sa.Uuid), sa.Column("acting_for", sa.Uuid)]


def upgrade() -> None:
    _let_be_cancelled_and_changed()
    _create_shares()
    _create_listings()


def _let_be_cancelled_and_changed() -> None:
    op.add_column("opportunities", _moment("cancelled_at", nullable=True))
    op.add_column("opportunities", sa.Column("cancelled_because", sa.Text, nullable=False, server_default=""))
    _replace_check("opportunities", "opp_12_state", "state IN ('draft', 'published', 'finished', 'closed', 'cancelled')")
    cancelled = "(state = 'cancelled') = (cancelled_at IS NOT NULL) AND (state <> 'cancelled' OR cancelled_because <> '')"
    op.create_check_constraint(op.f("ck_opportunities_opp_16_cancelled"), "opportunities", cancelled)
    _replace_check("places", "opp_05_state", "state IN ('waiting', 'offered', 'taken', 'left', 'lapsed', 'cancelled')")
    op.create_table(
        "changes",
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed", postgresql.ARRAY(sa.Text), nullable=False),
        _text("reason"),
        _moment("changed_at"),
        *_actor(),
        sa.PrimaryKeyConstraint("opportunity_id", "version", name="pk_changes"),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunities.id"], name="fk_changes_opportunity_id_opportunities"),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_changes_opp_16_has_a_reason")),
    )
    refuse_changes_of("changes")


def _replace_check(table: str, rule: str, condition: str) -> None:
    name = op.f(f"ck_{table}_{rule}")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, condition)


def _create_shares() -> None:
    op.create_table(
        "shares",
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("wanted", sa.Boolean, nullable=False),
        _text("funding"),
        sa.Column("expenses_cap_pence", sa.Integer, nullable=False),
        sa.Column("listed", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("said_version", sa.Integer),
        sa.Column("said_waiting_list", sa.Boolean),
        _moment("said_at", nullable=True),
        _moment("decided_at"),
        *_actor(),
        sa.PrimaryKeyConstraint("opportunity_id", name="pk_shares"),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunities.id"], name="fk_shares_opportunity_id_opportunities"),
        sa.CheckConstraint(f"funding IN {_FUNDING}", name=op.f("ck_shares_net_03_funding")),
        sa.CheckConstraint("expenses_cap_pence >= 0 AND (funding = 'fees-and-expenses' OR expenses_cap_pence = 0)", name=op.f("ck_shares_net_03_cap")),
        sa.CheckConstraint("NOT listed OR said_version IS NOT NULL", name=op.f("ck_shares_net_01_listed_was_said")),
    )


def _create_listings() -> None:
    op.create_table(
        "organisations",
        _text("origin"),
        sa.Column("version", sa.Integer, nullable=False),
        _text("display_name"),
        _text("url"),
        sa.Column("removed", sa.Boolean, nullable=False, server_default="false"),
        sa.PrimaryKeyConstraint("origin", name="pk_organisations"),
    )
    op.create_table(
        "listings",
        sa.Column("id", sa.Uuid, nullable=False),
        _text("origin"),
        sa.Column("host_opportunity_id", sa.Uuid, nullable=False),
        sa.Column("host_version", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        _text("state"),
        _text("host_name"),
        _text("title"),
        _text("summary"),
        _text("kind"),
        _text("mode"),
        _text("area"),
        _text("background"),
        _text("expected"),
        _text("time_needed"),
        _text("payment"),
        _text("accessibility"),
        _text("result"),
        _text("contact_role"),
        _text("commissioner"),
        _text("short_notice_reason"),
        sa.Column("paid", sa.Boolean, nullable=False),
        sa.Column("rate_pence", sa.Integer),
        _text("funding"),
        sa.Column("expenses_cap_pence", sa.Integer, nullable=False),
        sa.Column("waiting_list", sa.Boolean, nullable=False),
        _text("url"),
        _moment("first_starts_at"),
        _moment("last_ends_at"),
        sa.Column("changed", postgresql.ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("hidden", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("agreed_rate_pence", sa.Integer),
        sa.Column("agreed_funding", sa.Text),
        sa.Column("agreed_cap_pence", sa.Integer),
        _moment("agreed_at", nullable=True),
        _moment("heard_at"),
        sa.PrimaryKeyConstraint("id", name="pk_listings"),
        sa.UniqueConstraint("origin", "host_opportunity_id", name="net_04_one_listing_each"),
        sa.CheckConstraint("state IN ('open', 'not-shared', 'cancelled', 'closed')", name=op.f("ck_listings_net_01_state")),
        sa.CheckConstraint(
            f"funding IN {_FUNDING} AND (agreed_funding IS NULL OR agreed_funding IN {_FUNDING})",
            name=op.f("ck_listings_net_03_funding"),
        ),
        sa.CheckConstraint(
            "(agreed_at IS NULL) = (agreed_funding IS NULL) AND (agreed_at IS NULL) = (agreed_cap_pence IS NULL)",
            name=op.f("ck_listings_net_03_agreed_to_terms"),
        ),
    )
    op.create_index("ix_listings_open", "listings", ["origin"], postgresql_where=sa.text("state = 'open'"))
    op.create_table(
        "listing_sessions",
        sa.Column("listing_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("host_session_id", sa.Uuid, nullable=False),
        _moment("starts_at"),
        _moment("ends_at"),
        _text("venue"),
        sa.PrimaryKeyConstraint("listing_id", "id", name="pk_listing_sessions"),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name="fk_listing_sessions_listing_id_listings"),
    )
    op.create_table(
        "withdrawals",
        sa.Column("listing_id", sa.Uuid, nullable=False),
        sa.Column("host_version", sa.Integer, nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("listing_id", name="pk_withdrawals"),
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
