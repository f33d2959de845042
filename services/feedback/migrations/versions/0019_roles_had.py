"""Keeps the roles that somebody had: a concern may be about them though their role is away, and it must not reach them
when the role comes back (FB-09)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

WORKED_HERE = """
UPDATE cards SET roles_had = CASE WHEN roles && '{administrator,coordinator,approver,finance,operator}' THEN roles
                                  ELSE '{administrator,approver,coordinator}' END
 WHERE roles && '{administrator,coordinator,approver,finance,operator}' OR person_id IN (
   SELECT lead_id FROM namings UNION SELECT deputy_id FROM namings UNION SELECT unnest(given) FROM concerns
   UNION SELECT taken_by FROM concerns UNION SELECT settled_by FROM concerns UNION SELECT unnest(about) FROM concerns
   UNION SELECT written_by_id FROM responses)"""
"""Of those whose role was away before, we know that they had one, and not which: any in which they may stand in."""


def upgrade() -> None:
    comment = "FB-09: ever, while we knew them"
    op.add_column("cards", sa.Column("roles_had", ARRAY(sa.Text), nullable=False, server_default="{}", comment=comment))
    op.create_index("ix_cards_roles_had", "cards", ["roles_had"], postgresql_using="gin")
    op.execute(WORKED_HERE)


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
