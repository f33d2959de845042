"""Mails an answer to somebody without an account, at the address that they left (OPP-22).

Such a mail has no person, no choice of channels and nothing to switch off. opportunities holds the address and words
and gives them at hand-over; our row holds ids alone. As for messages, it is marked before the mail server is called, so
that one that may have gone out is never sent again by itself (NOT-02)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.notifications.domain.delivery import wait_before_retry
from services.notifications.gateways import letters
from services.notifications.gateways.mail import Mailer, Outcome, mailer
from services.notifications.use_cases.handover import AWAY_SECONDS, HANDING_OVER_SECONDS
from shared.db import SYSTEM, Command, Transaction
from shared.events.notifications import AnswerMailed
from shared.events.opportunities import QuestionAnswered, QuestionFindingOut
from shared.mail import PROBLEMS
from shared.messaging import outbox, steps
from shared.service import Service

MOST_AT_ONCE = 20

_TO_MAIL = text(
    "INSERT INTO answer_mails (question_id, version, caused_by, state, created_at) VALUES (:question_id, :version, "
    ":caused_by, 'queued', :now)"
    " ON CONFLICT (question_id) DO UPDATE SET version = excluded.version, caused_by = excluded.caused_by, state = "
    "'queued', failures = 0,"
    " due_at = clock_timestamp(), lease_until = NULL, settled_at = NULL WHERE answer_mails.version < excluded.version"
)
_DUE = text(
    "SELECT question_id, version FROM answer_mails WHERE state = 'queued' AND due_at <= clock_timestamp() ORDER BY "
    "due_at, question_id LIMIT :most"
)
_MARK = text(
    "UPDATE answer_mails SET state = 'handing-over', lease_until = clock_timestamp() + make_interval(secs => :seconds)"
    " WHERE question_id = :question_id AND version = :version AND state = 'queued' AND due_at <= clock_timestamp()"
)
_PUT_OFF = text(
    "UPDATE answer_mails SET due_at = clock_timestamp() + make_interval(secs => :seconds) WHERE state = 'queued' AND "
    "question_id = ANY(:question_ids)"
)
_TRY_LATER = text(
    "UPDATE answer_mails SET state = 'queued', failures = failures + 1, due_at = clock_timestamp() + :wait, "
    "lease_until = NULL WHERE question_id = :question_id"
)
_SETTLE = text(
    "UPDATE answer_mails SET state = :state, settled_at = :now, lease_until = NULL WHERE question_id = :question_id"
)
_LEFT_OVER = text(
    "SELECT * FROM answer_mails WHERE state = 'handing-over' AND lease_until < clock_timestamp() FOR UPDATE SKIP LOCKED"
)
_LOCKED = text("SELECT * FROM answer_mails WHERE question_id = :question_id FOR UPDATE")


async def tell_by_mail(tx: Transaction, event: QuestionAnswered | QuestionFindingOut) -> None:
    """Once for each version of the question: if it is heard again, nothing is mailed twice (NOT-02)."""
    await tx.execute(
        _TO_MAIL, {"question_id": event.question_id, "version": event.version, "caused_by": tx.cause, "now": tx.now}
    )


async def mail_answers(service: Service) -> None:
    """Mails all that are due, some at a time. Gives up for now if opportunities or the mail server is away."""
    while await _mail_some(service):
        pass


async def _mail_some(service: Service) -> bool:
    """True if there may be more to do at once."""
    due = await service.database.read(lambda tx: tx.all(_DUE, {"most": MOST_AT_ONCE}))
    if not due:
        return False
    try:
        asked = {"question_ids": [str(row.question_id) for row in due]}
        answers = (await service.requests("opportunities.answers.notifications", asked))["answers"]
        assert service.mail is not None
        async with mailer(service.mail) as connection:
            for row in due:
                await _mail_one(service, connection, row, answers.get(str(row.question_id)))
    except (ConnectionError, TimeoutError, *PROBLEMS) as error:
        service.log.warning("answers-not-mailed-now", error=type(error).__name__, answers=len(due))
        left = {"question_ids": [row.question_id for row in due], "seconds": AWAY_SECONDS}
        await service.database.run(Command("put-off-answers", SYSTEM), lambda tx: tx.execute(_PUT_OFF, left))
        return False
    return len(due) == MOST_AT_ONCE


async def _mail_one(service: Service, connection: Mailer, row: Row[Any], answer: Mapping[str, Any] | None) -> None:
    which = {"question_id": row.question_id, "version": row.version, "seconds": HANDING_OVER_SECONDS}

    async def mark(tx: Transaction) -> bool:
        return (await tx.execute(_MARK, which)).rowcount == 1

    if not await service.database.run(Command("mark-handing-over", SYSTEM), mark):
        return
    outcome: Outcome = "refused"  # the address is already deleted, or the question has changed
    if answer is not None and answer["version"] == row.version:
        try:
            mail = letters.answer_as_mail(row.question_id, answer, service.settings)
        except ValueError:  # no address
            pass
        except Exception as error:  # a template that does not fit its facts
            service.log.error("answer-not-written", question=str(row.question_id), error=type(error).__name__)
            outcome = "later"
        else:
            outcome = await connection.hand_over(mail, answer["address"])
    command = Command("record-answer-mailed", SYSTEM)
    await service.database.run(command, lambda tx: _record(tx, row.question_id, row.version, outcome))


async def _record(tx: Transaction, question_id: UUID, version: int, outcome: Outcome) -> None:
    row = await tx.one(_LOCKED, {"question_id": question_id})
    if row.version != version or row.state != "handing-over":
        return
    wait = wait_before_retry(row.failures + 1) if outcome == "later" else None
    if wait is not None:
        await tx.execute(_TRY_LATER, {"question_id": question_id, "wait": wait})
        await steps.add(tx, "answer-mail-try-later", about=question_id, caused_by=row.caused_by)
    else:
        await _settle(tx, row, outcome if outcome in ("sent", "unknown") else "failed")


async def find_left_over(tx: Transaction) -> None:
    """A mail that was being handed over when a worker died may have gone out; a coordinator decides."""
    left: Sequence[Row[Any]] = await tx.all(_LEFT_OVER)
    for row in left:
        await _settle(tx, row, "unknown")


async def _settle(tx: Transaction, row: Row[Any], outcome: Any) -> None:
    await tx.execute(_SETTLE, {"question_id": row.question_id, "state": outcome, "now": tx.now})
    await outbox.add(
        tx, AnswerMailed(version=row.version, question_id=row.question_id, outcome=outcome), caused_by=row.caused_by
    )
    await steps.add(tx, f"answer-mail-{outcome}", about=row.question_id, caused_by=row.caused_by)
