"""A rule's answer when something may not be done, in words that a person can act on; and whether people agree to
what they actually saw."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn, overload


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason not to do something.

    rule is the rule's id ("PAY-05"); text is plain English that says what to do; field is the name of the form field
    it belongs to, if any. asks: nothing is wrong; they are asked something before it is done.
    """

    rule: str
    text: str
    field: str | None = None
    asks: bool = False

    def at(self, field: str | None) -> "Reason":
        """The same reason, shown beside another field."""
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
    """The only way to say no. Raises Refused with all the reasons that a rule gave; does nothing if there are none.
    A single reason always refuses."""
    if reasons:
        raise Refused([reasons] if isinstance(reasons, Reason) else reasons) from None


def mark_of(*shown: object) -> str:
    """A mark of what a page shows, for a hidden field of its form: it changes when any of this changes. Whoever
    agrees to something that others can change meanwhile sends it back. shown: ids, states, versions, pence, words;
    each must print the same in every process."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:32]


def reasons_to_look_again(rule: str, seen: str, now: str) -> list[Reason]:
    """Nobody agrees to what they did not see. seen, now: the mark of what their page showed, and of the present
    state. A form without a mark has seen nothing."""
    if seen == now:
        return []
    return [Reason(rule, "Something here has changed since you looked. Nothing was done. Look again, and then press.")]


class Missing(Exception):
    """There is no such thing, or this person may not see it: the answer is 404 either way."""


class NotYet(Exception):
    """Something that an event needs has not arrived: the message is tried again later, then parked. The text holds
    no personal data."""
