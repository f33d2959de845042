"""Shows everybody an answer, and takes it back (OPP-22)."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from services.opportunities.answers.domain import Shown, reasons_not_to_show
from services.opportunities.answers.queries import shown_of
from services.opportunities.answers.tables import answers
from services.opportunities.people.queries import names_in
from services.opportunities.words.domain import reasons_against_naming
from shared.db import Transaction, new_id
from shared.events import ParticipantRef
from shared.events.opportunities import AnswersGone, AnswerShown
from shared.messaging import outbox, steps
from shared.reasons import Missing, Reason, refuse


async def show(
    tx: Transaction,
    question_id: UUID,
    opportunity_id: UUID,
    shown: Shown,
    *,
    asker: ParticipantRef | None,
    who_asked: Collection[str],
    reach: str,
    forgotten: bool,
    ours: Collection[str],
    looked: bool,
) -> None:
    """Everybody reads it, and people with a place are told. The caller has locked the question. Two shown at once are
    counted one after the other, of a listing as well.

    who_asked, reach, ours: as of `reasons_against_words`; forgotten, looked: as of `reasons_to_look`."""
    one_at_a_time = func.hashtextextended(f"opportunities.answers {opportunity_id}", 0)
    await tx.execute(select(func.pg_advisory_xact_lock(one_at_a_time)))
    already = select(func.count()).select_from(answers).where(answers.c.opportunity_id == opportunity_id)
    count = await tx.scalar(already) or 0
    known = {"who_asked": who_asked, "reach": reach, "forgotten": forgotten, "ours": ours}
    reasons = reasons_not_to_show(shown, **known, already=count, looked=looked)
    refuse(reasons + await reasons_against_names(tx, shown))
    words = {"question": shown.question.strip(), "answer": shown.answer.strip()}
    of = {"question_id": question_id, "opportunity_id": opportunity_id}
    answer_id = new_id()
    new = insert(answers).values(id=answer_id, shown_at=tx.now, **of, **words)
    if (await tx.execute(new.on_conflict_do_nothing(index_elements=["question_id"]))).rowcount:
        await outbox.add(tx, AnswerShown(version=1, answer_id=answer_id, opportunity_id=opportunity_id, asker=asker))
        await steps.add(tx, "answer-shown", about=question_id, opportunity_id=opportunity_id)
        if looked:
            await steps.add(tx, "words-looked-at", about=question_id, opportunity_id=opportunity_id)


async def reasons_against_names(tx: Transaction, shown: Shown) -> list[Reason]:
    """NET-02: what everybody reads names nobody who takes part with us."""
    reasons = reasons_against_naming(await names_in(tx, shown.question, of_participants=True), "question")
    return reasons + reasons_against_naming(await names_in(tx, shown.answer, of_participants=True), "answer")


async def take_back(tx: Transaction, question_id: UUID, *, theirs_too: bool) -> None:
    """Nobody reads it here any longer; people still to be told of an answer are not, if it was the last. Missing if
    nobody reads it now. theirs_too: everybody also reads answers of the organisation that runs it."""
    gone = delete(answers).where(answers.c.question_id == question_id)
    taken = await tx.first(gone.returning(answers.c.id, answers.c.opportunity_id))
    if taken is None:
        raise Missing
    it = taken.opportunity_id
    await steps.add(tx, "answer-taken-back", about=question_id, opportunity_id=it)
    if not theirs_too and not await shown_of(tx, it):
        await outbox.add(tx, AnswersGone(version=2, answer_id=taken.id, opportunity_id=it))
