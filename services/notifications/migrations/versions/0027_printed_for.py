"""Letters are told apart by a number, and one that is printed for an earlier address, or with earlier words, is noticed
(NOT-01, NOT-06)."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

BECAUSE = "ck_calls_settled_because"


def upgrade() -> None:
    op.add_column("cards", sa.Column("post_changes", sa.Integer))
    op.add_column("cards", sa.Column("post_failed", sa.Integer))
    op.add_column("calls", sa.Column("printed_for", sa.Integer))
    op.add_column("calls", sa.Column("print_again", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.add_column("calls", sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False))
    op.drop_constraint(BECAUSE, "calls", type_="check")
    because = "'told', 'posted', 'unwanted', 'no-address', 'has-address', 'read', 'sent', 'over', 'overtaken', 'too-late'"
    op.create_check_constraint(BECAUSE, "calls", f"settled_because IN ({because})")


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
