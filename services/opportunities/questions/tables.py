"""What people want to know, and our answers."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, Table, Text, Uuid, func, text

from services.opportunities.words.tables import meta, moment, words

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
    Column("version", Integer, nullable=False, server_default=text("2")),
    words("mailing"),
    words("title_then"),
    Column("too_many", Boolean, nullable=False, server_default="false"),
    moment("finding_out_at", nullable=True),
    CheckConstraint(
        "asker_id IS NOT NULL OR reach <> '' OR answered_at IS NOT NULL", name="opp_22_can_be_answered_or_was"
    ),
    CheckConstraint("mailing IN ('', 'queued', 'sent', 'failed', 'unknown', 'given-up')", name="opp_22_mailing"),
    CheckConstraint("(answered_at IS NULL) = (answer = '')", name="opp_22_answered_in_words"),
    Index(
        "ix_questions_waiting",
        "due_at",
        "id",
        postgresql_where=text("answered_at IS NULL OR mailing IN ('failed', 'unknown')"),
    ),
    Index("ix_questions_reach", func.lower(text("reach")), postgresql_where=text("reach <> ''")),
    Index("ix_questions_reach_kept", "asked_at", postgresql_where=text("reach <> ''")),
    Index("ix_questions_answered", "answered_at", postgresql_where=text("answered_at IS NOT NULL")),
    Index("ix_questions_asker_id", "asker_id"),
)
"""OPP-22: of an opportunity or a listing. asker_id: who was signed in; otherwise reach: the number or address that they
left, "" once it is answered. mailing: the state of the mail to that address. title_then: what it was about, as the mail
named it (NOT-08). too_many: its answer is not mailed by itself. finding_out_at: when the asker was last told that we
are finding out. Personal: none of it is in an event, and answered questions are forgotten after a while (PRI-04)."""
