"""What everybody reads of people's questions."""

from sqlalchemy import Column, Index, Table, Text, UniqueConstraint, Uuid

from services.opportunities.words.tables import meta, moment

answers = Table(
    "answers",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("question_id", Uuid, nullable=False),
    Column("opportunity_id", Uuid, nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    moment("shown_at"),
    UniqueConstraint("question_id", name="opp_22_shown_once"),
    Index("ix_answers_opportunity_id", "opportunity_id", "shown_at"),
)
"""OPP-22: of an opportunity or a listing. Public, and in our own words: nothing here says who asked, and it stays when
the question itself is forgotten (PRI-04). The row is deleted when the answer is taken back."""
