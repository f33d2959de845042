"""The rules of signing in: codes by mail, and how long a sign-in lasts."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from shared.reasons import Reason
from shared.text import digits

CodePurpose = Literal["sign-in", "join", "change-email"]
EndedBecause = Literal["signed-out", "elsewhere", "idle", "roles", "email", "phone", "post", "contact", "second-step"]


CODE_MINUTES = 10
CODE_TRIES = 5
SESSION_HOURS = 12


FRESH_FOR = timedelta(minutes=15)
"""How recently somebody must have proved who they are before they change how they are reached."""


def hash_of_code(key: bytes, request_id: UUID, code: str) -> bytes:
    """We keep only this hash of a code: useless without the key, and different for each request."""
    return hmac.digest(key, request_id.bytes + code.encode(), hashlib.sha256)


def typed_code(text: str) -> str:
    """The digits of what someone typed: "123 456" is as good as "123456"."""
    return digits(text)


def code_runs_out_at(made_at: datetime) -> datetime:
    return made_at + timedelta(minutes=CODE_MINUTES)


def sign_in_ends_at(began_at: datetime) -> datetime:
    return began_at + timedelta(hours=SESSION_HOURS)


@dataclass(frozen=True, slots=True)
class CodeAsked:
    """A code that somebody asked for. person_known is false if the address is nobody's; then no code is right."""

    expires_at: datetime
    tries: int
    used: bool
    person_known: bool


def reasons_not_to_sign_in(asked: CodeAsked, right: bool, now: datetime) -> list[Reason]:
    """A code works once, for 10 minutes, and for 5 tries. The answer is the same whether or not we know the address.

    tries counts the earlier ones; now is machine time.
    """
    if asked.used or asked.tries >= CODE_TRIES or now >= asked.expires_at:
        return reasons_code_ran_out()
    if not right or not asked.person_known:
        return [
            Reason(
                "SIGN-IN", "That is not the code we sent. Check your newest email from us and try again.", field="code"
            )
        ]
    return []


def reasons_code_ran_out() -> list[Reason]:
    """It was used, is too old, was tried too often, or was mailed to an address that has changed since."""
    return [Reason("SIGN-IN", "This code has run out. Ask for a new one.", field="code")]


def sign_in_lasts(expires_at: datetime, ended_at: datetime | None, now: datetime) -> bool:
    """Whether a sign-in may still be renewed: it began less than 12 hours ago and nobody signed out. now is machine
    time."""
    return ended_at is None and now < expires_at


_SIGNED_OUT_BECAUSE: dict[EndedBecause, str] = {
    "elsewhere": "you, or someone signed in as you, chose it on another device",
    "idle": "nothing was done here for a while",
    "roles": "what you may do here has changed",
    "email": "your email address has changed",
    "phone": "your phone number has changed",
    "post": "your postal address has changed",
    "contact": "how we reach you has changed",
    "second-step": "your second step was taken away. You set up a new one when you sign in",
}


def why_signed_out(
    expires_at: datetime, ended_at: datetime | None, ended_because: EndedBecause | None, now: datetime
) -> str | None:
    """SIGN-IN: what somebody reads whom the system signed out. Nothing if they did it themselves, or are signed in."""
    if ended_because is not None:
        why = _SIGNED_OUT_BECAUSE.get(ended_because)
    elif ended_at is None and now >= expires_at:
        why = f"it is {SESSION_HOURS} hours since you signed in. Nobody stays signed in for longer"
    else:
        why = None
    return why and f"You were signed out because {why}."
