"""Where a claim stands, and whether its owner hears of it."""

from services.notifications.domain.messages import MESSAGES


def claim_state(happening: str) -> str:
    """ "claim-paid" -> "paid": where the claim stands once that has happened. What is owed again is what it was before:
    approved. "claim-part-paid": one of its ways, and the other is still to come (PAY-08)."""
    states = {
        "claim-owed-again": "approved",
        "claim-withdrawn-in-part": "approved",
        "claim-withdrawn-rest-paid": "paid",
    }
    return states.get(happening) or happening.removeprefix("claim-")


def owner_hears(happening: str, because: str, *, told_after: bool = False) -> bool:
    """PAY-12: does its owner get a message? That money goes again after they put their details right is no news to
    them; that it came back for reasons of ours, was lost or taken back is. told_after: another event of the same
    moment says it all."""
    return happening in MESSAGES and not told_after and not (happening == "claim-owed-again" and because == "put-right")


def claim_happening(
    name: str, rest_recognition: str | None, *, in_part: bool = False, rest_to_come: bool = True
) -> str:
    """PAY-08: a claim that leaves in two ways is not over once one of them is paid. PAY-17: what is taken back in part
    is not decided again. rest_to_come: whether something of the rest is still to be paid."""
    if name == "claim-withdrawn" and in_part:
        return "claim-withdrawn-in-part" if rest_to_come else "claim-withdrawn-rest-paid"
    return "claim-part-paid" if name == "claim-paid" and rest_recognition is not None else name


def tasks_left_alone(*, asks_owner: bool) -> frozenset[str]:
    """PAY-12: another part of it came back, and its owner still has to look at their details."""
    return frozenset({"check-payment-details"}) if asks_owner else frozenset()


def claim_is_late(state: str, state_version: int, late_version: int) -> bool:
    """PAY-07: whether somebody still waits, as a claim was said to be late at late_version. state, state_version: the
    newest that we know of it."""
    return state_version < late_version or not claim_is_settled(state)


def claim_is_settled(state: str) -> bool:
    """Nobody waits for money from it any more."""
    return state in {"paid", "refused", "declined"}
