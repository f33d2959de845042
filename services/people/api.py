"""JSON: a person's own details, an organisation's list of people, the keys that sign sign-in tokens."""

import json
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.people import queries
from services.people.use_cases import details, lists
from services.people.use_cases.lists import PersonRow
from shared.db import Command
from shared.identity import ConfirmedOperator, SignedIn, Visitor
from shared.service import of
from shared.web.csv_import import CSV_BODY, CSV_RESPONSES, ImportCounts, read_upload

routes = APIRouter(prefix="/people", tags=["people"])


class Me(BaseModel):
    """What we hold of the person who asks."""

    id: UUID
    version: int
    name: str
    known_as: str
    email: str | None
    phone: str
    postal_address: str
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


class PeopleCounts(ImportCounts):
    """roles_to_confirm: how many role changes in this list wait for an administrator. Nobody has those roles until
    then."""

    roles_to_confirm: int = 0


@routes.get("/api/me")
async def me(request: Request, who: SignedIn) -> Me:
    database, person_id = of(request).database, who.acting_for or who.person_id
    if who.acting_for is None:
        person = await database.read(lambda tx: queries.person(tx, person_id))
    else:  # PRI-03
        work = partial(details.read, person_id=person_id, asked=tuple(Me.model_fields))
        person = await database.run(Command("read-while-helping", who.actor), work)
    return Me.model_validate(person, from_attributes=True)


@routes.post("/api/import/people", openapi_extra=CSV_BODY, responses=CSV_RESPONSES)
async def import_people(request: Request, who: ConfirmedOperator) -> PeopleCounts:
    """Take in a list of people, whole or not at all. Taken in twice it changes nothing. A blank cell, or a column left
    out, erases nothing: that is done on the person's own page.

    Of the roles it gives that of a participant; for the others it asks two administrators.
    """
    rows = await read_upload(request, PersonRow)
    areas = of(request).settings.area_list
    outcome = await lists.take(of(request).database, Command("import-people", who.actor), rows, areas)
    return PeopleCounts.model_validate(outcome.counts)


@routes.get("/.well-known/jwks.json")
async def public_keys(request: Request, who: Visitor) -> PublicKeys:
    """The public keys of the sign-in tokens."""
    return PublicKeys.model_validate(json.loads(of(request).settings.session_keys.read_text()))
