"""Whom a task is for: people by name, or a role but for some; its clock in hours, and when it reaches a deputy (PEO-05).

Expands only: audience_role, person_id and due_on keep their meaning, so the tasks that exist need no change. Where there is a role,
person_id is whom the task is about, and who never has it; where there is none, it is who has it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for name in ("people", "except_for"):
        op.add_column("tasks", sa.Column(name, sa.ARRAY(sa.Uuid), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("tasks", sa.Column("deputy_id", sa.Uuid))
    for name in ("reaches_deputy_at", "due_at"):
        op.add_column("tasks", sa.Column(name, sa.DateTime(timezone=True)))
    op.create_index("ix_tasks_open", "tasks", ["kind"], postgresql_where=sa.text("opened_version > coalesce(settled_version, -1)"))
