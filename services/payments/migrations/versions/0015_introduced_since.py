"""Who had a hand in how a person is reached, and since when: a confirmation covers what was known when it was made (PAY-10, PAY-13)."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_UNCONFIRMED = """
CREATE OR REPLACE VIEW unconfirmed_introductions AS
SELECT DISTINCT who.person_id, who.introduced_by FROM (
    SELECT person_id, introduced_by, heard_at AS since FROM introductions
     UNION ALL SELECT person_id, added_by, '-infinity' FROM cards WHERE NOT introductions_known
     UNION ALL SELECT person_id, email_entered_by, '-infinity' FROM cards WHERE NOT introductions_known
     UNION ALL SELECT participant_id, actor_id, given_at FROM bank_details
    ) AS who
 WHERE introduced_by IS NOT NULL AND introduced_by <> person_id
   AND NOT EXISTS (SELECT FROM bank_details
                    WHERE bank_details.participant_id = who.person_id AND confirmed_by <> introduced_by AND confirmed_at >= since)
   AND NOT EXISTS (SELECT FROM confirmed_people
                    WHERE confirmed_people.person_id = who.person_id AND confirmed_by <> introduced_by AND confirmed_at >= since)"""


def upgrade() -> None:
    op.create_table(
        "introductions",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("introduced_by", sa.Uuid, nullable=False),
        sa.Column("introduced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "introduced_by", name="pk_introductions"),
    )
    op.add_column("cards", sa.Column("introductions_known", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.add_column("bank_details", sa.Column("waits_since", sa.DateTime(timezone=True)))
    op.create_index("ix_cards_introductions_unknown", "cards", ["person_id"], postgresql_where=sa.text("NOT introductions_known"))
    op.execute(_UNCONFIRMED)


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
