"""The month's statement between a home organisation and a host (NET-03). Amounts are pence."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from shared.reasons import Reason

MOST_LINES = 500
"""Lines of one statement. A month with more makes several."""
T = TypeVar("T")


class StatementState(StrEnum):
    ISSUED = "issued"
    DIFFERS = "differs"
    AGREED = "agreed"
    SETTLED = "settled"
    """The host says that it has paid."""
    RECEIVED = "received"
    """The home's finance says that the money has come in."""


OPEN = frozenset({StatementState.ISSUED, StatementState.DIFFERS})
"""Not agreed yet: its lines follow the recharges."""
AGREED = frozenset({StatementState.AGREED, StatementState.SETTLED, StatementState.RECEIVED})
"""An agreed statement is final."""
TO_PAY = frozenset({StatementState.AGREED, StatementState.DIFFERS})
"""As host: received and not paid yet."""
PAID = frozenset({StatementState.SETTLED, StatementState.RECEIVED})
"""Its lines are those that were paid."""


def month_before(today: date) -> tuple[str, date]:
    """The month that a statement made today covers, as "2026-11", and the day after its last."""
    first = today.replace(day=1)
    last = first - timedelta(days=1)
    return f"{last.year}-{last.month:02}", first


def month_after(month: str) -> date:
    """The day after the last of a month: "2026-11" -> 1 December 2026."""
    year, number = map(int, month.split("-"))
    return date(year + number // 12, number % 12 + 1, 1)


def month_in_words(month: str) -> str:
    """ "2026-11" -> "November 2026"."""
    year, number = month.split("-")
    return f"{date(int(year), int(number), 1):%B %Y}"


def in_statements(lines: Sequence[T], most: int = MOST_LINES) -> list[list[T]]:
    """NET-03: one statement a month and host, several if there are more lines than one holds."""
    return [list(lines[start : start + most]) for start in range(0, len(lines), most)]


def payment_reference(statement_id: UUID, month: str) -> str:
    """What the host's bank payment carries, so that the home finds it: short enough for a UK bank (18 characters), and
    nobody's name."""
    return f"CH{month[2:4]}{month[5:]}-{statement_id.hex[-8:].upper()}"


def state_of_comparison(same: bool) -> StatementState:
    """NET-03: the host compares line by line with what it accepted."""
    return StatementState.AGREED if same else StatementState.DIFFERS


def state_after_answer(before: StatementState, answered: str, same: bool) -> StatementState:
    """NET-03: the state of our statement after the host's word. same: whether the lines it sent are ours.

    It may have agreed to lines that we have changed since: then its next answer is on its way. A paid statement
    stays paid.
    """
    if before in PAID:
        return before
    if answered == "settled":
        return StatementState.SETTLED
    if answered == "agreed":
        return StatementState.AGREED if same else StatementState.ISSUED
    return StatementState.DIFFERS


def reasons_not_to_settle(state: StatementState, total_pence: int, same: bool) -> list[Reason]:
    """NET-03: as host: an agreed statement is paid once. same: whether every line is still what we owe."""
    if state is StatementState.SETTLED:
        return [Reason("NET-03", "This statement was marked as paid before. Nothing was changed.")]
    if state is not StatementState.AGREED or not same:
        return [Reason("NET-03", "The figures are not the same on both sides. Talk to them before you pay.")]
    if total_pence == 0:
        return [Reason("NET-03", "There is nothing to pay in this statement.")]
    return []


def reasons_not_to_confirm(state: StatementState, total_pence: int) -> list[Reason]:
    """NET-03: as home: the money of an agreed statement has come in, whether or not we have heard that it was sent."""
    if state is StatementState.RECEIVED:
        return [Reason("NET-03", "This money was confirmed before. Nothing was changed.")]
    if state not in (StatementState.AGREED, StatementState.SETTLED):
        return [Reason("NET-03", "They have not agreed to this statement yet, so there is no payment to confirm.")]
    if total_pence == 0:
        return [Reason("NET-03", "There is nothing to receive for this statement.")]
    return []


def reasons_not_to_answer_difference(state: StatementState) -> list[Reason]:
    """NET-03: as home: to take the host's figures, or to ask it to look again."""
    if state is StatementState.DIFFERS:
        return []
    return [Reason("NET-03", "There is no difference in this statement now. Open it again to see how it stands.")]
