"""Taking part here or with another organisation: what the routes of a participant's pages ask of either."""

from typing import Any, Protocol
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse

from shared.events import ParticipantRef
from shared.identity import Session
from shared.reasons import Refused
from shared.web import Form, InvalidForm


class Joining(Protocol):
    """An opportunity in which somebody would take part. form: what is asked of them first."""

    @property
    def form(self) -> type[Form]: ...

    async def place_id(self, request: Request, whom: ParticipantRef) -> UUID | None:
        """The place that they have, wait for or asked for already."""
        ...

    async def is_open(self, request: Request) -> bool: ...

    async def first_page(self, request: Request, who: Session, whom: ParticipantRef) -> HTMLResponse: ...

    async def page_again(
        self, request: Request, who: Session, problem: InvalidForm | Refused | None = None
    ) -> HTMLResponse:
        """As things are now, with what was typed."""
        ...

    async def take_part(self, request: Request, who: Session, whom: ParticipantRef, form: Any) -> UUID:
        """The place that they have now, or have asked for. Raises Refused."""
        ...


class Holding(Protocol):
    """A place that somebody has. host: the organisation that runs it, "" for ours. form: what they need there."""

    found: Any
    host: str

    @property
    def form(self) -> type[Form]: ...

    def place_page(self, request: Request, who: Session, problem: Refused | None = None) -> HTMLResponse: ...

    def needs_page(
        self, request: Request, who: Session, problem: InvalidForm | Refused | None = None
    ) -> HTMLResponse: ...

    async def change_needs(self, request: Request, who: Session, whom: ParticipantRef, form: Any) -> str:
        """What is said of it afterwards. Raises Refused."""
        ...

    async def accept(self, request: Request, who: Session, whom: ParticipantRef, mark: str) -> str:
        """Say yes to what was offered: what is said of it afterwards. Raises Refused."""
        ...

    async def leave(self, request: Request, who: Session, whom: ParticipantRef) -> None: ...
