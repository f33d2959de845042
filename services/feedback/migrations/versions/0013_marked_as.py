"""Who may set aside what they read is for its owner to say (FB-09): keeps in which role, or that it is still to be asked."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    marked = "the role in which whoever raised it opens what it sets aside; none if its owner was not asked"
    asks = "the roles of whoever raised it, while the owner of what they read is still to be asked"
    op.add_column("concerns", sa.Column("marked_as", sa.Text, nullable=False, server_default="", comment=marked))
    op.add_column("concerns", sa.Column("asks_as", ARRAY(sa.Text), comment=asks))
    op.create_index(
        "ix_concerns_owner_to_ask", "concerns", ["concern_id"], postgresql_where=sa.text("asks_as IS NOT NULL")
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
