"""Cards, our copy of what we speak of, messages and tasks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.messaging.migrations import create_messaging_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_messaging_tables()
    _create_cards()
    _create_copies()
    _create_messages()
    _create_tasks()


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=nullable)


def _slugs(name: str) -> sa.Column:
    return sa.Column(name, sa.ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'"))


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _machine_moment(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp())


def _participant() -> list[sa.Column]:
    return [_text("participant_kind"), sa.Column("participant_id", sa.Uuid, nullable=False), _text("participant_home")]


def _create_cards() -> None:
    op.create_table(
        "cards",
        sa.Column("person_id", sa.Uuid, nullable=False),
        _text("home"),
        sa.Column("version", sa.Integer, nullable=False),
        _text("name"),
        _slugs("roles"),
        _slugs("ruled_out_kinds"),
        _slugs("ruled_out_areas"),
        _slugs("ruled_out_times"),
        sa.Column("area", sa.Text, nullable=False, server_default=""),
        _slugs("channels"),
        sa.Column("discreet", sa.Boolean, nullable=False),
        _text("format"),
        _slugs("opted_out"),
        sa.Column("paused", sa.Boolean, nullable=False),
        _machine_moment("stored_at"),
        sa.PrimaryKeyConstraint("person_id", name="pk_cards"),
        sa.CheckConstraint("format IN ('plain', 'easy-read')", name=op.f("ck_cards_format_is_one_we_write")),
    )


def _create_copies() -> None:
    op.create_table(
        "opportunities",
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        _text("title"),
        _text("summary"),
        _text("kind"),
        _text("mode"),
        _text("area"),
        sa.Column("paid", sa.Boolean, nullable=False),
        _text("contact_role"),
        _text("short_notice_reason"),
        sa.Column("closed", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.PrimaryKeyConstraint("opportunity_id", name="pk_opportunities"),
    )
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        _moment("starts_at"),
        _moment("ends_at"),
        _text("venue"),
        sa.PrimaryKeyConstraint("session_id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_opportunity_id", "sessions", ["opportunity_id"])
    op.create_index("ix_sessions_starts_at", "sessions", ["starts_at"])
    op.create_table(
        "places",
        sa.Column("place_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        *_participant(),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.Column("changed_on", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("place_id", name="pk_places"),
    )
    op.create_index("ix_places_participant_id", "places", ["participant_id"])
    op.create_index("ix_places_opportunity_id", "places", ["opportunity_id"])
    op.create_table(
        "claims",
        sa.Column("claim_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        _text("state"),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("session_id", sa.Uuid, nullable=False),
        *_participant(),
        sa.Column("amount_pence", sa.Integer),
        sa.Column("pay_by", sa.Date),
        sa.Column("overdue", sa.Boolean, nullable=False, server_default=sa.text("false")),
        _moment("changed_at"),
        sa.PrimaryKeyConstraint("claim_id", name="pk_claims"),
    )
    op.create_index("ix_claims_participant_id", "claims", ["participant_id"])
    op.create_table(
        "feedback_items",
        sa.Column("item_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("opportunity_id", sa.Uuid),
        sa.Column("giver_id", sa.Uuid),
        _text("ending", nullable=True),
        _moment("changed_at"),
        sa.PrimaryKeyConstraint("item_id", name="pk_feedback_items"),
    )
    op.create_index("ix_feedback_items_giver_id", "feedback_items", ["giver_id"])


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("message_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("caused_by", sa.Uuid, nullable=False),
        *_participant(),
        _text("actor_kind"),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("acting_for", sa.Uuid),
        _text("channel"),
        _text("template"),
        _text("kind"),
        sa.Column("about", sa.Uuid, nullable=False),
        sa.Column("opportunity_id", sa.Uuid),
        sa.Column("session_id", sa.Uuid),
        sa.Column("facts", postgresql.JSONB, nullable=False, server_default=sa.text("'{}'")),
        _text("state"),
        _text("reason", nullable=True),
        sa.Column("failures", sa.Integer, nullable=False, server_default=sa.text("0")),
        _machine_moment("due_at"),
        _moment("lease_until", nullable=True),
        sa.Column("lease", sa.Uuid),
        _machine_moment("queued_at"),
        _moment("created_at"),
        _moment("settled_at", nullable=True),
        _moment("read_at", nullable=True),
        sa.PrimaryKeyConstraint("message_id", name="pk_messages"),
        sa.UniqueConstraint("event_id", "participant_id", "channel", name="not_02_one_message_per_event_person_and_channel"),
        sa.CheckConstraint("participant_kind = 'person'", name=op.f("ck_messages_a_guest_hears_from_home")),
        sa.CheckConstraint("channel IN ('email', 'in-app')", name=op.f("ck_messages_channel_exists")),
        sa.CheckConstraint("state IN ('queued', 'handing-over', 'sent', 'failed', 'unknown', 'withheld')", name=op.f("ck_messages_not_06_state")),
    )
    op.create_index("ix_messages_participant_id", "messages", ["participant_id", "created_at"])
    op.create_index("ix_messages_due", "messages", ["due_at"], postgresql_where=sa.text("state = 'queued'"))
    op.create_index("ix_messages_handing_over", "messages", ["lease_until"], postgresql_where=sa.text("state = 'handing-over'"))
    op.create_index("ix_messages_trouble", "messages", ["created_at"], postgresql_where=sa.text("state IN ('failed', 'unknown')"))


def _create_tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("task_id", sa.Uuid, nullable=False),
        _text("kind"),
        sa.Column("about", sa.Uuid, nullable=False),
        _text("audience_role", nullable=True),
        sa.Column("person_id", sa.Uuid),
        sa.Column("opportunity_id", sa.Uuid),
        sa.Column("due_on", sa.Date),
        sa.Column("opened_version", sa.Integer),
        sa.Column("opened_by", sa.Uuid),
        _moment("opened_at", nullable=True),
        sa.Column("settled_version", sa.Integer),
        sa.Column("settled_by", sa.Uuid),
        _moment("settled_at", nullable=True),
        sa.PrimaryKeyConstraint("task_id", name="pk_tasks"),
        sa.UniqueConstraint("kind", "about", name="one_task_of_a_kind_per_thing"),
    )
    op.create_index("ix_tasks_person_id", "tasks", ["person_id"])
