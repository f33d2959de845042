"""Unanswered questions stand while we may answer, and so do sessions that were published (OPP-22, OPP-02)."""

from alembic import op

from shared.messaging.migrations import publish_once

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_FUNCTIONS = (
    # Five days is the least that `question_reach_days` may be; whoever was signed in needs no address to be answered.
    """
    CREATE FUNCTION keep_what_may_be_answered() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.asker_id IS NOT NULL OR OLD.asked_at > clock_timestamp() - interval '5 days'
         + (SELECT make_interval(secs => offset_seconds) FROM business_clock) THEN
        RAISE EXCEPTION 'a question waits for its answer' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN OLD;
    END $$
    """,
    """
    CREATE FUNCTION keep_what_was_published() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM opportunities WHERE id = OLD.opportunity_id AND published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'sessions that were published stay' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN OLD;
    END $$
    """,
)


def upgrade() -> None:
    publish_once()
    for function in _FUNCTIONS:
        op.execute(function)
    op.execute(
        "CREATE TRIGGER questions_wait_for_an_answer BEFORE DELETE ON questions FOR EACH ROW"
        " WHEN (OLD.answered_at IS NULL) EXECUTE FUNCTION keep_what_may_be_answered()"
    )
    op.execute(
        "CREATE TRIGGER questions_stand BEFORE UPDATE OF answered_at, answered_by, answer ON questions FOR EACH ROW"
        " WHEN (OLD.answered_at IS NOT NULL AND (OLD.answered_at, OLD.answered_by, OLD.answer)"
        " IS DISTINCT FROM (NEW.answered_at, NEW.answered_by, NEW.answer)) EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER sessions_were_published BEFORE DELETE ON sessions FOR EACH ROW"
        " EXECUTE FUNCTION keep_what_was_published()"
    )
    op.execute(
        "CREATE TRIGGER opportunities_are_published_once BEFORE UPDATE OF published_at ON opportunities FOR EACH ROW"
        " WHEN (OLD.published_at IS NOT NULL AND NEW.published_at IS DISTINCT FROM OLD.published_at)"
        " EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("Forward only: restore from a backup instead.")
