"""Who was lead or deputy while away when a concern came was kept as given it, and had it by themselves once they were
back. It may be about them: only who was told of it keeps it, which every event of it since says (FB-09)."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NARROW = """
UPDATE concerns SET given = array(
  SELECT one FROM unnest(given) WITH ORDINALITY AS each (one, place)
   WHERE one = ANY (told) OR one = deputy_id OR EXISTS (
     SELECT FROM outbox WHERE aggregate_id = concern_id
        AND (CAST(body AS jsonb) -> 'people' ? CAST(one AS text) OR CAST(body AS jsonb) ->> 'deputy' = CAST(one AS text)))
   ORDER BY place)
 WHERE given <> '{}'"""


def upgrade() -> None:
    op.execute(NARROW)


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
