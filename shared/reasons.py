"""What a rule answers when something may not be done, in words a person can act on."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason against doing something.

    rule is the rule's id ("PAY-05"); text is plain English that says what to do; field is the name of the form
    field it belongs to, where there is one.
    """

    rule: str
    text: str
    field: str | None = None


class Refused(Exception):
    """A rule says no. Nothing was changed; the page or the API shows every reason."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(", ".join(reason.rule for reason in reasons))
        self.reasons = tuple(reasons)


class Missing(Exception):
    """There is no such thing, or it is not this person's to see: the answer is 404 either way."""


class NotYet(Exception):
    """What an event needs has not arrived: the message is tried again later, then parked. The text holds no personal data."""
