"""Keeps of each concern what it sets aside, so that concerns about one thing are found without the others; and says it
once of those that were raised before events said so (FB-09)."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PAGES = (
    f"^/opportunities/staff/questions/({_ID})(?:/show)?$",
    f"^/opportunities/staff/{_ID}/needs/({_ID})$",
    f"^/payments/approve/({_ID})$",
)
BRING_OVER = [
    f"UPDATE concerns SET source_id = CAST((regexp_match(read_at, '{page}'))[1] AS uuid), "
    f"source_to_say = outcome IS DISTINCT FROM 'returned' WHERE read_at ~ '{page}'"
    for page in _PAGES
]


def upgrade() -> None:
    op.add_column("concerns", sa.Column("source_id", sa.Uuid, comment="the question, need or claim that it sets aside"))
    to_say = "events do not say yet what it sets aside"
    op.add_column(
        "concerns",
        sa.Column("source_to_say", sa.Boolean, nullable=False, server_default=sa.text("false"), comment=to_say),
    )
    for statement in BRING_OVER:
        op.execute(statement)
    op.drop_index("ix_concerns_with_a_source", "concerns")
    op.create_index(
        "ix_concerns_source",
        "concerns",
        ["source_id"],
        postgresql_where=sa.text("source_id IS NOT NULL AND outcome IS DISTINCT FROM 'returned'"),
    )
    op.create_index(
        "ix_concerns_source_to_say", "concerns", ["concern_id"], postgresql_where=sa.text("source_to_say")
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
