"""Passkeys (WebAuthn): a second step beside an app's codes, where our address is a host name."""

from dataclasses import dataclass
from datetime import timedelta

from shared.reasons import Reason

MOST = 10
LONGEST_NAME = 60
NO_PASSKEY = Reason("SIGN-IN", "Your browser made no passkey. Try again, or go on with the codes from your app")
CHALLENGE_FOR = timedelta(minutes=5)
"""How long a browser has for its answer. Machine time."""


@dataclass(frozen=True, slots=True)
class Site:
    """What a passkey is bound to, as browsers write it. It comes from our settings, never from the request."""

    rp_id: str
    """The host name."""
    origin: str


def reasons_not_to_add(*, has_factor: bool, held: int) -> list[Reason]:
    """SIGN-IN: an app's codes come first, for browsers that cannot use passkeys. held: how many passkeys they have."""
    if not has_factor:
        return [Reason("SIGN-IN", "Set up the codes from an app first. They go on working where a passkey does not")]
    if held >= MOST:
        return [Reason("SIGN-IN", f"You have {MOST} passkeys. Remove one that you do not use any more")]
    return []


def counter_fell(known: int, told: int) -> bool:
    """SIGN-IN: the counter rises with each use, so an old or equal number comes from a copy. Passkeys without a counter
    always say 0."""
    return (known > 0 or told > 0) and told <= known


def reasons_challenge_is_over() -> list[Reason]:
    return [Reason("SIGN-IN", "That took too long, or it was sent twice. Please try again")]


def reasons_not_theirs() -> list[Reason]:
    return [Reason("SIGN-IN", "We do not know this passkey as one of yours. Use the code from your app")]


def reasons_not_right() -> list[Reason]:
    return [Reason("SIGN-IN", "The passkey did not give the right answer. Try again, or use the code from your app")]


def reasons_here_already() -> list[Reason]:
    return [Reason("SIGN-IN", "This passkey is in our list already")]


def reasons_may_be_copied() -> list[Reason]:
    return [
        Reason(
            "SIGN-IN",
            "There may be a copy of this passkey, so we stopped it. Use the code from your app, remove it, and add a "
            "new one",
        )
    ]
