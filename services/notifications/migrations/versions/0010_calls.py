"""Who cannot be reached by message is rung: what they are to be told, by when, and who told them (NOT-08)."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("cards", sa.Column("reached_by_message", sa.Boolean))
    op.create_index("ix_cards_reach_unknown", "cards", ["person_id"], postgresql_where=sa.text("reached_by_message IS NULL"))
    op.create_table(
        "calls",
        sa.Column("call_id", sa.Uuid, primary_key=True),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("message_id", sa.Uuid, sa.ForeignKey("messages.message_id", ondelete="CASCADE"), nullable=False),
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("cards.person_id", ondelete="CASCADE"), nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("about", sa.Uuid, nullable=False),
        sa.Column("opportunity_id", sa.Uuid),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("matters_until", sa.DateTime(timezone=True)),
        sa.Column("tried_at", sa.DateTime(timezone=True)),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("settled_by", sa.Uuid),
        sa.Column("settled_because", sa.Text),
        sa.UniqueConstraint("event_id", "person_id", name="not_02_one_call_per_event_and_person"),
        sa.CheckConstraint("why IN ('no-address', 'failed')", name="ck_calls_why"),
        sa.CheckConstraint("settled_because IN ('told', 'has-address', 'read', 'sent', 'over', 'overtaken')", name="ck_calls_settled_because"),
        sa.CheckConstraint("(settled_at IS NULL) = (settled_because IS NULL)", name="ck_calls_settled"),
        sa.CheckConstraint("settled_because <> 'told' OR settled_by IS NOT NULL", name="ck_calls_told_by_somebody"),
    )
    op.create_index("ix_calls_open", "calls", ["person_id", "due_at"], postgresql_where=sa.text("settled_at IS NULL"))
    op.create_index("ix_calls_open_about", "calls", ["about"], postgresql_where=sa.text("settled_at IS NULL"))
    op.create_index("ix_calls_settled", "calls", ["settled_at"], postgresql_where=sa.text("settled_at IS NOT NULL"))
    op.create_index("ix_calls_message_id", "calls", ["message_id"])
