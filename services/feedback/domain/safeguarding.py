"""Safeguarding (FB-09)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.feedback.domain.facts import LONGEST_ANSWER, Item
from shared.reasons import Reason


def respond_by(raised_at: datetime, hours: int) -> datetime:
    """FB-09: by when the safeguarding lead must have it in hand. hours: on the clock, nights and weekends included."""
    return raised_at + timedelta(hours=hours)


def reasons_not_to_move_to_safeguarding(item: Item, why: str) -> list[Reason]:
    """FB-09: anything can be marked, ended or not, but what is there already, and what its giver took back."""
    if item.ending == "safeguarding":
        return [Reason("FB-09", "This is already with the safeguarding lead.")]
    if item.ending == "withdrawn":
        return [Reason("FB-09", "Its giver took this back and its words are gone. Ring the safeguarding lead.")]
    if not why.strip():
        return [Reason("FB-09", "Write what worries you, so that the safeguarding lead can act.", "why")]
    if len(why) > LONGEST_ANSWER:
        return [Reason("FB-09", f"Use {LONGEST_ANSWER:,} characters or fewer.", "why")]
    return []


@dataclass(frozen=True, slots=True)
class Viewer:
    """FB-09: who wants to see a concern, and whom the organisation named as lead and deputy."""

    person_id: UUID
    roles: Collection[str]
    leads: Collection[UUID]

    def sees(self, about: Collection[UUID], giver: UUID | None) -> bool:
        """Whether a concern about these people, in what that giver wrote, may be seen."""
        if self.person_id in about or self.person_id == giver:
            return False
        return self._is_one_of(set(self.leads) - set(about) - {giver})

    @property
    def deals_with_concerns(self) -> bool:
        return self._is_one_of(self.leads)

    def _is_one_of(self, leads: Collection[UUID]) -> bool:
        """The lead and deputy. Where none is named, or none is left, its coordinators, so that a concern is never nobody's."""
        return self.person_id in leads if leads else "coordinator" in self.roles
