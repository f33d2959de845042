"""The state of a claim, and whether its owner hears of it."""

from collections.abc import Mapping
from typing import Any

from services.notifications.domain.messages import MESSAGES


def claim_state(happening: str) -> str:
    """The claim's state after this has happened: "claim-paid" -> "paid". A claim that is owed again is approved, as
    before. "claim-part-paid": one of its two ways is paid, the other is still to come (PAY-08)."""
    states = {
        "claim-opened-for-receipt": "opened",
        "claim-owed-again": "approved",
        "claim-withdrawn-in-part": "approved",
        "claim-withdrawn-rest-paid": "paid",
    }
    return states.get(happening) or happening.removeprefix("claim-")


def owner_hears(happening: str, because: str, *, told_elsewhere: bool = False) -> bool:
    """PAY-12: whether the owner gets a message. A payment repeated after they corrected their details is no news to
    them; one that was lost, taken back, or returned for reasons of ours is. told_elsewhere:
    another event of the same moment, or one that they had before, tells everything."""
    return (
        happening in MESSAGES
        and not told_elsewhere
        and not (happening == "claim-owed-again" and because == "put-right")
    )


def tells_a_reason(template: str, facts: Mapping[str, Any]) -> bool:
    """PAY-14: whether a message tells that something of a claim is not paid for a reason of ours."""
    refused = template == "claim-approved" and bool(facts.get("not_agreed_pence"))
    return refused or template in ("claim-refused", "claim-withdrawn")


def claim_happening(
    name: str,
    rest_recognition: str | None,
    *,
    in_part: bool = False,
    rest_to_come: bool = True,
    needs_receipt: bool = False,
) -> str:
    """PAY-08: a claim that is paid in two ways is not over once one of them is paid. PAY-17: a claim withdrawn in part
    is not decided again. PAY-05: a claim that waits for a receipt alone is asked for that. rest_to_come: whether some
    of the rest is still to be paid."""
    if name == "claim-opened" and needs_receipt:
        return "claim-opened-for-receipt"
    if name == "claim-withdrawn" and in_part:
        return "claim-withdrawn-in-part" if rest_to_come else "claim-withdrawn-rest-paid"
    return "claim-part-paid" if name == "claim-paid" and rest_recognition is not None else name


def tasks_left_alone(*, asks_owner: bool) -> frozenset[str]:
    """PAY-12: the tasks to keep open, because another part came back and the owner must still check their details."""
    return frozenset({"check-payment-details"}) if asks_owner else frozenset()


def claim_is_late(state: str, state_version: int, late_version: int) -> bool:
    """PAY-07: whether somebody still waits for a claim that was reported late at late_version. state, state_version:
    the newest that we know."""
    return state_version < late_version or not claim_is_settled(state)


def claim_is_settled(state: str) -> bool:
    """Nobody waits for money from it any longer."""
    return state in {"paid", "refused", "declined"}
