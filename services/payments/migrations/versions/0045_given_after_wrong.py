"""Details that were given after others had been set aside, and that nobody has checked, wait for a call (PAY-13)."""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

LET_WAIT = """
UPDATE bank_details AS given SET state = 'unconfirmed', waits_since = now(), confirm_by = NULL
 WHERE state = 'confirmed' AND confirmed_by IS NULL AND EXISTS (
       SELECT FROM bank_details AS wrong
        WHERE wrong.participant_id = given.participant_id AND wrong.set_aside_at <= given.given_at AND NOT EXISTS (
              SELECT FROM bank_details AS checked
               WHERE checked.participant_id = given.participant_id AND checked.same_account = given.same_account
                 AND checked.confirmed_at >= wrong.set_aside_at))"""


def upgrade() -> None:
    op.execute(LET_WAIT)


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
