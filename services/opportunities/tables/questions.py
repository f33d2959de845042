"""What somebody wants to know before they join, and what we answered."""

from sqlalchemy import CheckConstraint, Column, Index, Table, Text, Uuid, text

from services.opportunities.tables.columns import meta, moment, words

questions = Table(
    "questions",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("opportunity_id", Uuid, nullable=False),
    Column("asker_id", Uuid),
    words("reach"),
    Column("words", Text, nullable=False),
    moment("asked_at"),
    moment("due_at"),
    words("answer"),
    moment("answered_at", nullable=True),
    Column("answered_by", Uuid),
    CheckConstraint("asker_id IS NOT NULL OR reach <> ''", name="opp_22_can_be_answered"),
    CheckConstraint("(answered_at IS NULL) = (answer = '')", name="opp_22_answered_in_words"),
    Index("ix_questions_open", "due_at", "id", postgresql_where=text("answered_at IS NULL")),
    Index("ix_questions_answered", "answered_at", postgresql_where=text("answered_at IS NOT NULL")),
    Index("ix_questions_asker_id", "asker_id"),
)
"""OPP-22: of an opportunity or a listing. asker_id: who was signed in; else reach: the number or address that they left. Personal: none of
it is in an event, and an answered one is forgotten after a while (PRI-04)."""
