"""Contributions: other ways to have a say than speaking in the room (OPP-18)."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, Text, Uuid

from services.opportunities.words.tables import meta, moment
from shared.db import actor_columns, participant_columns

contributions = Table(
    "contributions",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("opportunity_id", Uuid, ForeignKey("opportunities.id"), nullable=False),
    *participant_columns(),
    Column("way", Text, nullable=False),
    Column("day", Date, nullable=False),
    CheckConstraint("way IN ('written', 'voice', 'post', 'phone', 'one-to-one')", name="opp_18_way"),
    Index("ix_contributions_opportunity", "opportunity_id", "day", "id"),
    Index("ix_contributions_participant", "participant_id"),
)
"""The row to lock. Records are in contribution_records; version names the current one."""

contribution_records = Table(
    "contribution_records",
    meta,
    Column("contribution_id", Uuid, ForeignKey("contributions.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("counts", Boolean, nullable=False),
    Column("minutes", Integer, nullable=False),
    moment("recorded_at"),
    *actor_columns(),
    CheckConstraint("minutes >= 0 AND (counts OR minutes = 0)", name="opp_18_minutes"),
)
"""Never changed: a correction is a row with the next version. counts: False once it was taken back as a mistake."""
