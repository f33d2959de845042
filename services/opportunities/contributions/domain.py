"""Other ways to have a say than speaking in the room (OPP-18). The time counts as participation and is paid alike."""

from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

from services.opportunities.register.domain import LONGEST_TIME
from services.opportunities.words.domain import State
from shared.clock import day as day_of
from shared.reasons import Reason
from shared.text import in_hours

Way = Literal["written", "voice", "post", "phone", "one-to-one"]
WAY_WORDS: dict[Way, str] = {
    "written": "In writing",
    "voice": "As a voice note",
    "post": "By post",
    "phone": "On the phone",
    "one-to-one": "One to one, with one of us",
}
LONG_TIME = 180
"""Minutes above which staff say that it is right: minutes are money, and typing mistakes are easy."""


def reasons_not_to_record_contribution(state: State, day: date, published_on: date, today: date) -> list[Reason]:
    """OPP-18: something that happened, about something published. It may be written down much later."""
    if state == "draft":
        return [Reason("OPP-18", "This is not published, so nobody can have had their say yet.")]
    if day > today:
        return [Reason("OPP-18", "This day has not come yet. Write it down when it has happened.", "day")]
    if day < published_on:
        return [Reason("OPP-18", "Check the day. This opportunity was published later than that.", "day")]
    return []


def reasons_not_to_write_own(participant: UUID, recorder: UUID | None) -> list[Reason]:
    """OPP-18, PAY-10: it is money on one person's word, so that person is never the one who is paid."""
    if participant != recorder:
        return []
    return [Reason("PAY-10", "This is your own. Somebody else of us writes it down, because you are paid for it.")]


def reasons_against_time(minutes: int, sure_of: int | None) -> list[Reason]:
    """OPP-18. sure_of: the minutes that were checked and confirmed."""
    if minutes < 1:
        return [Reason("OPP-18", "Write how many minutes it took them. Thinking and writing count.", "minutes")]
    if minutes > LONGEST_TIME:
        return [Reason("OPP-18", f"Check the minutes: {LONGEST_TIME} is the most that can be recorded.", "minutes")]
    if minutes > LONG_TIME and minutes != sure_of:
        asked = f"Is this right? {minutes} minutes is {in_hours(minutes)}. Correct it, or say that it is right"
        return [Reason("OPP-18", asked, "minutes")]
    return []


def reasons_to_ask_about_another(alike: Sequence[tuple[Way, date, int]], *, is_another: bool) -> list[Reason]:
    """OPP-18: two on one day may be one contribution, written down twice; so may any two where people do one thing in
    their own time. alike: the way, day and minutes of each."""
    if not alike or is_another:
        return []
    had = " and ".join(f"{minutes} minutes ({_in_a_sentence(way)}) on {day_of(on)}" for way, on, minutes in alike)
    asked = f"Somebody has written down {had} for them already. Say whether this is another one"
    return [Reason("OPP-18", asked, "another")]


def reasons_to_ask_about_late(day: date, closes_on: date | None, *, is_late: bool) -> list[Reason]:
    """OPP-18, OPP-01: after the last day people may still have had their say, by post or on the phone; or the day is a
    typing mistake."""
    if closes_on is None or day <= closes_on or is_late:
        return []
    return [Reason("OPP-18", f"The last day was {day_of(closes_on)}. Check the day, or say that it was later", "late")]


def _in_a_sentence(way: Way) -> str:
    words = WAY_WORDS[way]
    return words[0].lower() + words[1:]


def reasons_not_to_correct(version: int, seen: int) -> list[Reason]:
    """OPP-18: nobody overwrites what somebody else wrote since the page was opened."""
    if version == seen:
        return []
    return [Reason("OPP-18", "Somebody else has changed this since you opened the page. Look at it once more")]
