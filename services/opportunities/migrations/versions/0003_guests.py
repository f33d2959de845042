"""Guests: our people at other organisations' opportunities, and theirs at ours (NET-02)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _words(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def upgrade() -> None:
    op.add_column("places", sa.Column("guest_code", sa.Text))
    op.create_check_constraint(op.f("ck_places_net_02_guests_have_a_code"), "places", "(participant_kind = 'guest') = (guest_code IS NOT NULL)")
    _create_guest_places()
    _create_what_belongs_to_guest_places()
    _create_guests()


def _create_guest_places() -> None:
    op.create_table(
        "guest_places",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("guest_id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("listing_id", sa.Uuid, nullable=False),
        sa.Column("host_opportunity_id", sa.Uuid, nullable=False),
        sa.Column("participant_kind", sa.Text, nullable=False),
        sa.Column("participant_id", sa.Uuid, nullable=False),
        sa.Column("participant_home", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("answer_version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("content_version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("position", sa.Integer),
        _moment("answer_by", nullable=True),
        _moment("accepted_at", nullable=True),
        _words("reason"),
        sa.Column("joining", postgresql.JSONB, nullable=False, server_default="{}"),
        _words("duty_number"),
        sa.Column("agreed_to", sa.Text, nullable=False),
        _moment("agreed_at"),
        _moment("created_at"),
        _moment("changed_at"),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("acting_for", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_guest_places"),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name="fk_guest_places_listing_id_listings"),
        sa.CheckConstraint(
            "state IN ('requested', 'waiting', 'offered', 'taken', 'left', 'lapsed', 'refused', 'cancelled')", name=op.f("ck_guest_places_net_02_state")
        ),
        sa.CheckConstraint("agreed_to <> ''", name=op.f("ck_guest_places_net_02_agreed")),
        sa.CheckConstraint("code ~ '^G-[2-9A-HJKMNP-Z]{4}$'", name=op.f("ck_guest_places_net_02_code")),
        sa.CheckConstraint("guest_id <> participant_id AND participant_kind = 'person'", name=op.f("ck_guest_places_net_02_guest_id_is_fresh")),
        sa.UniqueConstraint("guest_id", name="net_02_one_guest_id_each"),
        sa.UniqueConstraint("code", name="net_02_one_code_each"),
    )
    op.create_index(
        "net_02_one_active_guest_place_each",
        "guest_places",
        ["listing_id", "participant_kind", "participant_id", "participant_home"],
        unique=True,
        postgresql_where=sa.text("state IN ('requested', 'waiting', 'offered', 'taken')"),
    )
    op.create_index("ix_guest_places_participant", "guest_places", ["participant_id"])


def _create_what_belongs_to_guest_places() -> None:
    op.create_table(
        "guest_needs",
        sa.Column("guest_place_id", sa.Uuid, nullable=False),
        sa.Column("need", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="asked"),
        _words("reason"),
        sa.PrimaryKeyConstraint("guest_place_id", "need", name="pk_guest_needs"),
        sa.ForeignKeyConstraint(["guest_place_id"], ["guest_places.id"], name="fk_guest_needs_guest_place_id_guest_places"),
        sa.CheckConstraint("state IN ('asked', 'promised', 'met', 'not-met')", name=op.f("ck_guest_needs_opp_07_state")),
        sa.CheckConstraint("need <> 'other'", name=op.f("ck_guest_needs_net_02_words_stay_here")),
    )
    op.create_table(
        "guest_attendances",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("guest_place_id", sa.Uuid, nullable=False),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_guest_attendances"),
        sa.ForeignKeyConstraint(["guest_place_id"], ["guest_places.id"], name="fk_guest_attendances_guest_place_id_guest_places"),
        sa.UniqueConstraint("guest_place_id", "session_id", name="opp_11_one_guest_attendance_each"),
    )


def _create_guests() -> None:
    op.create_table(
        "guests",
        sa.Column("guest_id", sa.Uuid, nullable=False),
        sa.Column("home", sa.Text, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("place_id", sa.Uuid),
        sa.Column("request_version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("has_left", sa.Boolean, nullable=False, server_default="false"),
        _words("refused_because"),
        sa.Column("answer_version", sa.Integer, nullable=False, server_default="0"),
        _words("duty_number"),
        _moment("heard_at"),
        sa.PrimaryKeyConstraint("guest_id", name="pk_guests"),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name="fk_guests_place_id_places"),
    )
    op.create_index("ix_guests_place_id", "guests", ["place_id"])


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
