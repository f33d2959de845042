"""Who took a person in or entered their first address or details, and who has confirmed them since (PAY-10, PAY-13)."""

import sqlalchemy as sa
from alembic import op

from shared.messaging.migrations import refuse_changes_of

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INTRODUCED = """
CREATE VIEW unconfirmed_introductions AS
SELECT DISTINCT who.person_id, who.introduced_by FROM (
    SELECT person_id, added_by AS introduced_by FROM cards
     UNION ALL SELECT person_id, email_entered_by FROM cards
     UNION ALL (SELECT DISTINCT ON (participant_id) participant_id, actor_id FROM bank_details ORDER BY participant_id, given_at, id)
    ) AS who
 WHERE introduced_by IS NOT NULL AND introduced_by <> person_id
   AND NOT EXISTS (SELECT FROM bank_details WHERE bank_details.participant_id = who.person_id AND confirmed_by <> introduced_by)
   AND NOT EXISTS (SELECT FROM confirmed_people WHERE confirmed_people.person_id = who.person_id AND confirmed_by <> introduced_by)"""


def upgrade() -> None:
    op.add_column("cards", sa.Column("added_by", sa.Uuid))
    op.add_column("cards", sa.Column("email_entered_by", sa.Uuid))
    op.create_table(
        "confirmed_people",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("confirmed_by", sa.Uuid, nullable=False),
        sa.Column("confirmed_how", sa.Text, nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("confirmed_by <> person_id", name="ck_confirmed_people_pay_10_by_another"),
        sa.CheckConstraint("confirmed_how IN ('in-person', 'rang-known-number')", name="ck_confirmed_people_how"),
        sa.PrimaryKeyConstraint("id", name="pk_confirmed_people"),
    )
    op.create_index("ix_confirmed_people_person_id", "confirmed_people", ["person_id"])
    op.create_index("ix_bank_details_participant_id", "bank_details", ["participant_id", "given_at"])
    refuse_changes_of("confirmed_people")
    op.execute(_INTRODUCED)


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
