"""Changes of roles that wait for a second administrator. Somebody may have no role while their first one waits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("ck_people_has_a_role", "people")
    op.create_table(
        "role_requests",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_role_requests_person_id_people"), nullable=False),
        sa.Column("give", ARRAY(sa.Text), nullable=False),
        sa.Column("take", ARRAY(sa.Text), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid),
        sa.Column("answer", sa.Text),
        sa.Column("answered_by", sa.Uuid),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_role_requests"),
        sa.CheckConstraint("answer IN ('confirmed', 'refused', 'taken-back')", name="ck_role_requests_answer"),
        sa.CheckConstraint("cardinality(give) + cardinality(take) > 0", name="ck_role_requests_asks_for_something"),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL)", name="ck_role_requests_answered"),
        sa.CheckConstraint(
            "answer IS DISTINCT FROM 'confirmed' OR (asked_by IS NOT NULL AND answered_by <> asked_by AND answered_by <> person_id)",
            name="ck_role_requests_confirmed_by_another",
        ),
    )
    op.create_index("ix_role_requests_person_id", "role_requests", ["person_id"])
    op.create_index("ix_role_requests_answered_at", "role_requests", ["answered_at"])
    op.create_index("uq_role_requests_one_waiting", "role_requests", ["person_id"], unique=True, postgresql_where=sa.text("answer IS NULL"))
