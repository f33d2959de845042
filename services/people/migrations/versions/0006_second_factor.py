"""Second factors, their recovery codes and resets; how sign-ins are shown; drafts of what was being sent."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _person(table: str, column: str = "person_id", *, nullable: bool = False) -> sa.Column:
    key = sa.ForeignKey("people.id", name=f"fk_{table}_{column}_people", ondelete="CASCADE")
    return sa.Column(column, sa.Uuid, key, nullable=nullable)


def upgrade() -> None:
    op.add_column("sessions", _moment("factor_at", nullable=True))
    op.add_column("sessions", _moment("last_used_at", nullable=True))
    op.add_column("sessions", sa.Column("device", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "factors",
        _person("factors"),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        _moment("made_at"),
        _moment("confirmed_at", nullable=True),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_factors"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Uuid, nullable=False),
        _person("recovery_codes"),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        _moment("used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_codes"),
    )
    op.create_index("ix_recovery_codes_person_id", "recovery_codes", ["person_id"])
    op.create_table(
        "factor_resets",
        sa.Column("id", sa.Uuid, nullable=False),
        _person("factor_resets"),
        _person("factor_resets", "asked_by"),
        _moment("asked_at"),
        _person("factor_resets", "answered_by", nullable=True),
        _moment("answered_at", nullable=True),
        sa.Column("answer", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_factor_resets"),
        sa.CheckConstraint("answer IN ('confirmed', 'refused')", name="ck_factor_resets_answer"),
        sa.CheckConstraint("asked_by <> person_id AND (answer <> 'confirmed' OR answered_by NOT IN (person_id, asked_by))", name="ck_factor_resets_two_others"),
    )
    op.create_index("uq_factor_resets_one_waiting", "factor_resets", ["person_id"], unique=True, postgresql_where=sa.text("answer IS NULL"))
    op.create_table(
        "drafts",
        sa.Column("id", sa.LargeBinary, nullable=False),
        sa.Column("person_id", sa.Uuid),
        sa.Column("acting_for", sa.Uuid),
        sa.Column("content", sa.LargeBinary, nullable=False),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
    )
    op.create_index("ix_drafts_expires_at", "drafts", ["expires_at"])


def downgrade() -> None:
    raise NotImplementedError("Going back would lose everybody's second step. Restore a backup instead.")
