"""Access needs: asked, and always answered (OPP-07)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.opportunities.domain.words import NEEDS, NeedState, Policy, is_written
from shared.reasons import Reason


def needs_asked(ticked: Sequence[str], words: str) -> list[str]:
    """OPP-07: the needs to be answered, in the order of the form. Words without a tick are "something else", so that they get an answer too."""
    asked = set(ticked)
    if words.strip() and not asked:
        asked.add("other")
    return [need for need in NEEDS if need in asked]


def reasons_not_to_answer_need(state: NeedState, answer: NeedState, reason: str) -> list[Reason]:
    """OPP-07: promised, met, or not met with a reason."""
    if state == "withdrawn":
        return [Reason("OPP-07", "They no longer ask for this.")]
    if answer not in ("promised", "met", "not-met"):
        return [Reason("OPP-07", "Choose promised, met or not met.", "answer")]
    if answer == "not-met" and not is_written(reason):
        return [Reason("OPP-07", "Write why it could not be met. They will read it.", "reason")]
    return []


def is_unanswered_need(state: NeedState, next_starts_at: datetime | None, now: datetime, policy: Policy) -> bool:
    """OPP-07: warn the coordinator of a need without an answer, from a week (configurable) before the next session."""
    if state != "asked" or next_starts_at is None:
        return False
    return next_starts_at - now <= timedelta(days=policy.needs_warning_days)
