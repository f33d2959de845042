"""Why what an operator asks for is not done, in words that they can act on."""

import re
from collections.abc import Mapping

from shared.reasons import Reason, refuse
from shared.text import counted, in_hours

DIGITS = 30
NO_SUCH_CLAIM = Reason("OPS", "No part of the system knows this claim. Check the number, and try again.", "claim")
NOT_A_CLAIM = Reason(
    "OPS",
    "Enter the claim’s number, or copy the address of its page: the number is 36 letters, figures and dashes",
    "claim",
)
GATEWAY_SILENT = Reason("NET-04", "The gateway does not answer. Nothing was changed. Try again in a minute.")
NOT_THE_DIGITS = Reason("NET-04", f"Those are not {DIGITS} digits. Listen again, five at a time", "heard")


def silent(service: str, *, asked_to_act: bool) -> Reason:
    return Reason(
        "OPS", f"{service} did not answer. {'Nothing was changed. ' if asked_to_act else ''}Try again in a minute."
    )


def told(text: str) -> Reason:
    """What a service said when it refused."""
    return Reason("OPS", text)


def told_of_keys(text: str) -> Reason:
    """What the gateway said about the digits when it refused."""
    return Reason("NET-04", text, "heard")


def called(short_name: str, says: str) -> str:
    """NET-01: an organisation as operators tell it apart. The network vouches for its short name alone."""
    return f"{short_name} (calls itself “{says}”)"


def fingerprint_in(heard: str) -> str:
    """Six groups of five digits, however they were typed. Refused if they are not thirty."""
    digits = re.sub(r"[\s.,;/-]", "", heard)
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", digits):
        refuse(NOT_THE_DIGITS)
    return " ".join(digits[start : start + 5] for start in range(0, DIGITS, 5))


def who_is_behind(offsets: Mapping[str, int | None]) -> dict[str, str]:
    """Business time is one for all: a move that stopped half-way leaves reminders and deadlines at odds. A sentence for
    each service that is behind another.

    offsets: the seconds by which each is ahead of machine time; None: it did not say."""
    known = {name: seconds for name, seconds in offsets.items() if seconds is not None}
    furthest = max(known.values(), default=0)
    return {
        name: f"its business time is {_how_long(furthest - seconds)} behind that of other services. Unless a move is "
        "still running, it stopped half-way: `chorus clock advance 1m` brings all to one time"
        for name, seconds in known.items()
        if seconds < furthest
    }


def _how_long(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    if not days and rest < 60:
        return counted(rest, "second")
    parts = [counted(days, "day") if days else "", in_hours(rest // 60) if rest >= 60 else ""]
    return " ".join(filter(None, parts))
