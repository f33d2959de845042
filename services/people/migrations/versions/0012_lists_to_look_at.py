"""What a given list would change of those we hold: kept for whoever gave it to look at, until it is taken in; and what its file was called."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("given_lists", sa.Column("file_name", sa.Text))
    op.add_column("given_lists", sa.Column("seal", sa.LargeBinary))
    op.create_table(
        "list_changes",
        sa.Column("list_id", sa.Uuid, sa.ForeignKey("given_lists.id", name="fk_list_changes_list_id_given_lists", ondelete="CASCADE"), nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("changes", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("list_id", "row", name="pk_list_changes"),
    )


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
