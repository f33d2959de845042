"""JSON: one's own details, an organisation's list of people, the keys that sign sessions."""

import json
from functools import partial
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, BeforeValidator

from services.people import domain, queries
from services.people.domain.matching import Told, repeated_in
from services.people.use_cases import details, importing
from shared.db import Command, Transaction
from shared.identity import Role, Session, anyone, only, signed_in
from shared.reasons import Reason, Refused
from shared.service import of
from shared.web.csv_import import (
    CSV_BODY,
    CSV_RESPONSES,
    Change,
    Day,
    ImportCounts,
    ImportRow,
    InvalidFile,
    Listed,
    RowProblem,
    Slugs,
    read_upload,
    slug,
    take_rows,
)

routes = APIRouter(prefix="/people", tags=["people"])


class Me(BaseModel):
    """What we hold of the person who asks."""

    id: UUID
    version: int
    name: str
    known_as: str
    email: str | None
    phone: str
    area: str
    roles: list[str]
    channels: list[str]
    opted_out: list[str]
    discreet: bool
    format: str
    paused: bool
    over_18: bool | None
    ruled_out_kinds: list[str]
    ruled_out_areas: list[str]
    ruled_out_times: list[str]
    access_needs: list[str]
    hopes: dict[str, Any] | None


class PublicKeys(BaseModel):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[dict[str, Any]]


class PersonRow(ImportRow):
    """A row of the organisation's own list. Someone is found again by email or, without one, by name and phone."""

    key: ClassVar[tuple[str, ...]] = ("email",)

    name: str
    known_as: str = ""
    email: str = ""
    phone: str = ""
    roles: Slugs = ("participant",)
    area: str = ""
    ruled_out_kinds: Slugs = ()
    ruled_out_areas: Listed = ()
    ruled_out_times: Slugs = ()
    channels: Slugs = ()
    format: Annotated[Literal["plain", "easy-read"], BeforeValidator(slug)] = "plain"
    discreet: bool = False
    access_needs: Slugs = ()
    over_18: bool | None = None
    agreed_on: Day | None = None
    same_person: bool | None = None

    def answers(self) -> dict[str, Any]:
        """As they are kept: lists, and no address rather than a blank one."""
        row = self.model_dump(mode="json", exclude={"agreed_on", "same_person"})
        return row | {
            "email": self.email or None,
            "channels": list(self.channels or domain.channels_for(bool(self.email))),
            "roles": domain.roles_in_order(self.roles),
        }


class PeopleCounts(ImportCounts):
    """roles_to_confirm: changes of roles in this list that wait for administrators; until they answer, nobody has them."""

    roles_to_confirm: int = 0


@routes.get("/api/me")
async def me(request: Request, who: Annotated[Session, Depends(signed_in)]) -> Me:
    database, person_id = of(request).database, who.acting_for or who.person_id
    if who.acting_for is None:
        person = await database.read(lambda tx: queries.person(tx, person_id))
    else:  # PRI-03
        work = partial(details.read, person_id=person_id, asked=tuple(Me.model_fields))
        person = await database.run(Command("read-while-helping", who.actor), work)
    return Me.model_validate(person, from_attributes=True)


@routes.post("/api/import/people", openapi_extra=CSV_BODY, responses=CSV_RESPONSES)
async def import_people(request: Request, who: Annotated[Session, Depends(only(Role.OPERATOR, recently=True))]) -> PeopleCounts:
    """Take in a list of people, whole or not at all. Taken in twice it changes nothing.

    Of the roles it gives only those that need no second administrator; for the others it asks.
    """
    rows = await read_upload(request, PersonRow)
    areas = of(request).settings.area_list

    told = [Told(row.name, row.email, row.phone, row.same_person) for row in rows]
    if repeated := repeated_in([(row.number, each) for row, each in zip(rows, told, strict=True)]):
        raise InvalidFile([RowProblem(number, "same person", reason.text) for number, reason in repeated])
    found: dict[int, tuple[UUID | None, list[Reason]]] = {}

    async def take(tx: Transaction, row: PersonRow) -> Change:
        whom, reasons = found[row.number]
        if reasons:
            raise Refused(reasons)
        filled = row.model_fields_set - {"agreed_on", "same_person"}
        return await importing.import_person(tx, whom, row.answers(), filled, row.agreed_on, areas)

    async def take_all(tx: Transaction) -> dict[str, int]:
        everyone = await importing.find_everyone(tx, told)
        found.update({row.number: each for row, each in zip(rows, everyone, strict=True)})
        counts = await take_rows(tx, rows, take)
        return counts | {"roles_to_confirm": await queries.roles_asked_by(tx, tx.cause)}

    return PeopleCounts.model_validate(await of(request).database.run(Command("import-people", who.actor), take_all))


@routes.get("/.well-known/jwks.json")
async def public_keys(request: Request, who: Annotated[Session | None, Depends(anyone)]) -> PublicKeys:
    """The public keys of the session tokens."""
    return PublicKeys.model_validate(json.loads(of(request).settings.session_keys.read_text()))
