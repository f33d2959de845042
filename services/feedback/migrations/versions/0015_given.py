"""Naming somebody lead or deputy gives them no concern of before: keeps who was given each, and how long its clock runs
when it begins anew. Whom a concern is about is added to, and never taken from (FB-09)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    given = "everybody who was given it; none: told and deputy_id, as the program before kept it"
    op.add_column("concerns", sa.Column("given", ARRAY(sa.Uuid), nullable=False, server_default="{}", comment=given))
    op.add_column("concerns", sa.Column("hours", sa.Integer, nullable=False, server_default="24", comment="its clock"))
    roles = "whom it is about, as a visitor says it who is told nobody's name: one of those with these roles"
    op.add_column("concerns", sa.Column("about_roles", ARRAY(sa.Text), nullable=False, server_default="{}", comment=roles))
    op.execute(
        "UPDATE concerns SET hours = greatest(1, round(extract(epoch FROM respond_by - raised_at) / 3600))"
        " WHERE respond_by > raised_at"
    )
    op.execute(
        "CREATE TRIGGER concerns_keep_whom_they_are_about BEFORE UPDATE ON concerns FOR EACH ROW"
        " WHEN (NOT NEW.about @> OLD.about OR NEW.respond_by < OLD.respond_by) EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
