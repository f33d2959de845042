"""What somebody was called when a message to them was written: it goes on greeting them so (NOT-08)."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("messages", sa.Column("card_version", sa.Integer))
    op.create_table(
        "names",
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("cards.person_id", ondelete="CASCADE"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "version"),
    )
    op.execute("INSERT INTO names (person_id, version, name) SELECT person_id, version, name FROM cards")
