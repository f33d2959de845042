"""What tells two people of one name apart in the lists of staff; asked of people until it is told."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cards", sa.Column("told_apart_by", sa.Text))
    op.create_index("ix_cards_apart_unknown", "cards", ["person_id"], postgresql_where=sa.text("told_apart_by IS NULL"))


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
