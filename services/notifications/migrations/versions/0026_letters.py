"""Letters by post: a channel of messages, and a way of telling by hand beside the telephone (NOT-01, NOT-08)."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ONCE = "not_02_one_call_per_event_and_person"  # the program of the version before knows it by this name


def upgrade() -> None:
    op.add_column("calls", sa.Column("way", sa.Text, nullable=False, server_default="phone"))
    op.add_column("calls", sa.Column("printed_at", sa.DateTime(timezone=True)))
    op.add_column("calls", sa.Column("needless", sa.Text))
    op.drop_constraint(ONCE, "calls")
    op.create_unique_constraint(ONCE, "calls", ["event_id", "person_id", "way"])
    _check("calls", "way", "way IN ('phone', 'letter')", new=True)
    _check("calls", "why", "why IN ('no-address', 'failed', 'held-before', 'chosen', 'too-soon')")
    because = "'told', 'posted', 'unwanted', 'no-address', 'has-address', 'read', 'sent', 'over', 'overtaken'"
    _check("calls", "settled_because", f"settled_because IN ({because})")
    _check("calls", "posted_by_somebody", "settled_because <> 'posted' OR settled_by IS NOT NULL", new=True)
    _check("messages", "channel_exists", "channel IN ('email', 'letter', 'in-app')")


def _check(table: str, name: str, rule: str, *, new: bool = False) -> None:
    if not new:
        op.drop_constraint(f"ck_{table}_{name}", table, type_="check")
    op.create_check_constraint(f"ck_{table}_{name}", table, rule)


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
