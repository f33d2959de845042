"""Concerns go to people by name (FB-09). Tasks of old, which every coordinator saw, go: `feedback` names those whose they are."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        "UPDATE tasks SET settled_version = opened_version, settled_at = now() WHERE kind = 'see-concern' AND opened_version > coalesce(settled_version, -1)"
    )
