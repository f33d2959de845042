"""Which news goes by post to people who chose letters, and by when (NOT-01, NOT-08)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.notifications.domain.calls import RINGING_ENDS, is_said_as_it_is_now
from services.notifications.domain.messages import KINDS, MESSAGES
from shared.clock import london_date, london_datetime
from shared.clock import moment as said_moment
from shared.reasons import Reason
from shared.working_days import add_working_days

POST_DAYS = 1
"""Working days within which we print and post a letter."""
ARRIVES_DAYS = 4
"""Working days from the news until a letter has arrived: the day on which we post it, and three of the post."""
TRAVELS_DAYS = ARRIVES_DAYS - POST_DAYS
"""Working days that the post takes."""
AT_ONCE = 50
"""The most letters in one print."""

NONE_TICKED = Reason("NOT-01", "Tick the letters that you posted", "calls")
Again = Literal["held", "address", "words"]
"""Why what is on paper will not do: one to that address came back, the address has changed since, or what it says."""
_NEEDLESS = {
    "read": "They have read it in the app",
    "told": "Somebody rang them",
    "over": "What it tells of is over",
    "overtaken": "There is newer news",
    "unwanted": "They asked us to stop such letters",
    "too-late": "The post is too slow for it now, so somebody rings them",
    "no-address": "We had no address for them",
}


@dataclass(frozen=True, slots=True)
class LetterByPost:
    """One letter, for whoever prints it or says that they posted it. needless: why it is not to be posted any more, if
    it is still on the list or was never printed; posted_by: who said that they posted it."""

    call_id: UUID
    number: int
    name: str
    is_printed: bool = False
    again: Again | None = None
    needless: str | None = None
    posted_at: datetime | None = None
    posted_by: str = ""
    is_settled: bool = False

    @property
    def called(self) -> str:
        return f"Letter {self.number} to {self.name}"


def why_needless(because: str) -> str:
    """NOT-02: in a sentence, why a letter is not to be posted any more."""
    return f"{_NEEDLESS.get(because, 'It is settled')}."


def what_to_do_again(letter: LetterByPost) -> str:
    """NOT-01, NOT-06: what to do with a printed letter that will not do; "" if it will."""
    said = {
        "held": f"A letter to {letter.name} came back from this address. Do not post this one. Ring them first.",
        "address": f"The address of {letter.name} has changed since you printed this. Print it again.",
        "words": "What it says has changed since you printed it. Print it again.",
    }
    return said[letter.again] if letter.again else ""


def reasons_not_to_print(letters: Iterable[LetterByPost]) -> list[Reason]:
    """NOT-02, NOT-06: what somebody posted, what is not to be posted any more, and what waits for an address."""
    return [Reason("NOT-02", text) for text in map(_why_not_to_print, letters) if text]


def _why_not_to_print(letter: LetterByPost) -> str:
    if letter.posted_at is not None:
        return f"{letter.called} is in the post already. {letter.posted_by} said so on {said_moment(letter.posted_at)}."
    if letter.needless is not None:
        return f"{letter.called} is not to be posted any more. {why_needless(letter.needless)}"
    if letter.again == "held":
        return f"We have no address that works for {letter.name}. Ring them first."
    return ""


def reasons_not_to_say_posted(letters: Iterable[LetterByPost], seen: Collection[UUID]) -> list[Reason]:
    """NOT-01: nobody says that they posted what was never on paper, or will not do any more. Saying it twice is no
    fault. seen: those of which their page said that they are not needed; they may be in the post all the same."""
    texts = (_why_not_posted(letter, seen) for letter in letters if letter.posted_at is None)
    return [Reason("NOT-01", text, "calls") for text in texts if text]


def _why_not_posted(letter: LetterByPost, seen: Collection[UUID]) -> str:
    if letter.is_settled:
        why = f" {why_needless(letter.needless)}" if letter.needless else ""
        return f"{letter.called} is off the list. It was not to be posted.{why}"
    if not letter.is_printed:
        return f"Print these letters first. {letter.called} is not on paper yet."
    if letter.again is not None:
        return f"{letter.called}. {what_to_do_again(letter)}"
    if letter.needless is not None and letter.call_id not in seen:
        why = why_needless(letter.needless)
        return f"{letter.called} is not needed any more. {why} Is it in the post already? Then press again."
    return ""


def is_posted(template: str) -> bool:
    """NOT-01: whether this news may go by post. Not what may be about who prints it, or is staff's work."""
    message = MESSAGES[template]
    return message.posted or (KINDS[message.kind].posted and not (message.own_eyes or message.of_staff))


def is_known_wrong(failed: int | None, changes: int | None, has_changed: bool) -> bool:
    """NOT-06: whether a letter came back from the address held before. failed: which of their addresses that was;
    changes: which one they have; has_changed: whether that is newer than the one held before."""
    return failed is not None and failed >= (changes or 0) - has_changed


def comes_in_time(template: str, now: datetime, before: Iterable[datetime]) -> bool:
    """NOT-08: whether a letter arrives before it is too late. before: the moments before which they must know. News is
    in time if it is for one of them."""
    ahead = [moment for moment in before if moment > now]
    if not ahead:
        return True
    must_know = max(ahead) if is_said_as_it_is_now(template) else min(ahead)
    return london_date(must_know) >= add_working_days(london_date(now), ARRIVES_DAYS)


def too_late_from(today: date) -> datetime:
    """NOT-08: what is over before this moment is over before a letter posted today arrives."""
    return london_datetime(add_working_days(today, TRAVELS_DAYS), 0)


def post_by(now: datetime) -> datetime:
    """NOT-08: when somebody must have posted it."""
    return london_datetime(add_working_days(london_date(now), POST_DAYS), RINGING_ENDS)
