"""What a giver's page of their feedback says, in words to read out to people who cannot open it (NOT-08)."""

from datetime import date
from uuid import UUID

from services.feedback.queries.given import Ended, answers_of, own, speaker_of
from shared.db import Transaction
from shared.reasons import Missing
from shared.web.filters import day


async def words_of_feedback(
    tx: Transaction, event: str, item_id: UUID, giver: UUID, today: date, *, by: UUID
) -> list[str]:
    """Nothing if the item has gone, is not theirs, is with the safeguarding lead, or came back from them and is about
    who rings (FB-09)."""
    try:
        item = await own(tx, giver, item_id, today, helper=by)
    except Missing:
        return []
    if event == "feedback-words":
        if item.crossing is None:
            return []
        return [f"{item.crossing.host} would read exactly this:", *item.crossing.words.splitlines()]
    if event != "feedback-closed":
        return []
    speaker = await speaker_of(tx, item, today) if item.ending == "joined" else None
    answers = await answers_of(tx, speaker.item_id if speaker else item_id)
    if answers:
        return _answer(answers[-1])
    return [f"It waits for an answer until {day(speaker.due_on)}."] if speaker and speaker.waiting_for else []


def _answer(ended: Ended) -> list[str]:
    whose = "Our answer" if ended.answered_by in (None, "us") else f"The answer of {ended.answered_by}"
    return [f"{whose}:", *ended.text.splitlines()] if ended.text else []
