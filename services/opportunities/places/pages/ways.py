"""Taking part here or with another organisation: the interface that a participant's pages use for both."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from fastapi import Request
from sqlalchemy import Row

from services.opportunities.places.queries.held import Place
from shared.events import ParticipantRef
from shared.identity import SignIn
from shared.web import Form


@dataclass(frozen=True, slots=True)
class Opening:
    """An opportunity open to somebody, as it is now. host: who runs it, "" for ourselves; heading: the first question;
    button: its words; closes_on: the last day, where there are no sessions; uncertain: as in `Place`."""

    host: str
    opportunity: Row[Any]
    sessions: Sequence[Row[Any]]
    open: bool
    heading: str
    button: str
    closes_on: date | None = None
    uncertain: Collection[UUID] = ()


class Joining(Protocol):
    """An opportunity in which somebody wants to take part. form: the first questions."""

    opening: Opening

    @property
    def form(self) -> type[Form]: ...

    async def place_id(self, request: Request, whom: ParticipantRef) -> UUID | None:
        """The place that they already have, wait for or asked for."""
        ...

    async def usual_needs(self, request: Request, who: SignIn, whom: ParticipantRef) -> Sequence[str]:
        """What is ticked beforehand (PEO-01)."""
        ...

    async def take_part(self, request: Request, who: SignIn, whom: ParticipantRef, form: Any) -> UUID:
        """Returns the place that they now have, or have asked for. Raises Refused."""
        ...


class Held(Protocol):
    """A place that somebody has. form: their needs there; need_states: the answers to those, in words."""

    place: Place

    @property
    def need_states(self) -> Mapping[str, tuple[str, str]]: ...

    @property
    def form(self) -> type[Form]: ...

    async def change_needs(self, request: Request, who: SignIn, whom: ParticipantRef, form: Any) -> str:
        """Returns what to say afterwards. Raises Refused."""
        ...

    async def accept(self, request: Request, who: SignIn, whom: ParticipantRef, mark: str) -> str:
        """Accepts an offer. Returns what to say afterwards. Raises Refused."""
        ...

    async def leave(self, request: Request, who: SignIn, whom: ParticipantRef) -> None: ...
