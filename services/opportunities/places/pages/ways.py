"""Taking part here or with another organisation: what the routes of a participant's pages ask of either."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    """What somebody would take part in, as it is now. host: who runs it, "" for ourselves; heading: what they are asked
    first; button: what they press."""

    host: str
    opportunity: Row[Any]
    sessions: Sequence[Row[Any]]
    open: bool
    heading: str
    button: str


class Joining(Protocol):
    """An opportunity in which somebody would take part. form: what is asked of them first."""

    opening: Opening

    @property
    def form(self) -> type[Form]: ...

    async def place_id(self, request: Request, whom: ParticipantRef) -> UUID | None:
        """The place that they have, wait for or asked for already."""
        ...

    async def usual_needs(self, request: Request, who: SignIn, whom: ParticipantRef) -> Sequence[str]:
        """What is ticked beforehand (PEO-01)."""
        ...

    async def take_part(self, request: Request, who: SignIn, whom: ParticipantRef, form: Any) -> UUID:
        """The place that they have now, or have asked for. Raises Refused."""
        ...


class Held(Protocol):
    """A place that somebody has. form: what they need there; need_states: how that was answered, in words."""

    place: Place

    @property
    def need_states(self) -> Mapping[str, tuple[str, str]]: ...

    @property
    def form(self) -> type[Form]: ...

    async def change_needs(self, request: Request, who: SignIn, whom: ParticipantRef, form: Any) -> str:
        """What is said of it afterwards. Raises Refused."""
        ...

    async def accept(self, request: Request, who: SignIn, whom: ParticipantRef, mark: str) -> str:
        """Say yes to what was offered: what is said of it afterwards. Raises Refused."""
        ...

    async def leave(self, request: Request, who: SignIn, whom: ParticipantRef) -> None: ...
