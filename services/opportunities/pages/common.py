"""What several pages need."""

from typing import Annotated

from fastapi import Depends, Request

from services.opportunities.queries import reference
from shared.events import ParticipantRef
from shared.identity import Role, Session, anyone, only, signed_in
from shared.service import of

Visitor = Annotated[Session | None, Depends(anyone)]
SignedIn = Annotated[Session, Depends(signed_in)]
Coordinator = Annotated[Session, Depends(only(Role.COORDINATOR))]


def participant(request: Request, who: Session) -> ParticipantRef:
    """Whom this is for: oneself, or the person whom one helps (PEO-02)."""
    return reference(who.acting_for or who.person_id, of(request).settings.organisation)
