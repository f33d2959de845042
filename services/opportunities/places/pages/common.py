"""What several pages need."""

from collections.abc import Collection
from typing import Any, ClassVar
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse
from pydantic import Field, field_validator

from services.opportunities import domain
from services.opportunities.queries import reference
from shared.events import ParticipantRef
from shared.identity import Session
from shared.service import of
from shared.web import Form, Limit, page

PLACE_STATES = {
    "requested": ("We have asked", "blue"),
    "taken": ("You have a place", "green"),
    "waiting": ("On the waiting list", "blue"),
    "offered": ("A place is free for you", "orange"),
    "left": ("You left", "grey"),
    "lapsed": ("The time to answer is over", "grey"),
    "refused": ("There is no place", "grey"),
    "cancelled": ("It was cancelled", "grey"),
    "over": ("This is over", "grey"),
    "missed": ("This is over", "grey"),
    "was-there": ("You were there", "green"),
    "came": ("You are on the list of who came", "green"),
}
"""A place as its owner reads it, here or with another organisation."""
NEED_STATES = {
    "asked": ("We have not answered yet", "blue"),
    "promised": ("We will do this", "green"),
    "met": ("This is ready", "green"),
    "not-met": ("We cannot do this", "orange"),
}
NEED_OPTIONS = [(need, name) for need, name in domain.NEEDS.items() if need != "other"]
"""What is there to tick. Something else is written, in the box below: those words are a need with an answer of its own (OPP-07)."""
NEEDS_SAVED: dict[domain.NeedsChange, str] = {
    "asked": "We have written down what you need. We will answer before you travel.",
    "changed": "We changed it.",
    "same": "Nothing has changed.",
}
GUEST_NEEDS_SAVED: dict[domain.NeedsChange, str] = {
    "asked": "We pass on what you need, and tell you the answer.",
    "changed": "We changed it, and pass that on.",
    "same": "Nothing has changed.",
}


class NeedsForm(Form):
    """Everything is optional. Nothing is ticked beforehand but what somebody told us that they usually need (PEO-01)."""

    options: ClassVar[Collection[str]] = domain.NEEDS
    needs: list[str] = Field(default_factory=list)

    @field_validator("needs")
    @classmethod
    def _known(cls, ticked: list[str]) -> list[str]:
        if not set(ticked) <= set(cls.options):
            raise ValueError("Choose from the list")
        return ticked


class SeenForm(Form):
    """A press on what a page shows. mark: `domain.mark_of_dates` of what it showed."""

    mark: str = ""


def participant(request: Request, who: Session) -> ParticipantRef:
    """Whom this is for: oneself, or the person whom one helps (PEO-02)."""
    return reference(who.acting_for or who.person_id, of(request).settings.organisation)


def questions_limit(request: Request) -> Limit:
    """How many questions one connection may ask us."""
    return request.app.state.questions_limit


def before_ending(
    request: Request, who: Session, title: str, *, ends: str, stays: str, action: str, button: str, back: tuple[str, str], **more: Any
) -> HTMLResponse:
    """A page that says what a press ends and whom it touches, before anybody presses. back: where no leads, and what that is called."""
    said = {"ends": ends, "stays": stays, "action": action, "button": button, "back": back, "caption": "", "hidden": None}
    return page(request, "staff/end.html", who=who, title=title, **said | more)


def cursor(request: Request, name: str) -> UUID | None:
    """Where the page before ended; what is no id is the first page."""
    try:
        return UUID(request.query_params.get(name, ""))
    except ValueError:
        return None
