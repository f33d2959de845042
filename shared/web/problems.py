"""What is wrong with what someone sent, in one shape for the error summary, the fields and the API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from shared.db import KEPT_UNREAD, SENT_BEFORE
from shared.reasons import Refused
from shared.web.kept import KEPT_SENTENCE

Values = Mapping[str, str | list[str]]


class InvalidForm(Exception):
    """What was typed cannot be used. errors: field -> sentence ("" for the form as a whole); values: what was typed.

    The exception's own text names only fields, never what was typed.
    """

    def __init__(self, errors: Mapping[str, str], values: Values | None = None) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)
        self.values = dict(values or {})


@dataclass(frozen=True, slots=True)
class Fault:
    text: str
    field: str | None = None
    rule: str | None = None
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """What a page shows: the faults in order, and what was typed, so that nobody has to type it again."""

    faults: tuple[Fault, ...] = ()
    typed: Values = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.faults)

    @property
    def only_waits(self) -> bool:
        """Whether nothing is wrong: it was kept while its sender signed in, and waits for them to press."""
        return bool(self) and all(fault.text.startswith((KEPT_SENTENCE, KEPT_UNREAD.text)) for fault in self.faults)

    @property
    def only_asks(self) -> bool:
        """Whether nothing is wrong: they are asked something before it is sent."""
        return bool(self) and all(fault.asks for fault in self.faults)

    def said(self, as_: Callable[[str], str]) -> Self:
        """The same in other words; a sentence that only waits stays, because pages know it by its words."""
        return (
            self
            if self.only_waits
            else replace(self, faults=tuple(replace(each, text=as_(each.text)) for each in self.faults))
        )

    def at(self, name: str) -> str | None:
        """The first sentence about this field, if something is wrong with it."""
        return next((fault.text for fault in self.faults if fault.field == name and not fault.asks), None)

    def value(self, name: str, default: object = None) -> object:
        """What was typed in this field; the default if the form was not sent."""
        if self.typed:
            return self.typed.get(name, "")
        return default

    def values(self, name: str, default: object = ()) -> list[str]:
        """What was ticked in this list of boxes."""
        if self.typed:
            default = self.typed.get(name, [])
        if isinstance(default, str):
            default = [default] if default else []
        return [str(value) for value in default] if default else []  # type: ignore[attr-defined]


def problem_of(error: InvalidForm | Refused | None, typed: Values | None = None) -> Problem:
    """typed is what read_form read earlier in this request: a rule may refuse a form that was filled in correctly."""
    if error is None:
        return Problem()
    if isinstance(error, InvalidForm):
        return Problem(tuple(Fault(text, name or None) for name, text in error.errors.items()), error.values)
    if any(
        reason.rule == SENT_BEFORE for reason in error.reasons
    ):  # if they send it on purpose after all, it has a key of its own
        typed = {name: value for name, value in (typed or {}).items() if name != "idempotency_key"}
    return Problem(
        tuple(Fault(reason.text, reason.field, reason.rule, reason.asks) for reason in error.reasons), typed or {}
    )
