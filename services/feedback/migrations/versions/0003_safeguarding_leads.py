"""Safeguarding lead and deputy are people, named on a page; each concern keeps who has it (FB-09).

A concern that is open has nobody yet: the first run of the job `follow-concerns` finds who is to have it, and tells them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cards", sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index("ix_cards_roles", "cards", ["roles"], postgresql_using="gin")
    _give_concerns_their_readers()
    _create_namings()
    op.create_table(
        "watch",
        sa.Column("leads_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("missing", sa.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("leads_id", name=op.f("pk_watch")),
        comment="FB-09: what was last said of whether there are a lead and a deputy.",
    )


def _give_concerns_their_readers() -> None:
    op.add_column("concerns", sa.Column("version", sa.Integer(), server_default="0", nullable=False))
    op.add_column("concerns", sa.Column("told", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False, comment="who has it first, in order"))
    op.add_column("concerns", sa.Column("deputy_id", sa.Uuid(), nullable=True, comment="who has it besides"))
    comment = "its hours ran out, and it was said"
    op.add_column("concerns", sa.Column("run_out", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment=comment))


def _create_namings() -> None:
    op.create_table(
        "namings",
        sa.Column("naming_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("deputy_id", sa.Uuid(), nullable=True, comment="none only where a setting of old named one person"),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by_kind", sa.Text(), nullable=False),
        sa.Column("named_by_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("naming_id", name=op.f("pk_namings")),
        comment="FB-09: who was named as safeguarding lead and deputy. The newest stands; none is ever changed.",
    )
    op.execute("CREATE TRIGGER namings_are_never_changed BEFORE UPDATE OR DELETE ON namings FOR EACH ROW EXECUTE FUNCTION refuse_change()")
