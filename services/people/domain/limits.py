"""How requests for codes and tries are counted, so that guessing is slow and strangers lock nobody out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Bound = Literal["per-address", "per-address-anywhere", "per-client", "per-sign-in", "per-person"]

DOOR_LASTS = timedelta(hours=5)


@dataclass(frozen=True, slots=True)
class Counter:
    """One count and its limit. A counter is raised only if all before it allow it."""

    what: str
    whose: str
    bound: Bound


def counters_for_code(address: str, client: str, known_browser: str | None) -> tuple[Counter, ...]:
    """SIGN-IN: requests for codes are counted for each connection, and for each address within a wider limit for all
    connections together.

    A browser that this person has signed in with before has a count of its own, so that strangers' requests never shut
    it out."""
    if known_browser is not None:
        return (Counter("code-known", f"{address} {known_browser}", "per-address"),)
    return (
        Counter("code-client", client, "per-client"),
        Counter("code", f"{address} {client}", "per-address"),
        Counter("code-anywhere", address, "per-address-anywhere"),
    )


def counters_for_try(client: str, known_browser: str | None) -> tuple[Counter, ...]:
    """SIGN-IN: tries are counted for each connection, or for the browser if it is known; each code allows five."""
    return (
        Counter("try-known", known_browser, "per-client")
        if known_browser is not None
        else Counter("try", client, "per-client"),
    )


def counters_for_joining(client: str) -> tuple[Counter, ...]:
    """PEO-01: how many people may begin to join from one connection."""
    return (Counter("join", client, "per-client"),)


FACTOR_ANYWHERE = "factor-anywhere"


def counters_for_factor(person: str, sign_in: str, *, known: bool) -> tuple[Counter, ...]:
    """SIGN-IN: tries at a second step are counted for each sign-in, and within an outer limit for all sign-ins of a
    person.

    known: the second step was given in this browser before. The outer limit does not apply to it, because a stranger
    who reads the person's mail could use that up."""
    own = Counter("factor", f"{person} {sign_in}", "per-sign-in")
    return (own,) if known else (own, Counter(FACTOR_ANYWHERE, person, "per-person"))


def counters_for_proof(person: str, sign_in: str) -> tuple[Counter, ...]:
    """SIGN-IN: a passkey's answer, or a code for the key shown to this sign-in, cannot be guessed, so it is counted for
    the sign-in alone."""
    return counters_for_factor(person, sign_in, known=True)


def door_closes_at(opened_at: datetime) -> datetime:
    """A door stays open for five hours: an afternoon."""
    return opened_at + DOOR_LASTS


def is_guessing(accounts_with_wrong_codes: int, alarm_at: int) -> bool:
    """Wrong codes for this many accounts within an hour are not typing mistakes."""
    return accounts_with_wrong_codes >= alarm_at
