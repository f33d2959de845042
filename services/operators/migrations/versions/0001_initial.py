"""Spans and their links."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.messaging.migrations import create_messaging_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_messaging_tables()
    op.create_table(
        "spans",
        sa.Column("trace_id", sa.Text, nullable=False),
        sa.Column("span_id", sa.Text, nullable=False),
        sa.Column("parent_id", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.Boolean, nullable=False),
        sa.Column("attributes", JSONB, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
        sa.PrimaryKeyConstraint("trace_id", "span_id", name="pk_spans"),
    )
    op.create_index("ix_spans_received_at", "spans", ["received_at"])
    op.create_table(
        "span_links",
        sa.Column("trace_id", sa.Text, nullable=False),
        sa.Column("span_id", sa.Text, nullable=False),
        sa.Column("to_trace_id", sa.Text, nullable=False),
        sa.Column("to_span_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("trace_id", "span_id", "to_trace_id", "to_span_id", name="pk_span_links"),
        sa.ForeignKeyConstraint(["trace_id", "span_id"], ["spans.trace_id", "spans.span_id"], ondelete="CASCADE", name="fk_span_links_spans"),
    )
    op.create_index("ix_span_links_to", "span_links", ["to_trace_id"])
