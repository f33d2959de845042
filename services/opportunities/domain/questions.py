"""Asking about something before one joins, and getting an answer (OPP-05, OPP-22)."""

from collections.abc import Iterable
from datetime import datetime

from services.opportunities.domain.words import is_written
from shared.clock import london_date, london_datetime
from shared.reasons import Reason
from shared.working_days import add_working_days

ANSWER_DAYS = 3
"""Working days in which we answer, until this hour in London."""
ANSWERING_ENDS = 17


def reasons_not_to_ask_us(words: str, reach: str, *, signed_in: bool) -> list[Reason]:
    """OPP-22: a question needs words and a way to answer it. Nobody need join, or say who they are (OPP-05)."""
    reasons = [] if is_written(words) else [Reason("OPP-22", "Write what you would like to know.", "words")]
    if not signed_in and sum(each.isdigit() for each in reach) < 6 and "@" not in reach:
        reasons.append(Reason("OPP-22", "Give a phone number or an email address, so that we can answer you.", "reach"))
    return reasons


def answer_question_by(now: datetime, starts: Iterable[datetime]) -> datetime:
    """OPP-22: by when it is answered: within three working days, and with half of the time left before the next session."""
    usual = london_datetime(add_working_days(london_date(now), ANSWER_DAYS), ANSWERING_ENDS)
    first = min((moment for moment in starts if moment > now), default=None)
    return usual if first is None else min(usual, now + (first - now) / 2)


def reasons_not_to_answer_question(answer: str, *, answered: bool) -> list[Reason]:
    """OPP-22: a question is answered once, in words."""
    if answered:
        return [Reason("OPP-22", "Somebody has answered this already.")]
    return [] if is_written(answer) else [Reason("OPP-22", "Write the answer.", "answer")]
