"""Ending well: what is still missing (OPP-12)."""

from dataclasses import dataclass
from datetime import date

from services.opportunities.words.domain import ClaimState, State, is_written
from shared.reasons import Reason


@dataclass(frozen=True, slots=True)
class EndingFacts:
    """The facts when somebody looks at the ending of an opportunity (OPP-12)."""

    sessions_to_come: int
    sessions_without_register: int
    thanked: bool
    asked_to_stay: bool
    outcome: str
    attended_without_claim: int
    """People who were at a paid session and have no claim yet."""
    claims: tuple[ClaimState, ...]
    feedback_waiting: int
    sessions_running: int = 0
    """Sessions that have begun and are not over."""
    begun: bool = True
    """Whether the first session has begun."""
    open_until: date | None = None
    """Its closing day, while people can still do it in their own time."""
    needs_unanswered: int = 0
    """Of people with a place."""
    is_closed: bool = False
    """Closing thanked who took part, and asked whether they want to stay involved."""

    @property
    def is_ahead(self) -> bool:
        """Some of it is still to come, so people with a place are told if it ends now."""
        return self.sessions_to_come > 0 or self.open_until is not None


def is_settled(claim: ClaimState) -> bool:
    """OPP-12: a claim is settled when it was paid, refused, or declined by its owner."""
    return claim in ("paid", "refused", "declined")


def missing_before_close(facts: EndingFacts) -> list[Reason]:
    """OPP-12: everything that the ending still lacks. If empty, the opportunity can be closed."""
    reasons = _sessions_ahead(facts)
    if facts.sessions_without_register:
        reasons.append(
            _still(
                facts.sessions_without_register,
                "session has no register yet.",
                "sessions have no register yet.",
                "sessions",
            )
        )
    if facts.needs_unanswered:
        reasons.append(_still(facts.needs_unanswered, "need has no answer.", "needs have no answer.", "needs"))
    if not (facts.thanked or facts.is_closed):
        reasons.append(Reason("OPP-12", "Thank the people who took part.", "thanked"))
    unsettled = facts.attended_without_claim + sum(1 for claim in facts.claims if not is_settled(claim))
    if unsettled:
        reasons.append(_still(unsettled, "claim is not settled yet.", "claims are not settled yet.", "claims"))
    if not is_written(facts.outcome):
        reasons.append(Reason("OPP-12", "Write what came of it.", "outcome"))
    if not (facts.asked_to_stay or facts.is_closed):
        reasons.append(Reason("OPP-12", "Ask people whether they want to stay involved.", "asked"))
    if facts.feedback_waiting:
        one, many = "piece of feedback is waiting for an answer.", "pieces of feedback are waiting for an answer."
        reasons.append(_still(facts.feedback_waiting, one, many, "feedback"))
    return reasons


def _sessions_ahead(facts: EndingFacts) -> list[Reason]:
    """OPP-12: sessions that have not begun, and sessions under way, counted separately; or a closing day to come."""
    reasons = []
    if facts.open_until is not None:
        reasons.append(Reason("OPP-12", "The last day has not passed, so people can still do it.", "sessions"))
    if facts.sessions_to_come:
        reasons.append(
            _still(facts.sessions_to_come, "session is still to come.", "sessions are still to come.", "sessions")
        )
    if facts.sessions_running:
        reasons.append(
            _still(facts.sessions_running, "session is not over yet.", "sessions are not over yet.", "sessions")
        )
    return reasons


def _still(count: int, one: str, many: str, field: str) -> Reason:
    return Reason("OPP-12", f"{count} {one if count == 1 else many}", field)


def reasons_not_to_close(state: State, facts: EndingFacts) -> list[Reason]:
    """OPP-12: nothing may be missing, unless staff marked it finished: then what is missing is shown, and does not
    block.

    A session that is not over always blocks, because people would still be reminded of it."""
    if state == "closed":
        return [Reason("OPP-12", "This is closed already.")]
    if state == "draft":
        return [Reason("OPP-12", "This was never published, so there is nothing to close.")]
    if state == "cancelled":
        return [Reason("OPP-12", "This was cancelled. It has ended with that.")]
    return _sessions_ahead(facts) if state == "finished" else missing_before_close(facts)


def reasons_not_to_write_ending(state: State, *, begun: bool) -> list[Reason]:
    """OPP-12: not for a draft, or before the first session: nobody has taken part, so nobody can be thanked or asked,
    and there is no outcome."""
    if state == "draft":
        return [Reason("OPP-12", "This was never published, so it has no ending yet.")]
    if state == "published" and not begun:
        return [Reason("OPP-12", "It has not started yet, so it cannot end yet.")]
    return []


def reasons_not_to_end_early(to_come: int, begun: int, people: int, reason: str) -> list[Reason]:
    """OPP-12, NOT-05: coming sessions end with it only if people with a place are told why.

    to_come, begun: sessions; people: those who have a place, wait for one or were offered one."""
    if not to_come or not people:
        return []
    if not begun:
        return [Reason("OPP-12", "It has not started yet. Cancel it instead: then people are told why.", "sessions")]
    if not is_written(reason):
        return [
            Reason(
                "OPP-12",
                "Sessions are still to come. Write why they will not happen. Whoever has a place is told it.",
                "reason",
            )
        ]
    return []


def reasons_not_to_end_before_closing(open_until: date | None, people: int, reason: str) -> list[Reason]:
    """OPP-12, NOT-05: as `reasons_not_to_end_early`, of what people do in their own time."""
    if open_until is None or not people or is_written(reason):
        return []
    return [
        Reason(
            "OPP-12",
            "The last day has not passed. Write why it ends now. Whoever has a place is told it.",
            "reason",
        )
    ]


def reasons_not_to_finish(state: State) -> list[Reason]:
    """OPP-12: staff may mark a published opportunity finished at any time."""
    if state == "draft":
        return [Reason("OPP-12", "This was never published, so there is nothing to finish.")]
    if state == "cancelled":
        return [Reason("OPP-12", "This was cancelled. It has ended with that.")]
    return [] if state == "published" else [Reason("OPP-12", "This is finished already.")]
