"""What was held before an address or a telephone number changed, and who entered it (PAY-10, PAY-13)."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("added_by", sa.Uuid))
    op.execute(
        """
        UPDATE people SET added_by = steps.actor_id FROM steps
         WHERE steps.about = people.id AND steps.what IN ('person-added', 'person-imported') AND steps.actor_id <> people.id"""
    )
    op.create_table(
        "contact_changes",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("people.id", name="fk_contact_changes_person_id_people", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("old_value", sa.Text, nullable=False),
        sa.Column("new_value", sa.Text, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("changed_by", sa.Uuid),
        sa.Column("acting_for", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_contact_changes"),
        sa.CheckConstraint("kind IN ('email', 'phone')", name="ck_contact_changes_kind"),
        sa.CheckConstraint("old_value <> new_value", name="ck_contact_changes_changes_something"),
    )
    op.create_index("ix_contact_changes_person", "contact_changes", ["person_id", "kind", "changed_at"])
    for kind in ("email", "phone"):
        # What is held now was held since they came, as far as anybody can tell.
        op.execute(
            f"""
            INSERT INTO contact_changes (id, person_id, kind, old_value, new_value, changed_at, actor_kind, changed_by)
            SELECT gen_random_uuid(), id, '{kind}', '', {kind}, joined_at, CASE WHEN added_by IS NULL THEN 'system' ELSE 'person' END, added_by
              FROM people WHERE coalesce({kind}, '') <> ''"""
        )


def downgrade() -> None:
    raise NotImplementedError("Going back would lose which number was held before. Restore a backup instead.")
