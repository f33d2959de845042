"""What the pages of every feature need."""

from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse

from shared.events import ParticipantRef
from shared.identity import SignIn
from shared.service import of
from shared.web import page


def participant(request: Request, who: SignIn) -> ParticipantRef:
    """Whom this is for: oneself, or the person one helps (PEO-02)."""
    return reference(who.acting_for or who.person_id, of(request).settings.organisation)


def before_ending(
    request: Request,
    who: SignIn,
    title: str,
    *,
    ends: str,
    stays: str,
    action: str,
    button: str,
    back: tuple[str, str],
    **more: Any,
) -> HTMLResponse:
    """A page that says what a button will end, and for whom, before it is pressed. back: where "no" leads, and its
    words."""
    said: dict[str, Any] = {
        "ends": ends,
        "stays": stays,
        "action": action,
        "button": button,
        "back": back,
        "caption": "",
        "hidden": None,
    }
    return page(request, "words/end.html", who=who, title=title, **said | more)


def cursor(request: Request, name: str) -> UUID | None:
    """Where the page before ended; anything that is no id means the first page."""
    try:
        return UUID(request.query_params.get(name, ""))
    except ValueError:
        return None


STATES = {
    "draft": ("Draft", "grey"),
    "published": ("Published", "green"),
    "finished": ("Finished", "orange"),
    "closed": ("Closed", "blue"),
    "cancelled": ("Cancelled", "red"),
}
SESSION_STATES = {
    "planned": ("Planned", "blue"),
    "moved": ("Moved", "yellow"),
    "held": ("Held", "grey"),
    "cancelled": ("Cancelled", "red"),
}


def reference(person_id: UUID, organisation: str) -> ParticipantRef:
    """A person of ours, as a participant."""
    return ParticipantRef(kind="person", id=person_id, home=organisation)
