"""Passkeys, and the challenges that browsers answer with them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("people.id", name="fk_passkeys_person_id_people", ondelete="CASCADE"), nullable=False),
        sa.Column("credential_id", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("counter", sa.BigInteger, nullable=False),
        sa.Column("rp_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        _moment("added_at"),
        _moment("used_at", nullable=True),
        _moment("stopped_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("credential_id", name="uq_passkeys_credential_id"),
        sa.CheckConstraint("counter >= 0", name="ck_passkeys_counts_up"),
    )
    op.create_index("ix_passkeys_person_id", "passkeys", ["person_id"])
    op.create_table(
        "passkey_challenges",
        sa.Column("session_id", sa.Uuid, sa.ForeignKey("sessions.id", name="fk_passkey_challenges_session_id_sessions", ondelete="CASCADE"), nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("challenge", sa.LargeBinary, nullable=False),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("session_id", "purpose", name="pk_passkey_challenges"),
        sa.CheckConstraint("purpose IN ('add', 'confirm')", name="ck_passkey_challenges_purpose"),
    )
    op.create_index("ix_passkey_challenges_expires_at", "passkey_challenges", ["expires_at"])


def downgrade() -> None:
    raise NotImplementedError("Going back would lose everybody's passkeys. Restore a backup instead.")
