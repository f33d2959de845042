"""Money that came back once more than it is seen to have gone out waits as unseen (PAY-12): the program before this one
called it as it calls a line that the bank undid, which books nothing, so nobody could decide about it.
"""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE bank_entries SET because = 'unseen' WHERE state = 'near' AND because = 'reversal' AND pence > 0"
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
