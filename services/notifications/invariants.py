"""SQL that must return no rows, after any crash, repeat or change of order. Each row holds ids alone."""

from collections.abc import Iterable

from services.notifications.domain.messages import kinds_that, may_opt_out
from services.notifications.domain.task_rules import TASKS


def _any_of(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


INVARIANTS = {
    "NOT-02 two messages for one event, person and channel": """
        SELECT event_id FROM messages GROUP BY event_id, participant_id, channel HAVING count(*) > 1
    """,
    "NOT-02 two reminders of one session at one time for one person in one channel": """
        SELECT session_id FROM messages WHERE template = 'session-reminder'
         GROUP BY session_id, CAST(facts ->> 'starts_at' AS timestamptz), participant_id, channel HAVING count(*) > 1
    """,
    "NOT-02 two reminders of one last day for one person in one channel": """
        SELECT opportunity_id FROM messages WHERE template = 'closing-reminder'
         GROUP BY opportunity_id, facts ->> 'closes_on', participant_id, channel HAVING count(*) > 1
    """,
    "NOT-02 two messages that one opportunity is cancelled for one person in one channel": """
        SELECT opportunity_id FROM messages WHERE template = 'opportunity-cancelled'
         GROUP BY opportunity_id, participant_id, channel HAVING count(*) > 1
    """,
    "NOT-02 written although we knew that the person had opted out of its kind": f"""
        SELECT m.message_id FROM messages m JOIN cards c ON c.person_id = m.participant_id
         WHERE m.kind = ANY(c.opted_out) AND m.kind IN ({_any_of(kinds_that(may_opt_out))})
           AND m.queued_at > c.stored_at
    """,
    "NOT-06 sent without an event that says so": """
        SELECT message_id FROM messages m WHERE m.state = 'sent' AND NOT EXISTS (
            SELECT FROM outbox o WHERE o.aggregate_id = m.message_id AND o.subject = CASE m.channel WHEN 'letter'
              THEN 'notifications.letter-posted.v1' ELSE 'notifications.message-sent.v1' END
              AND o.version = m.version)
    """,
    "NOT-06 failed or unknown without an event that says so": """
        SELECT message_id FROM messages m WHERE m.state IN ('failed', 'unknown') AND NOT EXISTS (
            SELECT FROM outbox o WHERE o.aggregate_id = m.message_id AND o.subject = CASE m.channel WHEN 'letter'
              THEN 'notifications.letter-failed.v1' ELSE 'notifications.message-failed.v1' END
              AND o.version = m.version)
    """,
    "NOT-06 handing over long past its lease": """
        SELECT message_id FROM messages
         WHERE state = 'handing-over' AND lease_until < clock_timestamp() - interval '2 minutes'
    """,
    "NOT-06 failed or unknown without a reason": """
        SELECT message_id FROM messages WHERE state IN ('failed', 'unknown') AND reason IS NULL
    """,
    "NOT-08 a letter that waits, and that nobody is asked to post": """
        SELECT message_id FROM messages m WHERE m.channel = 'letter' AND m.state = 'queued' AND NOT EXISTS (
            SELECT FROM calls k WHERE k.message_id = m.message_id AND k.settled_at IS NULL)
    """,
    "PEO-05 a task for nobody": """
        SELECT task_id FROM tasks
         WHERE opened_version IS NOT NULL AND audience_role IS NULL AND person_id IS NULL AND people = '{}'
           AND deputy_id IS NULL
    """,
    "FB-09 a concern that a whole role sees": f"""
        SELECT task_id FROM tasks
         WHERE kind IN ({_any_of(kind for kind, rule in TASKS.items() if rule.own_eyes)}) AND audience_role IS NOT NULL
           AND opened_version > coalesce(settled_version, -1)
    """,
    "PEO-05 an offer to answer of what was cancelled": """
        SELECT t.task_id FROM tasks t JOIN opportunities o USING (opportunity_id)
         WHERE t.kind = 'answer-offer' AND t.opened_version > coalesce(t.settled_version, -1) AND o.cancelled
    """,
    "OPP-05 a place that is held and waited for at once": """
        SELECT place_id FROM places WHERE held AND waiting
    """,
    "PEO-05 a task to confirm a claim that was settled": """
        SELECT t.task_id FROM tasks t JOIN claims c ON c.claim_id = t.about
         WHERE t.kind = 'confirm-claim' AND t.opened_version > coalesce(t.settled_version, -1)
           AND c.state IN ('paid', 'refused', 'declined')
    """,
    "OPP-22 an answer was mailed, or was not, without an event that says so": """
        SELECT question_id FROM answer_mails a WHERE a.state IN ('sent', 'failed', 'unknown') AND NOT EXISTS (
            SELECT FROM outbox o WHERE o.aggregate_id = a.question_id AND o.subject = 'notifications.answer-mailed.v1'
              AND o.version = a.version)
    """,
}
