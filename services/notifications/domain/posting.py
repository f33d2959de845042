"""Which news goes by post to people who chose letters, and by when (NOT-01, NOT-08)."""

from collections.abc import Iterable
from datetime import date, datetime

from services.notifications.domain.calls import RINGING_ENDS, is_said_as_it_is_now
from services.notifications.domain.messages import KINDS, MESSAGES
from shared.clock import london_date, london_datetime
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
NOT_PRINTED = Reason("NOT-01", "Print these letters first.")
"""Nobody says that they posted what was never on paper."""


def is_posted(template: str) -> bool:
    """NOT-01: whether this news may go by post. Not what may be about who prints it, or is staff's work."""
    message = MESSAGES[template]
    return KINDS[message.kind].posted and not (message.own_eyes or message.of_staff)


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
