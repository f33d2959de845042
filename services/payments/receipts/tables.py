"""Receipts: what we know of each file (PAY-05, PAY-13)."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text, Uuid, text

from services.payments.schema import created, metadata, one_of
from shared.db import actor_columns, participant_columns

receipts = Table(
    "receipts",
    metadata,
    Column("id", Uuid, primary_key=True),
    *participant_columns(),
    *actor_columns(),
    Column("stored_name", Text, nullable=False, unique=True),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("kept_sha256", Text),  # of what is kept; none of receipts kept before it was written down
    Column("picture_hash", BigInteger),
    created(),
    CheckConstraint(one_of("media_type", "image/jpeg", "application/pdf"), name="pay_05_media_type"),
    Index("ix_receipts_sha256", "sha256"),
    Index("ix_receipts_kept_sha256", "kept_sha256"),
    *(
        Index(
            f"ix_receipts_picture_{band}",
            text(f"((picture_hash >> {band * 13}) & 8191)"),
            postgresql_where=text("picture_hash IS NOT NULL"),
        )
        for band in range(5)  # "seen before" (PAY-13)
    ),
)
