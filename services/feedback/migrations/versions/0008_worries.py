"""A concern may be about something that is no feedback (FB-09): anybody tells of it, or staff read it elsewhere."""

from alembic import op
from sqlalchemy import Column, Text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_READ_AT = "the page of ours where staff read it; none if it is feedback, or somebody told us"
_REACH = "how to reach who told us without signing in; none if they did not say"


def upgrade() -> None:
    op.alter_column("concerns", "item_id", nullable=True)
    op.alter_column("concerns", "raised_by", nullable=True)
    op.add_column("concerns", Column("read_at", Text, nullable=False, server_default="", comment=_READ_AT))
    op.add_column("concerns", Column("reach", Text, nullable=False, server_default="", comment=_REACH))


def downgrade() -> None:
    op.drop_column("concerns", "reach")
    op.drop_column("concerns", "read_at")
    op.alter_column("concerns", "raised_by", nullable=False)
    op.alter_column("concerns", "item_id", nullable=False)
