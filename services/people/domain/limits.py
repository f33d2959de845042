"""Who is counted as what when codes are asked for and tried, so that guessing is slow and nobody is locked out by
others."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Bound = Literal["per-address", "per-address-anywhere", "per-client", "per-sign-in", "per-person"]

DOOR_LASTS = timedelta(hours=5)


@dataclass(frozen=True, slots=True)
class Counter:
    """One count and its bound. A later counter is touched only if all before it allow it."""

    what: str
    whose: str
    bound: Bound


def counters_for_code(address: str, client: str, known_browser: str | None) -> tuple[Counter, ...]:
    """SIGN-IN: codes for an address are counted for each connection that asks, and within a wide bound for all of them
    together.

    A browser that this person signed in with before is counted by itself alone: what strangers ask for never shuts it
    out.
    """
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
    """PEO-01: joinings that one connection may begin."""
    return (Counter("join", client, "per-client"),)


FACTOR_ANYWHERE = "factor-anywhere"


def counters_for_factor(person: str, sign_in: str, *, known: bool) -> tuple[Counter, ...]:
    """SIGN-IN: tries at a second step are counted for each sign-in, and within an outer bound for all of a person's
    together.

    known: the second step was given in this browser before, so the outer bound, which a stranger with their mail could
    use up, never shuts it out.
    """
    own = Counter("factor", f"{person} {sign_in}", "per-sign-in")
    return (own,) if known else (own, Counter(FACTOR_ANYWHERE, person, "per-person"))


def counters_for_proof(person: str, sign_in: str) -> tuple[Counter, ...]:
    """SIGN-IN: what nobody guesses, a passkey's answer or the code of a key that this sign-in was shown, is counted for
    the sign-in alone."""
    return counters_for_factor(person, sign_in, known=True)


def door_closes_at(opened_at: datetime) -> datetime:
    """A door stands open for an afternoon: five hours."""
    return opened_at + DOOR_LASTS


def is_guessing(accounts_with_wrong_codes: int, alarm_at: int) -> bool:
    """Wrong codes for many accounts within an hour are no people who mistype."""
    return accounts_with_wrong_codes >= alarm_at
