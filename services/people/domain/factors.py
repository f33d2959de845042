"""The second step of those who move money, run the system or give roles; how long staff sign-ins last."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.reasons import Reason

ROLES_WITH_FACTOR = frozenset({"approver", "finance", "operator", "administrator"})
ANSWERED = Reason("SIGN-IN", "This was answered in the meantime")
HAS_FACTOR = Reason("SIGN-IN", "You have a second step already")
BEGUN_ANEW = Reason(
    "SIGN-IN",
    "This key counts no more: setting up was begun again, here or in another place where you are signed in. "
    "Take it out of your app, and add the new key below. If it was not you, tell us at once",
    field="code",
)
UNKNOWN = Reason("SIGN-IN", "Nobody here has this address")


def needs_factor(roles: Collection[str]) -> bool:
    return bool(ROLES_WITH_FACTOR & set(roles))


def reasons_not_to_confirm(step: int | None, last_step: int) -> list[Reason]:
    """SIGN-IN: an authenticator's code counts once. step: the code's time step; None if the code is wrong."""
    if step is None:
        return [
            Reason(
                "SIGN-IN",
                "That is not the code that your app shows now. Look again and type the newest one",
                field="code",
            )
        ]
    if step <= last_step:
        return [
            Reason(
                "SIGN-IN",
                "That code was used already. Wait until your app shows the next one, half a minute at most",
                field="code",
            )
        ]
    return []


def reasons_not_to_use_recovery_code(used_at: datetime | None) -> list[Reason]:
    """SIGN-IN: each works once."""
    if used_at is None:
        return []
    words = "You used this recovery code before, and each works once. Type another one, or the code that your app shows"
    return [Reason("SIGN-IN", words, field="code")]


def reasons_not_to_ask_for_reset(
    administrator: UUID, person_id: UUID, *, has_factor: bool, waiting: bool
) -> list[Reason]:
    """One administrator asks, another confirms; nobody does it for themselves."""
    if administrator == person_id:
        return [Reason("SIGN-IN", "This is you. Use one of your recovery codes, or ask two other administrators")]
    if not has_factor:
        return [Reason("SIGN-IN", "They have no second step to take away")]
    if waiting:
        return [Reason("SIGN-IN", "Somebody has asked for this already. Another administrator has to confirm it")]
    return []


def reasons_not_to_confirm_reset(administrator: UUID, person_id: UUID, asked_by: UUID) -> list[Reason]:
    """Two different administrators, and neither of them the person."""
    if administrator == asked_by:
        return [Reason("SIGN-IN", "You asked for this. Another administrator has to confirm it")]
    if administrator == person_id:
        return [Reason("SIGN-IN", "This is about you. Another administrator has to confirm it")]
    return []


def reasons_not_to_reset_at_the_machine(*, has_factor: bool, others_who_can: int) -> list[Reason]:
    """Whoever runs the system may take a second step away alone only if two administrators cannot. others_who_can:
    other administrators with a second step."""
    if not has_factor:
        return [Reason("SIGN-IN", "They have no second step to take away. They set one up when they sign in")]
    if others_who_can >= 2:
        return [
            Reason(
                "SIGN-IN",
                "Two other administrators can do this together on their pages, under People, and so they have to",
            )
        ]
    return []


@dataclass(frozen=True, slots=True)
class IdleLimits:
    """How long a staff sign-in lasts without use. with_factor: for those who move money, run the system or give
    roles."""

    with_factor: timedelta
    staff: timedelta


def is_idle(roles: Collection[str], last_used_at: datetime, now: datetime, limits: IdleLimits) -> bool:
    """SIGN-IN: a staff sign-in ends when it has not been used for a while; a participant's does not. Machine time."""
    if not set(roles) - {"participant"}:
        return False
    return now - last_used_at > (limits.with_factor if needs_factor(roles) else limits.staff)


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
)
_MORE_BROWSERS = (("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "an Android phone or tablet"),
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "a Mac"),
    ("CrOS", "a Chromebook"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """A rough description, such as "Firefox on Windows". It must not tell two devices of the same kind apart."""
    browser = next((name for mark, name in (*_BROWSERS, *_MORE_BROWSERS) if mark in user_agent), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser
