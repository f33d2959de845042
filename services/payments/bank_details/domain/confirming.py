"""Confirming bank details and people by ringing them: whom to ring, and who may (PAY-10, PAY-13). Pure: facts in,
reasons out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from shared.reasons import Reason

CONFIRMED_HOW: tuple[str, ...] = ("in-person", "rang-known-number")
DAYS_TO_CONFIRM = 3
NO_NUMBER_NOW = Reason("PAY-13", "We cannot fetch the number now. Try again in a minute.")
"""Working days: what waits for it is to be paid in time (PAY-07)."""


@dataclass(frozen=True, slots=True)
class Current:
    """The details that we pay into now, or would once they are confirmed. account: as Vault.same_account marks it."""

    account: bytes
    state: str


def changes_earlier_details(account: bytes, current: Current | None, *, had_any: bool) -> bool:
    """PAY-13: whoever had details before gives others, whatever became of the earlier ones: set aside as wrong, too.
    Only the account that we pay into now is no change."""
    if current is None:
        return had_any
    return current.account != account or current.state == "unconfirmed"


def needs_confirmation(*, changes_earlier_details: bool, entered_by_another: bool, introduced_by_another: bool) -> bool:
    """PAY-13: a change waits until somebody confirms it. So do details that somebody else entered, or that came
    through a sign-in which somebody else may hold: whoever took the person in or entered how they are reached, while
    nobody else has rung or met them since. Only somebody's truly first details, given through a sign-in that is
    the person's alone, need no confirmation."""
    return changes_earlier_details or entered_by_another or introduced_by_another


@dataclass(frozen=True, slots=True)
class ToConfirm:
    """Bank details that wait. entered_by: who typed them. introducers: who took the person in, or entered how they
    are reached or their bank details, while nobody else has rung or met them since."""

    state: str
    owner: UUID
    entered_by: UUID | None
    introducers: frozenset[UUID] = frozenset()


_THEY_MUST_RING = Reason(
    "PAY-10",
    "You added this person, or entered how they are reached or their bank details. Somebody else must ring them.",
)


def reasons_not_to_ring(details: ToConfirm, who: UUID) -> list[Reason]:
    """PAY-10, PAY-13: never the owner, who entered them, or who took the person in."""
    if details.state != "unconfirmed":
        return [Reason("PAY-13", "These bank details are not waiting to be confirmed.")]
    if who == details.owner:
        return [Reason("PAY-13", "These are your own bank details. Somebody else must confirm them.")]
    if who == details.entered_by:
        return [Reason("PAY-13", "You entered these bank details. Somebody else must confirm them.")]
    return [_THEY_MUST_RING] if who in details.introducers else []


NumberSeen = Literal["held", "none", "not-looked-at"]
"""What the confirmer saw: the number to ring; that there was none; or nothing, because they never opened it."""


def reasons_not_to_confirm_details(
    details: ToConfirm, how: str, confirmer: UUID, number: NumberSeen = "not-looked-at"
) -> list[Reason]:
    """PAY-13: confirmed in person or by ringing the number held before, never by the owner's own click."""
    return reasons_not_to_ring(details, confirmer) or reasons_against_how(how, number)


def reasons_not_to_confirm_person(
    introducers: frozenset[UUID], person: UUID, how: str, confirmer: UUID, number: NumberSeen = "not-looked-at"
) -> list[Reason]:
    """PAY-10: somebody confirms that there is such a person, who knows about this. Nobody clears themselves; if
    several people were involved, each may clear the others: in a small organisation everybody may have been."""
    if not introducers:
        return [Reason("PAY-10", "This person is not waiting to be confirmed.")]
    if confirmer == person:
        return [Reason("PAY-10", "This is you. Somebody else must confirm it.")]
    if introducers <= {confirmer}:
        return [_THEY_MUST_RING]
    return reasons_against_how(how, number)


def who_may_not_ring(introducers: frozenset[UUID]) -> frozenset[UUID]:
    """PAY-10: those who took somebody in and may not ring them, as in reasons_not_to_confirm_person: one alone may
    not; of several, each may."""
    return introducers if len(introducers) == 1 else frozenset()


_NO_NUMBER_HELD = "We hold no telephone number to ring. Confirm it in person."


def reasons_against_how(how: str, number: NumberSeen) -> list[Reason]:
    """PAY-13: whoever says that they rang the number we already had was shown it here, and there was one."""
    if how not in CONFIRMED_HOW:
        return [
            Reason("PAY-13", "Say how you confirmed it: in person, or by ringing the number we already had.", "how")
        ]
    return reasons_not_to_have_rung(number) if how == "rang-known-number" else []


def reasons_not_to_have_rung(number: NumberSeen) -> list[Reason]:
    """PAY-13: nobody can have rung a number that they were not shown, whether or not anybody answered."""
    if number == "none":
        return [Reason("PAY-13", _NO_NUMBER_HELD, "how")]
    if number == "not-looked-at":
        return [Reason("PAY-13", "First press “Show the number to ring”, and ring that number.", "how")]
    return []


# Which number


@dataclass(frozen=True, slots=True)
class NumberToRing:
    """changed_at: when it last changed, if that is too recent to trust. held_since: set if we never held an older
    number."""

    number: str
    changed_at: datetime | None = None
    held_since: datetime | None = None


def number_to_ring(
    phone: str, changes: Sequence[tuple[datetime, str]], given_at: datetime, known_days: int
) -> NumberToRing:
    """PAY-13: the number that we held known_days days before the bank details were given. changes: when the number
    changed and what it was before, newest first. Somebody who changes both must not be the one we ring."""
    trusted = given_at - timedelta(days=known_days)
    recent = [change for change in changes if change[0] > trusted]
    if not recent:
        return NumberToRing(phone)
    held = recent[-1][1]
    if held:
        return NumberToRing(held, changed_at=recent[0][0])
    since, older = recent[-1][0], [before for _, before in recent[:-1] if before]
    return NumberToRing(older[-1] if older else phone, changed_at=recent[0][0] if older else None, held_since=since)


def number_on_card(card: Mapping[str, Any], given_at: datetime, known_days: int) -> NumberToRing:
    """PAY-13: whom to ring about details given at that time. card: as people gives it."""
    changes = [(datetime.fromisoformat(change["at"]), change["before"]) for change in card.get("phone_changes", [])]
    return number_to_ring(card.get("phone", ""), changes, given_at, known_days)
