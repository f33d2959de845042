"""What a rule answers when something may not be done, in words a person can act on; and whether what somebody agrees to
is still what they saw."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn, overload


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason against doing something.

    rule is the rule's id ("PAY-05"); text is plain English that says what to do; field is the name of the form
    field it belongs to, where there is one.
    """

    rule: str
    text: str
    field: str | None = None

    def at(self, field: str | None) -> "Reason":
        """The same, said beside another field."""
        return replace(self, field=field)


class Refused(Exception):
    """A rule says no. Nothing was changed; the page or the API shows every reason."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(", ".join(reason.rule for reason in reasons))
        self.reasons = tuple(reasons)


@overload
def refuse(reasons: Reason) -> NoReturn: ...
@overload
def refuse(reasons: Sequence[Reason]) -> None: ...
def refuse(reasons: Reason | Sequence[Reason]) -> None:
    """The one way to say no. Raises Refused with all the reasons that a rule gave; with none it does nothing. One
    reason alone always refuses."""
    if reasons:
        raise Refused([reasons] if isinstance(reasons, Reason) else reasons) from None


def mark_of(*shown: object) -> str:
    """A mark of what a page shows, for a hidden field of its form: the same as long as all of this is. Whoever agrees
    to what somebody else can change meanwhile sends it back. shown: ids, states, versions, pence, words; each must
    print the same in every process."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:32]


def reasons_to_look_again(rule: str, seen: str, now: str) -> list[Reason]:
    """Nobody agrees to what they did not see. seen, now: marks of what their page showed, and of what is there. A form
    without one has seen nothing."""
    if seen == now:
        return []
    return [Reason(rule, "Something here has changed since you looked. Nothing was done. Look again, and then press.")]


class Missing(Exception):
    """There is no such thing, or it is not this person's to see: the answer is 404 either way."""


class NotYet(Exception):
    """What an event needs has not arrived: the message is tried again later, then parked. The text holds no personal
    data."""
