"""The last number that each person was sent for the calendar entries of an opportunity: it only grows, whichever place it was for (NOT-05)."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ONLY_GROWS = """
CREATE FUNCTION calendar_number_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.number <= OLD.number OR (NEW.person_id, NEW.opportunity_id) <> (OLD.person_id, OLD.opportunity_id) THEN
        RAISE EXCEPTION 'the number of a calendar entry only grows';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "calendar_numbers",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("opportunity_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "opportunity_id", name="pk_calendar_numbers"),
    )
    op.execute(
        "INSERT INTO calendar_numbers (person_id, opportunity_id, number)"
        " SELECT participant_id, opportunity_id, max(CAST(facts ->> 'sequence' AS integer)) FROM messages"
        " WHERE facts ? 'sequence' AND opportunity_id IS NOT NULL GROUP BY participant_id, opportunity_id"
    )
    op.execute(_ONLY_GROWS)
    op.execute(
        "CREATE TRIGGER not_05_calendar_number_only_grows BEFORE UPDATE OR DELETE ON calendar_numbers"
        " FOR EACH ROW EXECUTE FUNCTION calendar_number_only_grows()"
    )
